"""Checks of the transactions, fed block by block: one pass over an output of any size makes all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.timeline import US_PER_S, Timeline


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: what was checked.
        ok: whether it holds; None where it could not be checked.
        detail: what was compared, or the first mismatch, or why it was not checked; one line.
    """

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True)
class ReadRows:
    """Some transactions that follow each other.

    Attributes:
        first: position of the first one in the run.
        count: number of rows.
        columns: event column → values, for the columns that the view shows.
        fraud: (f,) int64 positions in here of those that the labels name.
    """

    first: int
    count: int
    columns: Mapping[str, pa.Array]
    fraud: Int64

    @cached_property
    def time_us(self) -> Int64:
        """(t,) int64 microseconds since 1970-01-01 UTC."""
        return int64_of(self.columns["time"])

    @property
    def priced(self) -> bool:
        """Whether the view shows amounts."""
        return "amount_minor" in self.columns or "amount" in self.columns

    @cached_property
    def minor(self) -> Int64:
        """(t,) int64 minor units."""
        if "amount_minor" in self.columns:
            return int64_of(self.columns["amount_minor"])
        if pa.types.is_decimal(self.columns["amount"].type):
            return int64_of(pc.multiply_checked(self.columns["amount"], pa.scalar(100)))
        cents: Int64 = np.rint(self.columns["amount"].to_numpy() * 100).astype(np.int64)
        return cents

    @cached_property
    def cards(self) -> pa.DictionaryArray:
        """What tells the cards apart, each once."""
        return self.columns["card"].dictionary_encode()


def int64_of(column: pa.Array) -> Int64:
    """(n,) int64 of a column without nulls."""
    values: Int64 = column.cast(pa.int64()).to_numpy()
    return values


class RowCheck:
    """One check; ``needs`` names the event columns without which it cannot be made, with alternatives after a bar."""

    name: str
    needs: tuple[str, ...]

    def __init__(self) -> None:
        self.problem = ""

    def see(self, rows: ReadRows) -> None:
        """Looks at the next rows; notes the first ``problem``."""
        raise NotImplementedError

    def finish(self) -> str:
        """Ends the check, may note a ``problem``, and tells what was compared."""
        raise NotImplementedError

    def result(self) -> Check:
        """What was found."""
        message = self.problem or self.finish()
        return Check(self.name, not self.problem, self.problem or message)


class EventIds(RowCheck):
    """The event id is the position."""

    name, needs = "event ids", ("event_id",)

    def see(self, rows: ReadRows) -> None:
        """Compares with the positions."""
        ids = np.asarray(rows.columns["event_id"])
        wrong = np.flatnonzero(ids != np.arange(rows.first, rows.first + rows.count))
        if wrong.size:
            self.problem = f"row {rows.first + wrong[0]:,} has event id {ids[wrong[0]]}"

    def finish(self) -> str:
        """All of them."""
        return "each is the row's position"


class TimeOrder(RowCheck):
    """No row is earlier than the one before it."""

    name, needs = "time order", ("time",)

    def __init__(self) -> None:
        super().__init__()
        self.last = np.empty(0, dtype=np.int64)

    def see(self, rows: ReadRows) -> None:
        """Compares neighbours, the last row of the block before included."""
        times = np.concatenate([self.last, rows.time_us])
        wrong = np.flatnonzero(np.diff(times) < 0)
        if wrong.size:
            row = rows.first - len(self.last) + int(wrong[0]) + 1
            self.problem = f"row {row:,} is earlier than the row before it"
        self.last = times[-1:]

    def finish(self) -> str:
        """All of them."""
        return "each row is at or after the one before it"


class InWindow(RowCheck):
    """Every time lies in [start, end)."""

    name, needs = "window", ("time",)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.start_us, self.end_us = timeline.start_s * US_PER_S, timeline.end_s * US_PER_S

    def see(self, rows: ReadRows) -> None:
        """Compares with the bounds."""
        outside = np.flatnonzero((rows.time_us < self.start_us) | (rows.time_us >= self.end_us))
        if outside.size:
            row = int(outside[0])
            self.problem = f"row {rows.first + row:,} is at {rows.columns['time'][row]}, outside timeline"

    def finish(self) -> str:
        """All of them."""
        return "every row is in [timeline.start, timeline.end)"


class CardSeconds(RowCheck):
    """No card has two events in one second."""

    name, needs = "card and second", ("time", "card")

    def __init__(self) -> None:
        super().__init__()
        self.time_us: Int64 = np.empty(0, dtype=np.int64)
        self.card: pa.Array = pa.nulls(0)

    def see(self, rows: ReadRows) -> None:
        """Looks for a (second, card) twice, the last second of the block before included."""
        time_us = np.concatenate([self.time_us, rows.time_us])
        if not len(time_us):
            return
        cards = rows.cards
        if len(self.card):
            cards = pa.concat_arrays([self.card, rows.columns["card"]]).dictionary_encode()
        second = time_us // US_PER_S
        code = (second - second.min()) * len(cards.dictionary) + np.asarray(cards.indices)
        ordered = np.sort(code)
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if twice.size:
            here = np.flatnonzero(code == ordered[twice[0]])[:2] + rows.first - len(self.card)
            self.problem = f"rows {here[0]:,} and {here[1]:,} are of one card in one second"
        tail = np.flatnonzero(second == second.max())
        self.time_us, self.card = time_us[tail], cards.take(pa.array(tail)).dictionary_decode()

    def finish(self) -> str:
        """All of them."""
        return "no card has two rows in one second"


class CardNumberCheck(RowCheck):
    """Card numbers are Luhn-valid, not more than there are cards, and those that the tables list."""

    name, needs = "cards", ("card_number",)

    def __init__(self, cards: int, listed: Mapping[str, Sequence[str]]) -> None:
        """``listed`` are the numbers of each table that has one row a card."""
        super().__init__()
        self.cards, self.listed = cards, {table: set(numbers) for table, numbers in listed.items()}
        self.seen: set[str] = set()
        for table, numbers in self.listed.items():
            if not len(numbers) == len(listed[table]) == cards:
                message = f"{len(numbers):,} different cards in {len(listed[table]):,} rows"
                self.problem = f"table {table} has {message}, not {cards:,}"

    def see(self, rows: ReadRows) -> None:
        """Checks the numbers that are new."""
        new = sorted(set(rows.cards.dictionary.to_pylist()) - self.seen)
        self.seen.update(new)
        if len(self.seen) > self.cards:
            self.problem = f"more than {self.cards:,} card numbers, the size of the population"
        for number in new:
            absent = next((table for table, numbers in self.listed.items() if number not in numbers), None)
            if not is_luhn_valid(number):
                self.problem = f"card number {number!r} is not Luhn-valid"
            elif absent:
                self.problem = f"card number {number!r} is not in table {absent}"

    def finish(self) -> str:
        """How many."""
        return f"{len(self.seen):,} of {self.cards:,} cards, all Luhn-valid" + (" and listed" if self.listed else "")


def is_luhn_valid(number: str) -> bool:
    """ISO/IEC 7812-1, annex B, digit by digit."""
    if not (number.isascii() and number.isdigit()):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
