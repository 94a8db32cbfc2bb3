"""The YAML file beside a plugin."""

from pathlib import Path
from typing import Any

import pytest

import synth
from synth.config.catalog import load_catalog
from synth.config.compose import Option, list_options
from synth.config.recipe import load_recipe
from synth.errors import ConfigError, PluginError
from tests.config.catalog.plugins import DEMANDING, PATTERN, write

PRESETS = """\
# My presets
scenario:
  mine_fast:      # Minutes apart
    kind: mine
    interval_s: {max: 90}

  # A line above
  mine_rare: {kind: mine, ratio: 1e-3}
  mine_both: {kind: mine, mode: add}   # Beside "the" body # and more
  plain:
    kind: mine
amount:
  steep: {kind: pareto, alpha: 3, low: 1, high: 50}
"""


def write_plugin(folder: Path, presets: str, pattern: str = PATTERN) -> Path:
    write(folder / "mine.yaml", presets)
    return write(folder / "mine.py", pattern)


def options(plugin: Path, group: str = "scenario") -> dict[str, Option]:
    catalog = load_catalog([plugin])
    return {option.name: option for option in list_options(plugin_roots=catalog.config_roots)[group]}


def instance(plugin: Path, name: str, *overrides: str) -> Any:
    recipe, _, _ = load_recipe([f"scenario=[{name}]", *overrides], plugin_files=[plugin])
    return recipe.scenarios[name].config


def refusal(plugin: Path, *overrides: str) -> list[tuple[str, str]]:
    """(message, place) of each problem."""
    with pytest.raises(ConfigError) as refused:
        load_recipe(overrides, plugin_files=[plugin])
    return [(problem.message, problem.where) for problem in refused.value.problems]


def test_presets_are_options_with_their_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_plugin(tmp_path, PRESETS)
    found = options(Path("mine.py"))
    mine = {name: (option.summary, option.where) for name, option in found.items() if "mine" in option.where}
    assert mine == {
        "mine": ("A pattern of my own.", "mine.py: class PatternConfig"),
        "mine_fast": ("Minutes apart", "mine.yaml"),
        "mine_rare": ("A line above", "mine.yaml"),
        "mine_both": ('Beside "the" body # and more', "mine.yaml"),
        "plain": ("A pattern of my own.", "mine.yaml"),
    }
    assert options(Path("mine.py"), "amount")["steep"].where == "mine.yaml"


def test_a_preset_takes_the_defaults_of_its_class(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, PRESETS)
    fast = instance(plugin, "mine_fast")
    assert (fast.interval_s.min, fast.interval_s.max, fast.ratio) == (30, 90, 0.01)
    assert instance(plugin, "mine_rare").ratio == 0.001
    assert instance(plugin, "mine").interval_s.max == 120


def test_what_a_preset_leaves_out_can_be_overridden_as_if_it_were_there(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, PRESETS)
    words = ("scenario.mine_fast.interval_s.min=60", "scenario.mine_fast.follower_amount=small_first")
    fast = instance(plugin, "mine_fast", *words)
    assert (fast.interval_s.min, fast.interval_s.max, fast.follower_amount) == (60, 90, "small_first")


def test_presets_make_data(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, PRESETS)
    words = ("generator.transactions=3000", "population.cards=500", "columns=full", "amount=steep")
    frame = synth.generate("scenario=[mine_fast,mine_rare]", *words, plugin_files=[plugin])
    assert frame.scenario.value_counts().to_dict() == {"mine_fast": 30, "mine_rare": 3}
    assert frame.amount.max() <= 50


def test_a_preset_may_stand_in_the_place_of_the_plain_kind(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, "scenario:\n  mine: {kind: mine, ratio: 0.2}  # Mine\n")
    assert instance(plugin, "mine").ratio == 0.2
    assert options(plugin)["mine"].summary == "Mine"


def test_a_preset_may_use_another_plugins_kind_and_anchors(tmp_path: Path) -> None:
    body = "kind: card_chain, <<: *total, mode: add, follower_amount: run"
    text = f"scenario:\n  a: {{kind: mine, <<: &total {{ratio: 0.5}}}}\n  b: {{{body}, "
    text += "chain_length: &bounds {min: 3, max: 40}, interval_s: *bounds}\n"
    plugin = write_plugin(tmp_path, text)
    chain = instance(plugin, "b")
    assert (chain.ratio, chain.chain_length.max, chain.interval_s.max) == (0.5, 40, 40)


def test_another_kind_of_part_gets_no_defaults_of_this_kind(tmp_path: Path) -> None:
    union = """
from dataclasses import dataclass
from typing import Annotated, Literal
from pydantic import Field
import synth
from synth.injectors.card_chain import CardChain

@dataclass(frozen=True, kw_only=True)
class Slow:
    kind: Literal["slow"] = "slow"
    days: int = 3

@dataclass(frozen=True, kw_only=True)
class Fast:
    kind: Literal["fast"] = "fast"
    seconds: int = 9

@dataclass(frozen=True, kw_only=True)
class Config:
    kind: Literal["mine"] = "mine"
    pace: Annotated[Slow | Fast, Field(discriminator="kind")] = Slow()
    free: dict[str, int] = __import__("dataclasses").field(default_factory=lambda: {"a": 1})

@synth.hookimpl
def synth_injectors():
    return [synth.Spec(Config, CardChain)]
"""
    text = "scenario:\n  a: {kind: mine, pace: {kind: fast}, free: {b: 2}}\n  b: {kind: mine, pace: {kind: slow}}\n"
    catalog = load_catalog([write_plugin(tmp_path, text, union)])
    [root] = catalog.config_roots
    a, b = (root.offered[f"scenario/{name}"].text for name in "ab")
    assert "days" not in a
    assert '"a"' not in a
    assert "days: 3" in b


def test_a_mistake_in_a_preset_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "scenario:\n\n  # A comment\n  odd:\n    kind: mine\n    intervals: {min: 1}\n    chain_length: {max: x}"
    write_plugin(tmp_path, text)
    found = {where: told for told, where in refusal(Path("mine.py"), "scenario=odd")}
    assert found == {
        "mine.yaml:6": "unknown key 'scenario.odd.intervals'",
        "mine.yaml:7": "scenario.odd.chain_length.max is 'x'",
    }
    write_plugin(tmp_path, "scenario:\n  odd: {kind: mien}\n")
    assert refusal(Path("mine.py"), "scenario=odd") == [("no scenario kind named 'mien'", "mine.yaml:2")]
    write_plugin(tmp_path, "scenario:\n  odd:\n    kind: mine\n    mode: ${oc.env:NOWHERE_SET}\n")
    [(told, where)] = refusal(Path("mine.py"), "scenario=odd")
    assert ("NOWHERE_SET" in told, where) == (True, "mine.yaml:4")


def test_a_key_without_default_has_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_plugin(tmp_path, "scenario:\n  some:\n    kind: demanding\n", DEMANDING)
    path = Path("mine.py")
    assert refusal(path, "scenario=some") == [("'scenario.some.level' needs a value", "mine.yaml:3")]
    found = refusal(path, "scenario=demanding")
    assert found == [("'scenario.demanding.level' needs a value", "mine.py: class DemandingConfig")]
    assert refusal(path, "scenario=some", "scenario.some.level=x")[0][1] == "command line: scenario.some.level=x"


WRONG = {
    "a list": ("- a", "mine.yaml:1: the file must hold a mapping, 'key: value'"),
    "broken": ("scenario: [", "mine.yaml:2:1: broken YAML"),
    "an unknown group": ("\nscenaro:\n  a: {}", "mine.yaml:2: no group named 'scenaro' (did you mean 'scenario'?)"),
    "a group without options": ("scenario: 3", "mine.yaml:1: 'scenario' must hold options by name, each a mapping"),
    "an empty group": ("sink:", "mine.yaml:1: 'sink' must hold options by name"),
    "a body that is a text": ("scenario:\n  a: mine", "mine.yaml:2: option 'a' must be a mapping"),
    "a body without a kind": ("scenario:\n  a: {ratio: 1}", "mine.yaml:2: option 'a' has no kind"),
    "a kind that is no text": ("scenario:\n  a:\n    kind: 3", "mine.yaml:3: option 'a' has no kind"),
    "a name that is no word": ("scenario:\n  ../a: {kind: mine}", "mine.yaml:2: an option cannot be named '../a'"),
    "a name twice": ("scenario:\n  a: {kind: mine}\n  a: {kind: mine}", "mine.yaml:3: duplicate key 'scenario.a'"),
    "a defaults list": ("scenario:\n  a:\n    kind: mine\n    defaults: []", "mine.yaml:4: option 'a' cannot have"),
    "a target": ("scenario:\n  a: {kind: mine, _target_: os.abort}", "mine.yaml:2: 'scenario.a._target_'"),
    "a tag": ("scenario:\n  a: {kind: mine, x: !!python/name:os.abort }", "mine.yaml:2: the tag '!!python/name"),
    "a circle": ("scenario: &a\n  a: {kind: mine, x: *a}", "mine.yaml:1: an anchor (&) holds an alias (*) of itself"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_of_another_shape(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, told = WRONG[name]
    write_plugin(tmp_path, text)
    with pytest.raises(PluginError) as refused:
        load_catalog([Path("mine.py")])
    assert str(refused.value).startswith("plugin mine.py cannot be used: " + told)
    assert load_catalog(plugins_dirs=[tmp_path]).providers[1].error


def test_an_empty_file_offers_nothing(tmp_path: Path) -> None:
    assert load_catalog([write_plugin(tmp_path, "# nothing yet\n")]).providers[1].presets == ()


def test_presets_stand_beside_a_package_folder_too(tmp_path: Path) -> None:
    write(tmp_path / "mine/__init__.py", PATTERN, "mine")
    write(tmp_path / "mine.yaml", PRESETS)
    recipe, _, _ = load_recipe(["scenario=mine_fast"], plugins_dirs=[tmp_path])
    assert recipe.scenarios["mine_fast"].config.interval_s.max == 90
