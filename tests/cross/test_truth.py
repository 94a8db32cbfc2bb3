"""The table of ``make truth``: nothing in it is open, and some of its rows are made again."""

import pytest

from synth.rng import Streams
from tests.cross.truth import EXAMPLES, EXPECTED, EXPECTED_OF, PAGE, Pair, ask, pairs
from tests.presets import PRESETS, SCENARIOS

#: Combination → what the table says of it.
TOLD: dict[Pair, str] = {
    (preset, scenario): cell
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and (cells := line.strip("| ").split(" | "))[0] in PRESETS
    for preset, scenario, cell in [cells]
}

#: Combinations that are made again here; by hand, all of them are.
_SAMPLE = 2


def sample() -> list[Pair]:
    """Combinations of the table, drawn by its length: another one as it grows."""
    drawn = Streams(len(TOLD), "truth").draw("sample").permutation(len(TOLD))[:_SAMPLE]
    return [[*TOLD][place] for place in drawn]


def test_nothing_is_open() -> None:
    assert {*TOLD} <= {*pairs()}
    assert len(TOLD) > len(pairs()) / 2
    assert not {pair: cell for pair, cell in TOLD.items() if "open:" in cell}


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "scenario"), sample())
def test_the_table_is_what_is_found(preset: str, scenario: str) -> None:
    assert ask(preset, scenario).cell == TOLD[preset, scenario]


def test_a_fault_is_told_where_it_is_known() -> None:
    assert "divide by the factor of five" in TOLD["handbook", "stolen_card"]


def test_every_combination_is_asked() -> None:
    assert len(pairs()) == len(PRESETS) * (len(SCENARIOS) + len(EXAMPLES))
    assert {*EXPECTED} <= {*PRESETS}
    assert {*EXPECTED_OF} <= {*pairs()}
