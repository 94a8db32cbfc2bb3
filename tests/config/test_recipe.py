"""What of a configuration is the recipe of the data, and what is not."""

import pytest

from synth.config.recipe import NOT_DATA, Recipe, load_recipe


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


@pytest.mark.parametrize(
    "override", ["seed=7", "block_rows=1000", "scenario=card_chain", "columns=full", "timeline.end=2022-02-01"]
)
def test_what_decides_the_data_makes_another_recipe(override: str) -> None:
    assert recipe(override).fingerprint != recipe().fingerprint


def test_the_order_in_which_scenarios_are_named_is_no_part_of_it() -> None:
    first, second = "+scenario@scenario.night=card_chain", "+scenario@scenario.day=card_chain"
    assert list(recipe(first, second).content["scenario"]) != list(recipe(second, first).content["scenario"])
    assert recipe(first, second).fingerprint == recipe(second, first).fingerprint
