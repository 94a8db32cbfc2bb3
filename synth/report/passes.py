"""What a report takes from the rows beyond the figures of ``synth stats``, in the same pass over them.

Legend: ``_t`` a row, ``_f`` a fraud row in the order of the labels, ``_k`` a bin.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.check.stats.histogram import Histogram
from synth.check.stats.rows import AMOUNT, CountedRows, Section

#: Edges of the bins of amounts, in minor units: nothing, then eight a power of ten from 0.10 on.
EDGES: Int64 = np.append(0, np.unique(np.rint(10 ** (np.arange(8, 97) / 8)).astype(np.int64)))


class AmountShape(Section):
    """How many genuine rows and how many fraud rows have an amount in each bin."""

    name, needs = "shape of amounts", (AMOUNT,)

    def __init__(self) -> None:
        self.all = Histogram()

    def see(self, rows: CountedRows) -> None:
        """Counts amounts."""
        if rows.count and rows.minor.min() < 0:
            self.problem = "there are amounts below zero"
            return
        self.all.add(rows.minor, rows.fraud_t.astype(np.int64))

    def result(self) -> dict[str, Any]:
        """Class → rows in each bin."""
        return {name: self.all.shape(i, EDGES).tolist() for i, name in enumerate(("genuine", "fraud"))}


class FraudRows(Section):
    """When each fraud row happened, and what it cost."""

    name, needs = "fraud rows", ("time",)

    def __init__(self) -> None:
        self.pieces: list[tuple[Int64, Int64]] = []

    def see(self, rows: CountedRows) -> None:
        """Keeps the fraud rows."""
        minor_t = rows.minor if rows.priced else np.zeros(rows.count, dtype=np.int64)
        self.pieces.append((rows.time_us[rows.fraud], minor_t[rows.fraud]))

    @property
    def time_us_f(self) -> Int64:
        """(f,) microseconds since 1970-01-01 UTC."""
        return _joined([time for time, _ in self.pieces])

    @property
    def minor_f(self) -> Int64:
        """(f,) minor units; zero where the view shows no amounts."""
        return _joined([minor for _, minor in self.pieces])

    def result(self) -> dict[str, Any]:
        """Rows by the hour of the day, in UTC."""
        hour_f = self.time_us_f // 3_600_000_000 % 24
        return {"hours": np.bincount(hour_f, minlength=24).tolist()}


class Lives(Section):
    """All rows of a few cards."""

    name = "lives of cards"

    def __init__(self, by: str, cards: pa.Array) -> None:
        """``by`` is the event column that tells cards apart, ``cards`` are its values."""
        self.needs = ("time", AMOUNT, by)
        self.by, self.cards = by, cards
        self.pieces: list[tuple[Int64, Int64, Int64, Int64]] = []

    def see(self, rows: CountedRows) -> None:
        """Keeps the rows of these cards."""
        mine = pc.index_in(rows.columns[self.by], value_set=self.cards.cast(rows.columns[self.by].type))
        at_t = np.flatnonzero(np.asarray(mine.is_valid()))
        if len(at_t):
            card_t = np.asarray(mine.fill_null(-1)).astype(np.int64)[at_t]
            fraud_t = rows.fraud_t[at_t].astype(np.int64)
            self.pieces.append((card_t, rows.time_us[at_t], rows.minor[at_t], fraud_t))

    def of(self, card: int) -> tuple[Int64, Int64, Int64]:
        """Times, minor units and whether a row is fraud, of one card's rows in order."""
        card_t, time_us_t, minor_t, fraud_t = (_joined([piece[i] for piece in self.pieces]) for i in range(4))
        mine_t = card_t == card
        return time_us_t[mine_t], minor_t[mine_t], fraud_t[mine_t]

    def result(self) -> dict[str, Any]:
        """How many rows there are."""
        return {"rows": sum(len(piece[0]) for piece in self.pieces)}


def _joined(pieces: Sequence[Int64]) -> Int64:
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
