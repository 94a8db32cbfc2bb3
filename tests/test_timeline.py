"""The window and its blocks, against datetime."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.timeline import Timeline, TimelineConfig, parse_second

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Two days off the first and the last day that datetime knows, so that every offset stays within them.
SECONDS = st.integers(-62_135_424_000, 253_402_128_000)


def problems(start: str, end: str) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in TimelineConfig(start=start, end=end).problems()]


@given(SECONDS, st.integers(-24 * 60 + 1, 24 * 60 - 1))
def test_the_same_moment_in_any_offset(second: int, offset_min: int) -> None:
    shown = (EPOCH + timedelta(seconds=second)).astimezone(timezone(timedelta(minutes=offset_min))).isoformat()
    assert parse_second(shown) == second


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("1970-01-01", 0),
        ("1970-01-01 00:00:01", 1),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59", -1),
        ("2022-06-01 00:01:00", 1_654_041_660),
    ],
)
def test_texts_of_times(text: str, second: int) -> None:
    assert parse_second(text) == second


@pytest.mark.parametrize("text", ["", "soon", "2022-02-30", "2022-13-01", "01.06.2022", "2022-01-01T25:00:00"])
def test_what_is_no_time(text: str) -> None:
    assert [path for path, _ in problems(text, "2022-01-01")] == ["start"]


def test_finer_than_a_second() -> None:
    [(path, message)] = problems("2022-01-01", "2022-01-02T00:00:00.5")
    assert path == "end"
    assert "finer than a second" in message


@pytest.mark.parametrize("end", ["2022-01-01", "2021-12-31T23:59:59", "2022-01-01T01:00:00+01:00"])
def test_an_end_that_is_not_after_the_start(end: str) -> None:
    [(path, message)] = problems("2022-01-01", end)
    assert path == "end"
    assert repr(end) in message


def test_a_window_of_one_second() -> None:
    config = TimelineConfig(start="2022-01-01", end="2022-01-01T00:00:01")
    assert list(config.problems()) == []
    assert Timeline.parse(config).seconds == 1


@given(st.integers(-(10**10), 10**10), st.integers(1, 10**9), st.integers(1, 500))
def test_slices_cover_the_window_and_differ_by_a_second_at_most(start: int, seconds: int, blocks: int) -> None:
    edges = Timeline(start, start + seconds).cut(blocks).tolist()
    assert edges[0] == start
    assert edges[-1] == start + seconds
    lengths = [after - before for before, after in pairwise(edges)]
    assert len(lengths) == min(blocks, seconds)
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("blocks", [0, -1])
def test_there_is_at_least_one_block(blocks: int) -> None:
    assert Timeline(0, 10).cut(blocks).tolist() == [0, 10]
