"""``synth describe`` knows what recipes, views and errors name."""

from pathlib import Path

import pytest

from synth.cli import describe, describing
from synth.config.catalog import HOOKS, MULTIPLE, load_catalog
from synth.config.compose import compose, list_options
from synth.config.recipe import FIXED, PLAIN
from tests.cli.commands import MINE, synth

CATALOG = load_catalog()


def paths() -> list[str]:
    """A key of each component, as an error prints it."""
    found = [*PLAIN]
    for head, cls in FIXED.items():
        found.append(f"{head}.{describe.keys_of(cls)[0]['key']}")
    for group in HOOKS:
        for kind in CATALOG.names(group):
            spec = CATALOG.find(group, kind)
            assert spec
            prefix = f"{group}.{kind}" if group in MULTIPLE else group
            found += [f"{prefix}.{key['key']}" for key in describe.keys_of(spec.config)[-1:]]
    return [path.replace("*", "any") for path in found]


@pytest.mark.parametrize("path", paths())
def test_a_key_of_every_component_is_known(path: str) -> None:
    found = [
        key
        for _, cls, wanted in describing.configs_at(path, {}, CATALOG)
        for key in describing.keys_at(describe.keys_of(cls), wanted)
    ]
    assert found
    assert found[0]["type"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("scenario.card_chain.ratio", ["fraud rows as a share", "0.0025", "at most 0.5"]),
        ("scenario.card_chain", ["chain_length.min", "ratio"]),
        ("timeline.end", ["2022-06-01"]),
        ("columns.fields", ["fields.*.source"]),
        ("amount.buckets.2.low", ["buckets.*.low", "10"]),
        ("category", ["event column category", "generator=spending"]),
        ("decline_reason", ["generator=spending"]),
        ("event_type", ["generator=clickstream, generator=clickstream_independent"]),
        ("tiny", ["[card_chain]", "timeline.end"]),
    ],
)
def test_what_is_told(path: str, told: list[str], tmp_path: Path) -> None:
    answer = synth("describe", path, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert [each for each in told if each not in answer.out] == []


def test_a_key_of_a_plugin_s_scenario_is_known(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    answer = synth("describe", "scenario.mine.ratio", "--plugin", "mine.py", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert "  ratio  0.0025  a number" in answer.out


def test_an_experiment_says_all_that_its_file_sets() -> None:
    [option] = [option for option in list_options()["experiment"] if option.name == "tiny"]
    composed = compose(["experiment=tiny"])
    assert describing.set_by(option, composed)["scenario.card_chain.ratio"] == "0.01"
    assert set(describing.chosen_by(option, composed)) == {"columns", "generator", "population", "scenario"}


@pytest.mark.parametrize("path", ["vars", "vars.start"])
def test_free_values_are_known(path: str, tmp_path: Path) -> None:
    assert "${vars.name}" in synth("describe", path, cwd=tmp_path).out


def test_nothing_else_is_known(tmp_path: Path) -> None:
    for name in ("scenario.nope.ratio", "timeline.nope", "nope"):
        assert synth("describe", name, cwd=tmp_path).code == 2
