"""A sample of what ``make cross`` makes: presets with options of every group, alone and in pairs."""

import random

import pytest

from synth.config.recipe import load_recipe
from tests.cross.combinations import pairs, presets, refusals, singles
from tests.cross.run import PAGE, page, read_page

LISTED = read_page()
_DRAW = random.Random(20220101)
MADE = _DRAW.sample([each for each in singles() if each not in LISTED], 8)
REFUSED = _DRAW.sample(sorted(LISTED), 8)
PAIRS = _DRAW.sample(list(pairs()), 4)


def test_every_preset_has_its_control_world() -> None:
    for preset in presets():
        load_recipe([f"experiment={preset}", "scenario=[]"] if preset else ["scenario=[]"])


@pytest.mark.parametrize("combination", MADE, ids=" ".join)
def test_what_is_not_listed_is_made_and_verified(combination: tuple[str, ...]) -> None:
    assert refusals(combination) == ()


@pytest.mark.parametrize("combination", REFUSED, ids=" ".join)
def test_what_is_listed_is_refused_as_it_says(combination: tuple[str, ...]) -> None:
    assert refusals(combination) == LISTED[combination]


@pytest.mark.parametrize("combination", PAIRS, ids=" ".join)
def test_two_options_are_made_or_refused_in_words(combination: tuple[str, ...]) -> None:
    refusals(combination)


def test_the_page_is_of_the_options_that_there_are() -> None:
    assert page(LISTED.items(), len(singles())) == PAGE.read_text(encoding="utf-8")
    assert {*LISTED} <= {*singles()}
