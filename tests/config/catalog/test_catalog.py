"""The catalog keeps what is wrong with a plugin until it matters."""

from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.errors import ConfigError, PluginError

PLUGIN = '''
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
import synth
from synth.injectors.card_chain import CardChain

@dataclass(frozen=True, kw_only=True)
class Config:
    """A pattern."""

    kind: Literal["mine"] = "mine"
    {extra}

@synth.hookimpl
def synth_injectors():
    return [synth.Spec(Config, CardChain)]
'''


def write(folder: Path, name: str, extra: str = "level: int = 3") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(PLUGIN.replace("{extra}", extra))
    return folder / name


def test_a_kind_becomes_an_option_with_its_defaults(tmp_path: Path) -> None:
    catalog = load_catalog([write(tmp_path / "a", "mine.py")])
    [root] = catalog.config_roots
    assert root.provider == "mine"
    assert list(root.offered) == ["scenario/mine"]
    assert root.offered["scenario/mine"].text == '# @package scenario.mine\n# A pattern.\nkind: "mine"\nlevel: 3\n'


def test_the_same_file_twice_is_one_plugin(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "mine.py")
    assert [p.name for p in load_catalog([path, path]).providers] == ["synth", "mine"]


def test_two_plugins_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a", "mine.py"), write(tmp_path / "b", "mine.py")]
    with pytest.raises(PluginError, match="two plugins are named 'mine'") as refused:
        load_catalog(paths)
    assert str(paths[0]) in str(refused.value)
    assert str(paths[1]) in str(refused.value)


def test_a_clash_is_told_when_its_kind_is_needed(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a", "mine.py"), write(tmp_path / "a", "other.py")]
    catalog = load_catalog(paths)
    with pytest.raises(PluginError, match="claimed by 'mine' and 'other'"):
        catalog.find("scenario", "mine")
    assert catalog.find("scenario", "card_chain") is not None


@pytest.mark.parametrize(
    ("extra", "told"),
    [("day: date = date(2022, 1, 1)", "not JSON serializable"), ("level: int = undefined", "name 'undefined'")],
)
def test_what_cannot_be_offered_is_broken_from_the_start(extra: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=told):
        load_catalog([write(tmp_path / "a", "mine.py", extra)])


def test_a_missing_folder_of_choices_is_the_plugins_own_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "mine.py")
    path.write_text(path.read_text() + '\n@synth.hookimpl\ndef synth_config_roots():\n    return ["/no/such/folder"]\n')
    with pytest.raises(PluginError, match="configuration root '/no/such/folder' does not exist"):
        load_catalog([path])


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a b", "1st"])
def test_a_scenario_has_a_name_that_can_stand_anywhere(name: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario/odd.yaml"
    file.parent.mkdir()
    chain = "ratio: 0.01, mode: add, chain_length: {min: 3, max: 5}, interval_s: {min: 30, max: 60}"
    file.write_text(f"# @package scenario\n'{name}': {{kind: card_chain, {chain}, follower_amount: run}}\n")
    with pytest.raises(ConfigError, match="has a name that cannot stand in every output"):
        load_recipe(["scenario=odd"], config_dirs=[tmp_path])


def test_every_kind_of_mistake_is_told_at_once() -> None:
    wrong = ["seed=-1", "scenario=card_chain", "scenario.card_chain.ratio=1e-7", "+nonsense=1"]
    with pytest.raises(ConfigError) as refused:
        load_recipe(wrong)
    assert {v.path for v in refused.value.problems} == {"seed", "nonsense"}
    with pytest.raises(ConfigError) as refused:
        load_recipe(wrong[1:])
    assert {v.path for v in refused.value.problems} == {"scenario.card_chain.ratio", "nonsense"}
