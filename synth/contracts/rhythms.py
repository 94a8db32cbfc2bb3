"""Rhythms: the mass of every step of the window by some laws, and times drawn from it.

Legend: ``_s`` a law, ``_n`` a step of the window, ``_d`` a day of it, ``_h`` a step of a day, ``_t`` an event.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64
from synth.timeline import Timeline

DAY_S = 86_400


@dataclass(frozen=True)
class Rhythm:
    """Mass over the window by some laws, one a segment of the people, say: as much as happens in each of its steps.

    Attributes:
        edge_seconds_n: (n + 1,) int64 seconds: the steps' edges, the first and the last those of the window.
        mass_sn: (s, n) float64 mass of each step by each law, e.g. in average days.
    """

    edge_seconds_n: Int64
    mass_sn: Float

    @cached_property
    def cumulative_sn(self) -> Float:
        """(s, edges) mass before each edge."""
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

    def before(self, law_t: Int64, second_t: Int64) -> Float:
        """(t,) mass of a law before a second of the window; 0 at its start.

        Args:
            law_t: (t,) index of the law, the first axis of ``mass_sn``.
        """
        mass_t = np.empty(len(second_t))
        for law in np.unique(law_t):
            here = law_t == law
            mass_t[here] = np.interp(second_t[here], self.edge_seconds_n, self.cumulative_sn[law])
        return mass_t

    def between(self, law_t: Int64, low_t: Int64, high_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) seconds of [low, high), by the mass of each one's law there; uniform where it has none.

        Args:
            low_t, high_t: (t,) seconds of the window, low before high.
        """
        at_t = rng.random(len(law_t))
        low_mass_t, high_mass_t = self.before(law_t, low_t), self.before(law_t, high_t)
        mass_t = low_mass_t + at_t * (high_mass_t - low_mass_t)
        second_t = low_t + at_t * (high_t - low_t)
        for law in np.unique(law_t):
            here = np.flatnonzero((law_t == law) & (high_mass_t > low_mass_t))
            second_t[here] = np.interp(mass_t[here], self.cumulative_sn[law], self.edge_seconds_n)
        drawn_t: Int64 = np.clip(second_t.astype(np.int64), low_t, high_t - 1)
        return drawn_t


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
