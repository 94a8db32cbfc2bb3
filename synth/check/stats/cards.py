"""Counts the use of cards: how often, how unequally, and how long they rest.

Legend: ``_t`` a row, ``_c`` a card, or a customer where the view shows no cards.
"""

from typing import Any

import numpy as np

from synth.arrays import Float, Int64
from synth.check.stats.histogram import LEVELS, Histogram, level_name
from synth.check.stats.rows import CARD, CountedRows, Section, added, figure, share
from synth.timeline import US_PER_S, Timeline


class CardUse(Section):
    """Genuine rows of each card, and the seconds between a card's rows."""

    name, needs = "cards", ("time", CARD)

    def __init__(self, by: str, timeline: Timeline, cards: int | None, rows: float | None) -> None:
        """``by`` tells cards apart; ``cards`` and genuine ``rows`` are those of the recipe, None if not known."""
        self.by, self.days, self.cards, self.rows = by, timeline.seconds / 86_400, cards, rows
        self.gaps = Histogram()
        self.count_c: Int64 = np.zeros(0, dtype=np.int64)
        self.last_c: Int64 = np.zeros(0, dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Counts rows and gaps; a gap belongs to the row that ends it. Rows of no card count nowhere."""
        codes, code_t = rows.coded(self.by)
        mine_t = code_t >= 0
        code_t, fraud_t, time_us_t = code_t[mine_t], rows.fraud_t[mine_t], rows.time_us[mine_t]
        fresh = len(codes) - len(self.last_c)
        self.last_c = np.pad(self.last_c, (0, fresh), constant_values=np.iinfo(np.int64).min)
        self.count_c = added(np.pad(self.count_c, (0, fresh)), code_t[~fraud_t])
        bits = len(code_t).bit_length()
        sorted_t = np.sort((code_t << bits) | np.arange(len(code_t)))  # as a stable sort by card, but much faster
        place_t, card_t = sorted_t & ((1 << bits) - 1), sorted_t >> bits
        time_t = time_us_t[place_t]
        first_t = np.diff(card_t, prepend=-1) != 0
        before_t = np.where(first_t, self.last_c[card_t], np.roll(time_t, 1))
        known = np.flatnonzero(before_t != np.iinfo(np.int64).min)
        gap_us = time_t[known] - before_t[known]
        if len(gap_us) and gap_us.min() < 0:
            self.problem = "the rows are not in the order of time"
            return
        self.gaps.add(gap_us // US_PER_S, fraud_t[place_t[known]].astype(np.int64))
        last = np.flatnonzero(np.roll(first_t, -1))
        self.last_c[card_t[last]] = time_t[last]

    def result(self) -> dict[str, Any]:
        """Activity, of cards without a row as well where their number is known."""
        idle = max(0, (self.cards or 0) - len(self.count_c))
        count_c = np.sort(np.append(self.count_c, np.zeros(idle, dtype=np.int64)))
        expected = self.rows / self.cards / self.days if self.rows and self.cards else None
        per_day: dict[str, Any] = {"mean": figure(float(count_c.mean() / self.days), expected)}
        per_day |= quantiles(count_c / self.days)
        return {
            "by": self.by,
            "active": figure(int(np.count_nonzero(count_c)), self.cards),
            "rows_per_day": per_day,
            "busiest": {name: top_share(count_c, part) for name, part in (("1%", 0.01), ("10%", 0.1))},
            "gap_s": {"genuine": self.gaps.describe(0), "fraud": self.gaps.describe(1)},
        }


def quantiles(value_c: Float) -> dict[str, float]:
    """Quantiles and the most of sorted values."""
    place_q = np.ceil(np.array(LEVELS) * len(value_c) - 1e-9).clip(1).astype(np.int64) - 1
    found = {level_name(q): float(value_c[i]) for q, i in zip(LEVELS, place_q, strict=True)}
    return found | {"max": float(value_c[-1])}


def top_share(count_c: Int64, part: float) -> float | None:
    """Share of the rows that a part of the cards has, those with the most of them; one card at least."""
    top = max(1, int(np.ceil(part * len(count_c) - 1e-9)))
    return share(count_c[-top:].sum(), count_c.sum())
