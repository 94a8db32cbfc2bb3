"""The rhythm of shopping: the mass of every step of the window, for each segment, and times drawn from it.

Legend: ``_s`` one value a segment, ``_n`` a step of the window, ``_d`` a day of it, ``_h`` a step of a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64
from synth.timeline import Timeline

DAY_S = 86_400


@dataclass(frozen=True)
class Rhythm:
    """Mass over the window, in average days: a customer with a rate of 2 a day makes 2 x mass events.

    Attributes:
        edge_seconds_n: (n + 1,) int64 seconds: the steps' edges, the first and the last those of the window.
        mass_sn: (s, n) float64 mass of each step for each segment.
    """

    edge_seconds_n: Int64
    mass_sn: Float

    @cached_property
    def cumulative_sn(self) -> Float:
        """(s, n + 1) mass before each edge."""
        return np.pad(np.cumsum(self.mass_sn, axis=1), ((0, 0), (1, 0)))

    def cut(self, before_n: Float, blocks: int) -> Int64:
        """(b + 1,) indices of steps that cut the window into at most ``blocks`` parts of about as many events.

        Args:
            before_n: (n + 1,) events to be expected before each edge.
        """
        inner = np.searchsorted(before_n, before_n[-1] * np.arange(1, blocks) / blocks)
        return np.unique(np.concatenate([[0], inner, [len(self.edge_seconds_n) - 1]]))

    def expected(self, rate_s: Float, first: int, last: int) -> Float:
        """(s,) expected events of each segment from one step to another."""
        mass_s: Float = self.cumulative_sn[:, last] - self.cumulative_sn[:, first]
        return rate_s * mass_s

    def draw(self, segment: int, first: int, last: int, size: int, *, rng: "np.random.Generator") -> Int64:
        """(size,) int64 seconds between two steps, by the segment's mass: the inverse of its distribution function."""
        before_n = self.cumulative_sn[segment, first : last + 1]
        at = before_n[0] + rng.random(size) * (before_n[-1] - before_n[0])
        drawn_s = np.interp(at, before_n, self.edge_seconds_n[first : last + 1]).astype(np.int64)
        within_s: Int64 = np.minimum(drawn_s, self.edge_seconds_n[last] - 1)
        return within_s


def lay_rhythm(timeline: Timeline, day_sh: Float, factor_sd: Float) -> Rhythm:
    """A rhythm from the shape of a day and a factor for each day.

    Args:
        day_sh: (s, h) share of an average day's events in each of its equal steps; a row may sum to less than 1.
        factor_sd: (s, d) factor of each day that the window touches.
    """
    steps = day_sh.shape[1]
    midnight_s = timeline.start_s // DAY_S * DAY_S
    days = factor_sd.shape[1]
    edge_seconds_n = midnight_s + np.arange(days * steps + 1) * DAY_S // steps
    mass_sn = (factor_sd[:, :, None] * day_sh[:, None, :]).reshape(len(day_sh), -1)
    inside_seconds_n = np.clip(edge_seconds_n, timeline.start_s, timeline.end_s)
    share_n = np.diff(inside_seconds_n) / np.diff(edge_seconds_n)
    touched = np.flatnonzero(share_n > 0)
    first, last = int(touched[0]), int(touched[-1]) + 1
    return Rhythm(inside_seconds_n[first : last + 1], (mass_sn * share_n)[:, first:last])


def days_of(timeline: Timeline) -> list[date]:
    """The days that a window touches."""
    first = datetime.fromtimestamp(timeline.start_s, UTC).date()
    last = datetime.fromtimestamp(timeline.end_s - 1, UTC).date()
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def day_factors(
    days: Sequence[date],
    *,
    weekday: Sequence[float],
    month: Sequence[float],
    special: Mapping[date, float],
) -> Float:
    """(d,) factor of each day: weekday x month x what is special about it; weekdays and months count by their mean.

    Args:
        weekday: seven weights, Monday first.
        month: twelve weights.
        special: factors of single days, holidays and pay days.
    """
    weekday_w, month_m = np.array(weekday) / np.mean(weekday), np.array(month) / np.mean(month)
    return np.array([weekday_w[d.weekday()] * month_m[d.month - 1] * special.get(d, 1.0) for d in days])
