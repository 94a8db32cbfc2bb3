"""The options that plugins need not write, and what happens when two offer the same."""

import json
import pickle
import tempfile
from pathlib import Path

import pytest

import synth
from synth.config.catalog import load_catalog
from synth.config.compose import complete, compose, list_options
from synth.config.recipe import load_recipe
from synth.errors import ConfigError
from tests.config.catalog.plugins import PATTERN, hook, write

TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500")
VIEW = "[synth.View('NAME', 'Time and\\namount', (('day', 'time', '%Y-%m-%d'), ['paid', 'amount']))]"
ROOTS = "\n@synth.hookimpl\ndef synth_config_roots():\n    return [__file__.removesuffix('.py')]\n"


def test_a_view_is_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "short.py", hook("synth_views", VIEW))
    catalog = load_catalog([Path("short.py")])
    options = {option.name: option for option in list_options(plugin_roots=catalog.config_roots)["columns"]}
    assert (options["short"].summary, options["short"].where) == ("Time and amount", "short.py: view 'short'")
    frame = synth.generate("columns=short", *TINY, plugin_files=["short.py"])
    assert list(frame.columns) == ["day", "paid"]


def test_a_view_of_an_unknown_column_is_told_with_the_views_name(tmp_path: Path) -> None:
    path = write(tmp_path / "short.py", hook("synth_views", VIEW.replace("'amount']", "'amont']")))
    with pytest.raises(ConfigError) as refused:
        load_recipe(["columns=short"], plugin_files=[path])
    [problem] = refused.value.problems
    assert "no event column named 'amont' (did you mean 'amount'?)" in problem.line
    assert problem.where == f"{path}: view 'short'"


@pytest.mark.parametrize("rival", [hook("synth_views", VIEW.replace("NAME", "short")), "a preset", "a folder"])
def test_a_view_of_a_name_that_another_plugin_offers_clashes(rival: str, tmp_path: Path) -> None:
    files = [write(tmp_path / "short.py", hook("synth_views", VIEW))]
    group, option = "columns", "short"
    if rival == "a preset":
        write(tmp_path / "short.yaml", "scenario:\n  other: {kind: card_chain}\n")
        group, option, rival = "scenario", "other", PATTERN
    elif rival == "a folder":
        write(tmp_path / "other/columns/short.yaml", "fields: [{name: a, source: amount}]")
        rival = "import synth\n" + ROOTS
    files.append(write(tmp_path / "other.py", rival))
    catalog = load_catalog(files)
    told = f"{group} option '{option}' is claimed by 'short' and 'other': rename one, or leave its plugin out"
    assert [[told in clash for clash in catalog.clashes(p)] for p in catalog.providers] == [[], [True], [True]]
    load_recipe([], plugin_files=files)
    with pytest.raises(ConfigError, match=told):
        load_recipe([f"{group}={option}"], plugin_files=files)


def test_a_view_of_a_built_in_name_clashes_until_a_user_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "full.py", hook("synth_views", VIEW))
    catalog = load_catalog([path])
    assert len(catalog.clashes(catalog.providers[0])) == 1
    with pytest.raises(ConfigError, match="columns option 'full' is claimed by 'synth' and 'full'"):
        load_recipe(["columns=full"], plugin_files=[path])
    write(tmp_path / "conf/.synth", "")
    write(tmp_path / "conf/columns/full.yaml", "fields: [{name: mine, source: amount}]")
    assert list(synth.generate("columns=full", *TINY, plugin_files=[path]).columns) == ["mine"]


def test_a_kind_without_an_option_in_the_plugins_folder_gets_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", PATTERN + ROOTS)
    write(tmp_path / "mine/scenario/mine_often.yaml", "# @package scenario.mine_often\nkind: mine\nratio: 0.2\n")
    catalog = load_catalog([path])
    composed = compose(["scenario=mine"], plugin_roots=catalog.config_roots)
    assert composed.config["scenario"]["mine"]["ratio"] == 0.01
    write(tmp_path / "mine/scenario/mine.yaml", "# @package scenario.mine\nkind: mine\nratio: 0.3\n")
    roots = load_catalog([path]).config_roots
    assert len(roots) == 1
    assert compose(["scenario=mine"], plugin_roots=roots).config["scenario"]["mine"]["ratio"] == 0.3


def test_a_default_may_be_a_list_of_parts(tmp_path: Path) -> None:
    parts = "\n    parts: tuple[synth.Length, ...] = (synth.Length(min=1, max=2),)\n\n@synth.hookimpl"
    path = write(tmp_path / "mine.py", PATTERN.replace("\n\n@synth.hookimpl", parts))
    catalog = load_catalog([path])
    [root] = catalog.config_roots
    [line] = [line for line in root.offered["scenario/mine"].text.splitlines() if "parts" in line]
    assert json.loads(line.partition(": ")[2]) == [{"min": 1, "max": 2}]


def test_nothing_is_written_for_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "plugins/mine.py", PATTERN + hook("synth_views", VIEW).removeprefix("import synth"))
    monkeypatch.chdir(tmp_path)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    recipe, _, _ = load_recipe(["scenario=mine", "columns=mine"], plugin_files=[path])
    assert list(recipe.scenarios) == ["mine"]
    assert [each.name for each in tmp_path.iterdir()] == ["plugins"]


def test_options_in_memory_are_completed_and_shadowed_like_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    roots = load_catalog([write(tmp_path / "mine.py", PATTERN)]).config_roots
    assert complete("scenario=mi", plugin_roots=roots) == ["scenario=mine"]
    assert complete("scenario=[mi", plugin_roots=roots) == ["scenario=[mine"]
    assert "scenario.mine.ratio=" in complete("scenario=[mine] scenario.mine.", plugin_roots=roots)
    write(tmp_path / "conf/.synth", "")
    write(tmp_path / "conf/scenario/mine.yaml", "# @package scenario.mine\n# Of my own\nkind: mine\nratio: 0.3\n")
    assert compose(["scenario=mine"], plugin_roots=roots).config["scenario"]["mine"] == {"kind": "mine", "ratio": 0.3}
    found = [option for option in list_options(plugin_roots=roots)["scenario"] if option.name == "mine"]
    assert [(option.where, option.shadowed) for option in found] == [
        ("conf/scenario/mine.yaml", False),
        (f"{tmp_path}/mine.py: class PatternConfig", True),
    ]


def test_another_process_composes_options_in_memory(tmp_path: Path) -> None:
    roots = load_catalog([write(tmp_path / "mine.py", PATTERN)]).config_roots
    assert pickle.loads(pickle.dumps(roots)) == roots
