"""What of a configuration is the recipe of the data, and what is not."""

import dataclasses
from importlib import resources
from pathlib import Path

import pytest

from synth.config.recipe import FIXED, NOT_DATA, Recipe, load_recipe
from synth.errors import ConfigError


def recipe(*overrides: str) -> Recipe:
    return load_recipe(overrides)[0]


def test_the_content_is_all_that_decides_the_data() -> None:
    content = recipe("scenario=card_chain", "seed=7").content
    assert {"seed", "block_rows", "population", "timeline", "generator", "amount", "scenario", "columns"} <= {*content}
    assert not {*NOT_DATA} & {*content}
    assert content["seed"] == 7
    assert list(content["scenario"]) == ["card_chain"]


@pytest.mark.parametrize("override", ["sink=csv", "runner.workers=2", "clock=rate", "noise=network"])
def test_a_place_or_a_pace_makes_no_other_recipe(override: str) -> None:
    assert recipe(override).fingerprint == recipe().fingerprint


def test_where_a_value_was_set_is_no_part_of_it(tmp_path: Path) -> None:
    own = tmp_path / "columns/notebook.yaml"
    own.parent.mkdir()
    own.write_bytes(resources.files("synth.conf").joinpath("columns/notebook.yaml").read_bytes())
    again = load_recipe(("seed=123",), config_dirs=[tmp_path])[0]
    assert again.origins["seed"] == "command line: seed=123"
    assert again.shadows == {str(own): "conf/columns/notebook.yaml"}
    assert again == recipe()
    assert again.origins["seed"] not in repr(again)
    assert str(own) not in repr(again)


@pytest.mark.parametrize(
    "override", ["seed=7", "block_rows=1000", "scenario=card_chain", "columns=full", "timeline.end=2022-02-01"]
)
def test_what_decides_the_data_makes_another_recipe(override: str) -> None:
    assert recipe(override).fingerprint != recipe().fingerprint


def test_the_order_in_which_scenarios_are_named_is_no_part_of_it() -> None:
    first, second = "+scenario@scenario.night=card_chain", "+scenario@scenario.day=card_chain"
    assert list(recipe(first, second).content["scenario"]) != list(recipe(second, first).content["scenario"])
    assert recipe(first, second).fingerprint == recipe(second, first).fingerprint


def test_a_choice_that_nobody_made_and_that_has_no_effect_is_idle() -> None:
    assert recipe("experiment=tiny").idle == {"amount"}
    assert not recipe().idle


def test_what_a_generator_looks_up_is_a_part_of_it() -> None:
    assert recipe("experiment=tiny").content["resolved"]["generator"]["holidays"]
    assert "resolved" not in recipe().content


@pytest.mark.parametrize("section", sorted({*FIXED} - {"columns"}))  # edits of a view stay when the view is gone
def test_a_section_that_is_taken_out_is_missed(section: str) -> None:
    with pytest.raises(ConfigError) as refused:
        recipe(f"~{section}")
    [problem] = refused.value.problems
    assert (problem.path, problem.message) == (section, f"{section} is missing")
    assert problem.where == f"command line: ~{section}"
    assert all(field.name in problem.allowed[0] for field in dataclasses.fields(FIXED[section]))


def test_reports_of_a_scenario_that_the_recipe_does_not_have_are_refused_with_its_name() -> None:
    wrong = "+reporting.by_scenario.card_chian={kind: uniform, min_days: 2, max_days: 3}"
    with pytest.raises(ConfigError) as refused:
        recipe("scenario=card_chain", wrong)
    assert [(problem.path, problem.allowed) for problem in refused.value.problems] == [
        ("reporting.by_scenario.card_chian", ("card_chain",))
    ]


@pytest.mark.parametrize(
    ("start", "end"), [("1970-01-02", "9000-01-01"), ("0100-01-01", "1970-01-02")], ids=["far after", "far before"]
)
def test_times_so_far_from_1970_that_they_cannot_be_put_in_order_are_refused(start: str, end: str) -> None:
    with pytest.raises(ConfigError, match="so many cards at times so far from 1970 cannot be put in order"):
        recipe("population.cards=100000000", f"timeline.start={start}", f"timeline.end={end}")


def test_2_62_of_cards_times_seconds_are_the_least_that_are_refused() -> None:
    words = ("population.cards=134217728", "timeline.start=3058-10-01")  # 2^27 of them, until 2^35 seconds
    recipe(*words, "timeline.end=3058-10-26T03:46:07")
    with pytest.raises(ConfigError, match="cannot be put in order"):
        recipe(*words, "timeline.end=3058-10-26T03:46:08")
