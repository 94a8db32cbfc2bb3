"""When episodes happen: by a rhythm of the day or uniform, inside the window, and never two at a time on a card.

Array names carry their axis: ``_e`` one value an episode, ``_f`` one an event, ``_c`` one a card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.context import PlanContext
from synth.contracts.population import expand_slices
from synth.contracts.rhythms import DAY_S, Rhythm, lay_rhythm
from synth.errors import RefusedError
from synth.rng import Streams
from synth.timeline import Timeline

Hours = Literal["victim", "uniform", "night"] | Sequence[float]
"""What the times of a pattern follow: the victim's own rhythm, as genuine rows do, uniform where the world has none;
nothing; the night, from midnight to six o'clock UTC; or weights of the 24 hours of a day, from midnight UTC. Nights and
weights fall on the days on which the victim is up, too."""

_NIGHT = (1.0,) * 6 + (0.0,) * 18
#: After a shorter wait an episode goes on by itself; after this one and longer ones people are up again or not.
_LONG_S = DAY_S // 4
#: How often an episode that meets another one on its card is drawn again, before it is put beside it.
_DRAWS = 24


@dataclass(frozen=True)
class Days:
    """A rhythm, and who follows which of its laws: (c,) or, where all follow one, None."""

    rhythm: Rhythm
    law_c: Int64 | None

    @classmethod
    def of(cls, hours: Hours, context: PlanContext) -> "Days | None":
        """What a pattern asks for; None: every second is as good as another.

        Raises:
            RefusedError: the window has none of these hours.
            ValueError: these are no weights of 24 hours.
        """
        if hours == "victim":
            return cls(context.habits.rhythm, context.habits.law_c) if context.habits else None
        if hours == "uniform":
            return None
        day_h = np.array(_NIGHT if hours == "night" else hours, dtype=np.float64)
        if day_h.shape != (24,) or (day_h < 0).any() or not day_h.any():
            raise ValueError(f"rhythm {hours!r}: it is 'victim', 'uniform', 'night' or 24 weights from midnight UTC")
        days = cls._at(day_h, context)
        if not days.rhythm.mass_sn.any():
            raise RefusedError("the window has none of the hours of its rhythm", hint="lengthen the window")
        return days

    @classmethod
    def _at(cls, day_h: Float, context: PlanContext) -> "Days":
        """Hours of a pattern's own on the days of its victims; where the world knows no habits, on any day."""
        start_s, end_s = context.timeline.start_s, context.timeline.end_s
        first, habits = start_s // DAY_S, context.habits
        if habits is None:
            factor_sd = np.ones((1, (end_s - 1) // DAY_S - first + 1))
        else:
            day_n = habits.rhythm.edge_seconds_n[:-1] // DAY_S - first
            factor_sd = np.stack([np.bincount(day_n, mass_n) for mass_n in habits.rhythm.mass_sn])
        day_sh = np.broadcast_to(day_h / day_h.sum(), (len(factor_sd), 24))
        return cls(lay_rhythm(context.timeline, day_sh, factor_sd), None if habits is None else habits.law_c)

    def laws(self, card_e: Int64) -> Int64:
        """(e,) the law of each victim."""
        return np.zeros(len(card_e), dtype=np.int64) if self.law_c is None else self.law_c[card_e]


@dataclass(frozen=True)
class Course:
    """Episodes without their times.

    Attributes:
        timeline: the window.
        card_e: (e,) victims.
        length_e: (e,) events of each episode.
        gap_s_f: (f,) seconds since the event before; 0 at first ones.
        least_s, most_s: bounds of gaps that the pattern keeps; None: any will do.
    """

    timeline: Timeline
    card_e: Int64
    length_e: Int64
    gap_s_f: Int64
    least_s: int | None = None
    most_s: int | None = None

    def __len__(self) -> int:
        return len(self.length_e)

    @property
    def head_e(self) -> Int64:
        """(e,) position of each episode's first event."""
        return np.cumsum(self.length_e) - self.length_e

    @property
    def elapsed_s_f(self) -> Int64:
        """(f,) seconds since the episode's first event, by the gaps alone."""
        total_s_f = np.cumsum(self.gap_s_f)
        elapsed_s_f: Int64 = total_s_f - np.repeat(total_s_f[self.head_e], self.length_e)
        return elapsed_s_f

    @property
    def span_s_e(self) -> Int64:
        """(e,) seconds that each episode takes by the gaps alone."""
        span_s_e: Int64 = self.elapsed_s_f[self.head_e + self.length_e - 1] + 1
        return span_s_e

    @property
    def lead_s_e(self) -> Int64:
        """(e,) half of the seconds that an episode takes until it waits for six hours or more, or is over."""
        waited_f = np.cumsum(self.gap_s_f >= _LONG_S)
        at_once_f = waited_f == np.repeat(waited_f[self.head_e], self.length_e)
        lead_s_e: Int64 = np.maximum.reduceat(np.where(at_once_f, self.elapsed_s_f, 0), self.head_e) // 2
        return lead_s_e

    def take(self, some: Int64) -> tuple["Course", Int64]:
        """Some of the episodes, and (f,) where their events stand among all."""
        place_f = expand_slices(self.head_e[some], self.length_e[some])[1]
        bounds = (self.least_s, self.most_s)
        return Course(self.timeline, self.card_e[some], self.length_e[some], self.gap_s_f[place_f], *bounds), place_f

    def run(self, start_s_e: Int64, days: Days | None, *, rng: "np.random.Generator") -> Int64:
        """(f,) seconds of all events: the first ones at their starts, the next ones after their gaps.

        An event after a gap of six hours or more comes within half a day of then, at a time of day by the rhythm and
        within the pattern's bounds of gaps. An episode leaves the window only where its gaps alone do.
        """
        elapsed_s_f = self.elapsed_s_f
        second_f = np.repeat(start_s_e, self.length_e) + elapsed_s_f
        if days is None or not (self.gap_s_f >= _LONG_S).any():
            return second_f
        left_s_f = np.repeat(self.span_s_e - 1, self.length_e) - elapsed_s_f
        law_e, head_e = days.laws(self.card_e), self.head_e
        for step in range(1, int(self.length_e.max(initial=0))):
            here = np.flatnonzero(self.length_e > step)
            f = head_e[here] + step
            before, gap_s = second_f[f - 1], self.gap_s_f[f]
            low = before + np.maximum(gap_s - DAY_S // 2, self.least_s or 1)
            high = before + np.minimum(gap_s + DAY_S // 2, (self.most_s or DAY_S * 10**6) + 1)
            high = np.minimum(high, self.timeline.end_s - left_s_f[f])
            second_f[f] = before + gap_s
            free = np.flatnonzero((gap_s >= _LONG_S) & (low < high))
            second_f[f[free]] = days.rhythm.between(law_e[here[free]], low[free], high[free], rng=rng)
        return second_f


def place(
    course: Course, days: Days | None, *, streams: Streams, after_s_e: Int64 | None = None
) -> tuple[Int64, Int64]:
    """Puts episodes into the window by their rhythm, so that no two of a card meet.

    It is the middle of an episode that lies by the rhythm, or of what comes before its first long wait: neither are its
    first events early nor its last ones late.

    Args:
        after_s_e: (e,) seconds before which an episode does not begin; None: any time will do.

    Returns:
        (e,) seconds of the starts, and (f,) those of all events.

    Raises:
        RefusedError: the episodes of a card do not fit into the window.
    """
    rng, hours, window = streams.draw("starts"), streams.draw("hours"), course.timeline
    if days is None and after_s_e is None:
        start_s_e = window.start_s + place_apart(course.card_e, course.span_s_e, window.seconds, rng=rng)
        return start_s_e, course.run(start_s_e, None, rng=hours)
    start_s_e, second_f = np.empty(len(course), dtype=np.int64), np.empty(len(course.gap_s_f), dtype=np.int64)
    some = np.arange(len(course))
    for _ in range(_DRAWS):
        part, place_f = course.take(some)
        start_s_e[some] = _draw_starts(part, days, None if after_s_e is None else after_s_e[some], rng)
        second_f[place_f] = part.run(start_s_e[some], days, rng=hours)
        some = np.flatnonzero(_meeting(course, second_f))
        if not some.size:
            return start_s_e, second_f
    if after_s_e is not None:
        raise RefusedError("its episodes find no free time on their cards", hint="lower the total or add cards")
    crowded = np.flatnonzero(np.isin(course.card_e, course.card_e[some]))
    part, place_f = course.take(crowded)
    start_s_e[crowded] = window.start_s + place_apart(part.card_e, part.span_s_e, window.seconds, rng=rng)
    second_f[place_f] = part.run(start_s_e[crowded], None, rng=hours)
    return start_s_e, second_f


def _draw_starts(course: Course, days: Days | None, after_s_e: Int64 | None, rng: "np.random.Generator") -> Int64:
    """(e,) seconds at which episodes begin whose middles lie by the rhythm, whatever others do on their cards."""
    window, span_s_e, lead_s_e = course.timeline, course.span_s_e, course.lead_s_e
    begin_s_e = np.full(len(course), window.start_s) if after_s_e is None else np.maximum(after_s_e, window.start_s)
    low, high = begin_s_e + lead_s_e, window.end_s - span_s_e + lead_s_e + 1
    if (low >= high).any():
        worst = int(np.argmax(low - high))
        free = window.end_s - int(begin_s_e[worst])
        message = f"an episode takes {int(span_s_e[worst]):,} s, and the window has {max(free, 0):,} s left for it"
        raise RefusedError(message, hint="lengthen the window")
    if days is None:
        return rng.integers(low, high) - lead_s_e
    starts_s_e: Int64 = days.rhythm.between(days.laws(course.card_e), low, high, rng=rng) - lead_s_e
    return starts_s_e


def _meeting(course: Course, second_f: Int64) -> Mask:
    """(e,) bool: episodes that begin before the one before them on their card is over."""
    first_e, last_e = second_f[course.head_e], second_f[course.head_e + course.length_e - 1]
    order = np.lexsort((first_e, course.card_e))
    before, after = order[:-1], order[1:]
    meeting_e = np.zeros(len(course), dtype=bool)
    meeting_e[after] = (course.card_e[before] == course.card_e[after]) & (first_e[after] <= last_e[before])
    return meeting_e


def place_apart(card_e: Int64, span_s_e: Int64, window_s: int, *, rng: "np.random.Generator") -> Int64:
    """Random start offsets at which no two intervals of one card overlap.

    The free seconds of a card are shared out between its intervals: sorted uniform offsets into the free time, each
    pushed back by the intervals before it.

    Args:
        card_e: (e,) victim of each interval.
        span_s_e: (e,) seconds that each interval takes.
        window_s: seconds of the window.

    Returns:
        (e,) int64 offsets from the start of the window.

    Raises:
        RefusedError: the intervals of one card are longer than the window.
    """
    taken_s_c = np.bincount(card_e, weights=span_s_e).astype(np.int64)
    if int(taken_s_c.max(initial=0)) > window_s:
        raise RefusedError(
            f"the episodes of one card take {int(taken_s_c.max()):,} s, longer than the window of {window_s:,} s",
            hint="lower the total, lengthen the window or add cards",
        )
    offset_e = rng.integers(window_s - taken_s_c[card_e], endpoint=True)
    order = np.lexsort((offset_e, card_e))
    before = np.cumsum(span_s_e[order]) - span_s_e[order]
    _, first, inverse = np.unique(card_e[order], return_index=True, return_inverse=True)
    start_e = np.empty_like(offset_e)
    start_e[order] = offset_e[order] + before - before[first][inverse]
    return start_e
