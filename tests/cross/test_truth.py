"""A few worlds and patterns of ``make truth``: nothing is found that is neither declared nor expected."""

import pytest

from tests.cross.truth import EXAMPLES, EXPECTED, EXPECTED_OF, ask, pairs
from tests.presets import PRESETS, SCENARIOS

SAMPLE = [("notebook", "card_chain"), ("handbook", "stolen_card"), ("drift", "velocity_fast")]


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "scenario"), SAMPLE)
def test_nothing_is_found_that_is_not_known(preset: str, scenario: str) -> None:
    answer = ask(preset, scenario)
    assert not answer.refused
    assert not answer.found


def test_a_fault_is_found_where_it_is_known() -> None:
    assert any("five" in reason for reason in ask("handbook", "stolen_card").expected)


def test_every_combination_is_asked() -> None:
    assert len(pairs()) == len(PRESETS) * (len(SCENARIOS) + len(EXAMPLES))
    assert {*EXPECTED} <= {*PRESETS}
    assert {*EXPECTED_OF} <= {*pairs()}
