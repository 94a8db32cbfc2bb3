"""Counts the use of merchants: rows of the largest ones, and how often people come back.

Legend: ``_t`` a row, ``_u`` a customer, ``_m`` a merchant, ``_p`` a pair of both that has met. Where the view shows no
merchants they are terminals, where it shows no customers cards.
"""

from typing import Any

import numpy as np

from synth.arrays import Int64
from synth.check.stats.cards import quantiles, top_share
from synth.check.stats.rows import CUSTOMER, SHOP, CountedRows, Section, added, figure, share
from synth.timeline import US_PER_S, Timeline

#: About as many customers are followed; what is remembered of them does not grow with the population.
FOLLOWED = 20_000
_PENDING = 1 << 20
_MIXER = 0x9E3779B1  # Knuth's multiplicative hash: spreads neighbouring numbers over 32 bits


class MerchantUse(Section):
    """Genuine rows of each merchant."""

    name, needs = "merchants", (SHOP,)

    def __init__(self, by: str, merchants: int | None) -> None:
        """``by`` tells shops apart; ``merchants`` is the recipe's number of them, None if not known."""
        self.by, self.merchants = by, merchants
        self.count_m: Int64 = np.zeros(0, dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Counts rows."""
        _, code_t = rows.coded(self.by)
        self.count_m = added(self.count_m, code_t[(code_t >= 0) & ~rows.fraud_t])

    def result(self) -> dict[str, Any]:
        """Shares of the largest, of merchants without a row as well where their number is known."""
        idle = max(0, (self.merchants or 0) - len(self.count_m))
        count_m = np.sort(np.append(self.count_m, np.zeros(idle, dtype=np.int64)))
        return {
            "by": self.by,
            "active": figure(int(np.count_nonzero(count_m)), self.merchants),
            "rows": quantiles(count_m.astype(np.float64)) if len(count_m) else None,
            "largest": {
                "10": share(count_m[-10:].sum(), count_m.sum()),
                **{name: top_share(count_m, part) for name, part in (("1%", 0.01), ("10%", 0.1))},
            },
        }


class Loyalty(Section):
    """Genuine rows of the window's second half at merchants where the customer has bought before, in either half.

    Every pair of customer and merchant that meets for the first time in the second half makes one row that is no
    repeat; all others are. So the pairs are counted, at half time and at the end.
    """

    name, needs = "loyalty", ("time", SHOP, CUSTOMER)

    def __init__(self, by: str, shop: str, timeline: Timeline, customers: int | None, favourites: float | None) -> None:
        """``by`` tells customers apart, ``shop`` shops; ``customers`` and ``favourites`` are those of the recipe."""
        self.by, self.shop = by, shop
        self.half_us = (timeline.start_s + timeline.end_s) * US_PER_S // 2
        self.followed = min(1.0, FOLLOWED / customers) if customers else 1.0
        self.favourites = favourites
        self.pairs_p: Int64 = np.zeros(0, dtype=np.int64)
        self.pending: list[Int64] = []
        self.rows, self.pairs_at_half = 0, 0

    def see(self, rows: CountedRows) -> None:
        """Notes pairs."""
        (_, customer_t), (_, merchant_t) = rows.coded(self.by), rows.coded(self.shop)
        mixed_t = (customer_t * _MIXER) & 0xFFFF_FFFF
        mine_t = (mixed_t < self.followed * 2**32) & ~rows.fraud_t & (merchant_t >= 0) & (customer_t >= 0)
        late_t = rows.time_us >= self.half_us
        pair_t = (customer_t << 32) | merchant_t
        self._note(pair_t[mine_t & ~late_t])
        if late_t.any():
            if not self.rows:
                self._settle()
                self.pairs_at_half = len(self.pairs_p)
            self.rows += int(np.count_nonzero(mine_t & late_t))
            self._note(pair_t[mine_t & late_t])

    def _note(self, pair_t: Int64) -> None:
        self.pending.append(_distinct(pair_t))
        if sum(map(len, self.pending)) > max(_PENDING, len(self.pairs_p)):
            self._settle()

    def _settle(self) -> None:
        self.pairs_p = _distinct(np.concatenate([self.pairs_p, *self.pending]))
        self.pending = []

    def result(self) -> dict[str, Any]:
        """The share of repeats."""
        self._settle()
        repeats = self.rows - (len(self.pairs_p) - self.pairs_at_half)
        return {
            "by": self.by,
            "shop": self.shop,
            "followed": len(np.unique(self.pairs_p >> 32)),
            "rows": self.rows,
            "repeat_share": figure(share(repeats, self.rows), self.favourites),
        }


def _distinct(pair_t: Int64) -> Int64:
    """(p,) the different ones, sorted; faster than ``np.unique``."""
    sorted_t = np.sort(pair_t)
    pair_p: Int64 = sorted_t[np.diff(sorted_t, prepend=-1) != 0]
    return pair_p
