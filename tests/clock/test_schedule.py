"""Schedules: pure arithmetic, the same whatever pieces it is asked for."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.clock.config import LAST_DAY, ClockConfig, OverloadConfig, RateConfig, RateSegmentConfig
from synth.clock.lag import LagHistogram
from synth.clock.schedule import EventTimes, RateSchedule, make_schedule, start_us
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline

STREAMS = Streams(7, "clock")
WINDOW = Timeline(1_000_000, 2_000_000)
BLOCK = OverloadConfig(policy="block", after_s=1.0)


def segment(rate: float, to: float | None = None, for_s: float | None = None) -> RateSegmentConfig:
    return RateSegmentConfig(events_per_s=rate, to_events_per_s=to, for_s=for_s)


def schedule(*segments: RateSegmentConfig, repeat: bool = False, poisson: bool = False) -> RateSchedule:
    config = RateConfig(segments=list(segments), repeat=repeat, poisson=poisson)
    assert list(config.problems()) == []
    return RateSchedule(config, STREAMS)


def offsets(made: RateSchedule, events: int, first: int = 0) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return made.offsets_us(first, np.zeros(events, dtype=np.int64))


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[RateSegmentConfig], bool]:
    rates = st.sampled_from([0.0, 1.0, 7.5, 1000.0, 20_000.0])
    segments = [
        segment(draw(rates), draw(rates), draw(st.sampled_from([0.5, 3.0, 60.0])))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return [*segments, segment(5.0, None, 2.0)], draw(st.booleans())


@given(shapes())
def test_the_integral_of_the_rate_up_to_an_event_is_its_number(shape: tuple[list[RateSegmentConfig], bool]) -> None:
    segments, repeat = shape
    due_s = offsets(schedule(*segments, repeat=repeat), 400) / US_PER_S
    period = sum(s.for_s or 0 for s in segments)
    area = [((s.events_per_s + s.end_rate) / 2) * (s.for_s or 0) for s in segments]
    for number in (0, 1, 17, 399):
        seconds = float(due_s[number])
        turns, left = divmod(seconds, period) if repeat else (0.0, seconds)
        reached = turns * sum(area)
        for each, whole in zip(segments, area, strict=True):
            length = each.for_s or 0
            part = min(left, length)
            if part == length:
                reached += whole
            else:
                reached += each.events_per_s * part + (each.end_rate - each.events_per_s) * part**2 / (2 * length)
            left -= part
        reached += left * segments[-1].end_rate
        # offsets are whole microseconds: the integral may be short of what the highest rate makes of one
        assert reached == pytest.approx(number, abs=1e-6 * 25_000 + 1e-9 * number + 1e-4)


@given(shapes(), st.booleans())
def test_due_times_never_fall(shape: tuple[list[RateSegmentConfig], bool], poisson: bool) -> None:
    segments, repeat = shape
    due = offsets(schedule(*segments, repeat=repeat, poisson=poisson), 3000)
    assert due[0] >= 0
    assert (np.diff(due) >= 0).all()


@pytest.mark.parametrize("poisson", [False, True])
def test_a_schedule_is_the_same_in_pieces_and_from_the_middle(poisson: bool) -> None:
    def fresh() -> RateSchedule:
        return schedule(segment(100, 900, 5), segment(10, None, 1), repeat=True, poisson=poisson)

    whole = offsets(fresh(), 200_000)
    made, cuts = fresh(), [0, 1, 70_000, 70_001, 199_999, 200_000]
    pieces = [offsets(made, last - first, first) for first, last in itertools.pairwise(cuts)]
    assert (np.concatenate(pieces) == whole).all()
    assert (offsets(fresh(), 100, first=150_000) == whole[150_000:150_100]).all()


def test_a_constant_rate_has_equal_gaps_for_ever() -> None:
    assert list(offsets(schedule(segment(4)), 4)) == [0, 250_000, 500_000, 750_000]
    assert offsets(schedule(segment(1000)), 1, first=10**10)[0] == 10**13


def test_after_a_ramp_its_last_rate_goes_on() -> None:
    due = offsets(schedule(segment(0, 100, 10)), 1500)
    assert due[500] == 10 * US_PER_S
    assert (np.diff(due[500:]) == 10_000).all()


def test_bursts_come_again() -> None:
    due = offsets(schedule(segment(1, None, 9), segment(100, None, 1), repeat=True), 1090)
    counts = np.bincount(due // US_PER_S)
    assert list(counts[:10]) == [1] * 9 + [100] == list(counts[90:100])


def test_poisson_gaps_are_exponential() -> None:
    """40,000 gaps of mean 1 ms: the mean of the gaps is within 5 standard errors, and so is their deviation."""
    gaps = np.diff(offsets(schedule(segment(1000), poisson=True), 40_001)) / 1000
    assert abs(gaps.mean() - 1) < 5 / 200
    assert abs(gaps.std() - 1) < 5 * np.sqrt(2) / 200
    assert abs((gaps > 1).mean() - np.exp(-1)) < 5 * 0.5 / 200


def test_event_time_passes_at_its_speed() -> None:
    time_us = np.array([1_000_000, 1_000_060, 1_086_400]) * US_PER_S
    assert list(EventTimes(1_000_000 * US_PER_S, 60).offsets_us(0, time_us)) == [0, US_PER_S, 1_440 * US_PER_S]


def test_what_a_clock_makes() -> None:
    def clock(**changes: object) -> ClockConfig:
        plain = {"speed": None, "live_from": None, "rebase": False, "rate": None, "overload": BLOCK}
        return ClockConfig(**(plain | changes))  # type: ignore[arg-type]

    assert make_schedule(clock(), WINDOW, STREAMS) is None
    live = make_schedule(clock(speed=1, live_from="1970-01-13T00:00:00"), WINDOW, STREAMS)
    assert live is not None
    assert list(live.offsets_us(0, np.array([1_036_700, 1_036_801]) * US_PER_S)) == [-100 * US_PER_S, US_PER_S]


@pytest.mark.parametrize(("days", "live_day"), [(30, 29), (1, 0), (0.5, 0)])
def test_the_last_day_is_that_of_any_window(days: float, live_day: int) -> None:
    window = Timeline(WINDOW.start_s, WINDOW.start_s + int(days * 86_400))
    config = ClockConfig(speed=1, live_from=LAST_DAY, rebase=False, rate=None, overload=BLOCK)
    assert start_us(config, window) == (window.start_s + live_day * 86_400) * US_PER_S
    assert not list(config.problems())


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=300))
def test_a_quantile_of_the_lag_is_near_and_never_too_low(lags: list[int]) -> None:
    histogram = LagHistogram()
    assert histogram.read() is None
    for part in (lags[:7], lags[7:]):
        histogram.add(np.array(part, dtype=np.int64))
    read = histogram.read()
    assert read is not None
    ordered = sorted(lags)
    for told, share in ((read.p50_s, 0.5), (read.p99_s, 0.99)):
        exact = ordered[int(np.ceil(share * len(lags))) - 1] / 1e6
        assert exact - 1e-9 <= told <= max(exact * 1.04, 1e-6)
    assert read.max_s == max(lags) / 1e6
