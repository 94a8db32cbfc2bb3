"""Schedules each event, counted from the stream's start: fixed in advance, whatever the reader does.

A schedule that sleeps between sends slows down with its reader, and hides exactly the delays that one wants to see
(coordinated omission). Here event n is due f(n) after the start, and what is late is told as lag.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from synth.arrays import Float, Int64
from synth.clock.config import LAST_DAY, ClockConfig, RateConfig
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline, parse_second


class Schedule(Protocol):
    """When events are due."""

    def offsets_us(self, first: int, time_us_t: Int64) -> Int64:
        """(t,) int64 microseconds after the stream's start, never falling.

        Args:
            first: place of the first event in the stream, from 0. Calls go forward.
            time_us_t: (t,) when the events arrive in event time, never falling.
        """


def make_schedule(config: ClockConfig, timeline: Timeline, streams: Streams) -> Schedule | None:
    """The schedule of a clock; None when everything is due at once."""
    if config.rate is not None:
        return RateSchedule(config.rate, streams)
    if config.speed is None:
        return None
    return EventTimes(start_us(config, timeline), config.speed)


def start_us(config: ClockConfig, timeline: Timeline) -> int:
    """The event time of the stream's start, in microseconds since 1970."""
    if config.live_from is None:
        return timeline.start_s * US_PER_S
    if config.live_from == LAST_DAY:
        return max(timeline.start_s, timeline.end_s - 86_400) * US_PER_S
    return parse_second(config.live_from) * US_PER_S


class EventTimes:
    """Events are due when their own time comes; those before the start were due before it."""

    def __init__(self, start_us: int, speed: float) -> None:
        self._start_us, self._speed = start_us, speed

    def offsets_us(self, first: int, time_us_t: Int64) -> Int64:
        """By event time."""
        passed = time_us_t - self._start_us
        return passed if self._speed == 1 else (passed / self._speed).astype(np.int64)


class RateSchedule:
    """Events are due at a rate that changes over time: event n where the integral of the rate reaches n.

    As a Poisson process the integral has to reach the sum of n + 1 exponential draws instead (Çinlar, Introduction to
    Stochastic Processes, 1975: inversion of the mean value function).
    """

    def __init__(self, config: RateConfig, streams: Streams) -> None:
        begins, lengths, rates, ends = [], [], [], []
        begin = 0.0
        for segment in config.segments:
            length = np.inf if segment.for_s is None else segment.for_s
            begins.append(begin)
            lengths.append(length)
            rates.append(segment.events_per_s)
            ends.append(segment.end_rate)
            begin += length
        self._repeat = config.repeat
        if not config.repeat and np.isfinite(begin):  # the last rate goes on
            begins, lengths = [*begins, begin], [*lengths, np.inf]
            rates, ends = [*rates, ends[-1]], [*ends, ends[-1]]
        self._begin_s, self._rate_s = np.array(begins), np.array(rates)
        length_s = np.array(lengths)
        self._slope_s = np.where(np.isfinite(length_s), (np.array(ends) - self._rate_s) / length_s, 0.0)
        finite = np.isfinite(length_s)
        area_s = np.where(finite, (self._rate_s + np.array(ends)) / 2 * np.where(finite, length_s, 0.0), np.inf)
        self._reached_s = np.concatenate([[0.0], np.cumsum(area_s)])
        self._period_s = float(begin)
        self._arrivals = _Arrivals(streams) if config.poisson else None

    def offsets_us(self, first: int, time_us_t: Int64) -> Int64:
        """By place in the stream."""
        place = np.arange(first, first + len(time_us_t), dtype=np.float64)
        goal = self._arrivals.take(first, len(time_us_t)) if self._arrivals else place
        return np.rint(self._invert(goal) * US_PER_S).astype(np.int64)

    def _invert(self, goal: Float) -> Float:
        """(t,) seconds after which the integral of the rate reaches each goal."""
        turn_s: Float = np.zeros_like(goal)
        if self._repeat:
            turns, goal = np.divmod(goal, self._reached_s[-1])
            turn_s = turns * self._period_s
        segment = np.searchsorted(self._reached_s, goal, side="right") - 1
        segment = np.minimum(segment, len(self._begin_s) - 1)
        left, rate, slope = goal - self._reached_s[segment], self._rate_s[segment], self._slope_s[segment]
        # rate·x + slope·x²/2 = left, solved for x without a division by a slope of zero
        root = np.sqrt(np.maximum(rate * rate + 2 * slope * left, 0.0))
        inside = np.divide(2 * left, rate + root, out=np.zeros_like(left), where=left > 0)
        return np.asarray(turn_s + self._begin_s[segment] + inside)


#: Exponential draws of one keyed stream; a part of the schedule's identity.
_DRAWS = 65_536


class _Arrivals:
    """Sums of exponential draws, from the first one on."""

    def __init__(self, streams: Streams) -> None:
        self._pieces = self._draw(streams)
        self._first, self._sums = 0, np.empty(0)

    def take(self, first: int, count: int) -> Float:
        """(count,) the sums that end with the draws from ``first`` on; what lies before is forgotten."""
        while self._first + len(self._sums) < first + count:
            forget = min(max(first - self._first, 0), len(self._sums))
            self._sums = np.concatenate([self._sums[forget:], next(self._pieces)])
            self._first += forget
        return self._sums[first - self._first : first - self._first + count]

    @staticmethod
    def _draw(streams: Streams) -> Iterator[Float]:
        piece, reached = 0, 0.0
        while True:
            sums = reached + np.cumsum(streams.draw("arrivals", piece).standard_exponential(_DRAWS))
            piece, reached = piece + 1, float(sums[-1])
            yield sums
