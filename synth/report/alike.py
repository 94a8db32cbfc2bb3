"""Looks for honest look-alikes: of all cards, the genuine payments in a row that come nearest to an episode of fraud.

Legend: ``_t`` a row, ``_w`` a stretch of rows of one card, by its first row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.check.stats.rows import AMOUNT, CountedRows, Section
from synth.timeline import US_PER_S

#: An episode of more rows has no look-alike: each card's last rows are kept for it.
MOST_EVENTS = 50


@dataclass(frozen=True)
class Stretch:
    """Rows of one card that follow each other, (n,) each.

    Attributes:
        time_us: microseconds since 1970-01-01 UTC.
        minor: minor units.
    """

    time_us: Int64
    minor: Int64


@dataclass(frozen=True)
class Sought:
    """An episode, as far as a stretch of genuine rows is held against it.

    Attributes:
        events: rows.
        length_us: from its first to its last.
        minor: their sum, in minor units.
    """

    events: int
    length_us: int
    minor: int

    def distance(self, length_us: Int64, minor: Int64) -> Float:
        """(w,) how far stretches are: the logarithms of how much longer or shorter they are, and dearer or cheaper.

        Sums below zero, of refunds, count by their size.
        """
        longer = np.log((length_us + US_PER_S) / (self.length_us + US_PER_S))
        dearer = np.log((np.abs(minor) + 1) / (abs(self.minor) + 1))
        far: Float = np.abs(longer) + np.abs(dearer)
        return far


class LookAlikes(Section):
    """Of each episode, the stretch of as many genuine rows of one card that comes nearest in length and in sum."""

    name = "look-alikes"

    def __init__(self, by: str, sought: Sequence[Sought | None]) -> None:
        """``by`` is the event column that tells cards apart; for None nothing is sought."""
        self.needs = ("time", AMOUNT, by)
        self.by, self.sought = by, [each if each and each.events <= MOST_EVENTS else None for each in sought]
        self.found: list[Stretch | None] = [None] * len(sought)
        self._best = [(np.inf, 0)] * len(sought)
        self._carried = max((each.events for each in self.sought if each), default=1) - 1
        nothing = np.zeros(0, dtype=np.int64)
        self._last: tuple[Int64, Int64, Int64] = (nothing, nothing, nothing)

    def see(self, rows: CountedRows) -> None:
        """Looks at the genuine rows, behind the last ones of their cards."""
        _, code_t = rows.coded(self.by)
        mine_t = (code_t >= 0) & ~rows.fraud_t
        new = (code_t[mine_t], rows.time_us[mine_t], rows.minor[mine_t])
        card_t, time_t, minor_t = (np.concatenate(pair) for pair in zip(self._last, new, strict=True))
        bits = len(card_t).bit_length()
        order_t = np.sort((card_t << bits) | np.arange(len(card_t))) & ((1 << bits) - 1)  # by card, and stable
        card_t, time_t, minor_t = card_t[order_t], time_t[order_t], minor_t[order_t]
        for number, sought in enumerate(self.sought):
            if sought is not None:
                self._seek(number, sought, card_t, time_t, minor_t)
        kept_t = _last_of_each(card_t, self._carried)
        self._last = (card_t[kept_t], time_t[kept_t], minor_t[kept_t])

    def _seek(self, number: int, sought: Sought, card_t: Int64, time_t: Int64, minor_t: Int64) -> None:
        """Keeps the nearest stretch, of equally near ones the first in time."""
        stretches = len(card_t) - sought.events + 1
        if stretches < 1:
            return
        first_w = np.flatnonzero(card_t[:stretches] == card_t[sought.events - 1 :])
        if not len(first_w):
            return
        sum_t = np.append(0, np.cumsum(minor_t))
        length_w = time_t[first_w + sought.events - 1] - time_t[first_w]
        far_w = sought.distance(length_w, sum_t[first_w + sought.events] - sum_t[first_w])
        nearest_w = first_w[far_w == far_w.min()]
        at = int(nearest_w[np.argmin(time_t[nearest_w])])
        rank = (float(far_w.min()), int(time_t[at]))
        if rank < self._best[number]:
            stretch = slice(at, at + sought.events)
            self._best[number] = rank
            self.found[number] = Stretch(time_t[stretch].copy(), minor_t[stretch].copy())

    def result(self) -> dict[str, Any]:
        """How many were found."""
        return {"found": sum(each is not None for each in self.found)}


def _last_of_each(card_t: Int64, count: int) -> Mask:
    """(t,) whether a row is among the last so many of its card; rows stand by card."""
    ends = np.flatnonzero(np.diff(card_t, append=-1))
    end_t = np.repeat(ends, np.diff(ends, prepend=-1))
    kept_t: Mask = np.arange(len(card_t)) > end_t - count
    return kept_t
