"""The rows of a noisy stream, put back as they were made: copies taken out, what came late where it belongs.

A row that the answer key names is found by its id; the others are those between them, in order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.check.verify.rows import int64_of
from synth.check.verify.tables import one_piece
from synth.tables.declared import NOISE_KINDS

_DUPLICATE, _DROP = NOISE_KINDS.index("duplicate"), NOISE_KINDS.index("drop")

#: How often a row of each kind comes.
_TIMES_K = np.array([2 if kind == "duplicate" else 0 if kind == "drop" else 1 for kind in NOISE_KINDS])


@dataclass(frozen=True)
class Key:
    """The answer key of a stream.

    Attributes:
        event_n: (n,) int64 events that met something, rising.
        kind_n: (n,) int64 index into ``NOISE_KINDS``.
        delay_us_n: (n,) int64 how much later the row, or its copy, was sent.
        name_n: (n,) what the rows are found by.
        column: name of the column that shows it.
        time: name of the column that shows the time; empty for none.
    """

    event_n: Int64
    kind_n: Int64
    delay_us_n: Int64
    name_n: pa.Array
    column: str
    time: str

    def unnamed(self, count_t: Int64) -> Int64:
        """(t,) int64 the events that the key does not name: that with the number 0, 1, … among them."""
        below_n = self.event_n - np.arange(len(self.event_n))
        events: Int64 = count_t + np.searchsorted(below_n, count_t, side="right")
        return events


class Undoing:
    """One pass over the rows that were sent.

    Attributes:
        sent: rows so far.
        odd: the first row that came otherwise than the key says; empty for none.
        moved: the first row that was not sent when the key says; empty for none.
    """

    def __init__(self, key: Key) -> None:
        self.key, self.sent, self.odd, self.moved = key, 0, "", ""
        self._unnamed = 0
        self._came_n = np.zeros(len(key.event_n), dtype=np.int64)
        self._held: list[tuple[Int64, pa.Table]] = []
        self._originals: list[tuple[Int64, pa.Table]] = []
        self._copies: list[tuple[Int64, pa.Table]] = []
        self._last = (-(2**62), -1)

    def undo(self, blocks: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
        """The rows in the order in which they were made; held back are those that come before a late one."""
        for rows in blocks:
            yield from self._take(rows).to_batches()
        if self._held:
            yield from self._release(None).to_batches()
        self._end()

    def _take(self, rows: pa.Table) -> pa.Table:
        """Takes the next rows, and gives back those that no earlier one can follow."""
        key = self.key
        entry_t = np.asarray(pc.fill_null(pc.index_in(rows.column(key.column), key.name_n), -1)).astype(np.int64)
        named = np.flatnonzero(entry_t >= 0)
        entry_n = entry_t[named]
        event_t = np.empty(rows.num_rows, dtype=np.int64)
        unnamed = rows.num_rows - len(named)
        event_t[named] = key.event_n[entry_n]
        event_t[entry_t < 0] = key.unnamed(self._unnamed + np.arange(unnamed))
        nth_n = _nth(entry_n) + self._came_n[entry_n]
        self._note_extra(nth_n, entry_n)
        copy_n = (key.kind_n[entry_n] == _DUPLICATE) & (nth_n == 1)
        original_n = (key.kind_n[entry_n] == _DUPLICATE) & (nth_n == 0)
        self._check_order(rows, event_t, named[_delayed(key.kind_n[entry_n], copy_n)])
        for part, chosen in ((self._originals, original_n), (self._copies, copy_n)):
            part.append((entry_n[chosen], rows.take(pa.array(named[chosen]))))
        kept = np.ones(rows.num_rows, dtype=bool)
        kept[named[copy_n]] = False
        self._held.append((event_t[kept], rows.filter(pa.array(kept))))
        self._came_n += np.bincount(entry_n, minlength=len(key.event_n))
        self._unnamed += unnamed
        self.sent += rows.num_rows
        return self._release(self._frontier())

    def _frontier(self) -> int:
        """The first event that has not come and still may."""
        waiting_w = self.key.event_n[(self._came_n == 0) & (self.key.kind_n != _DROP)]
        unnamed = self.key.unnamed(np.array([self._unnamed]))
        return int(np.concatenate([waiting_w[:1], unnamed]).min())

    def _release(self, frontier: int | None) -> pa.Table:
        """The held rows before an event, in order; all of them for None."""
        event_t = np.concatenate([events for events, _ in self._held])
        rows = pa.concat_tables([table for _, table in self._held]).combine_chunks()
        order = np.argsort(event_t, kind="stable")
        cut = len(order) if frontier is None else int(np.searchsorted(event_t[order], frontier))
        self._held = [(event_t[order[cut:]], rows.take(pa.array(order[cut:])))]
        return rows.take(pa.array(order[:cut]))

    def _check_order(self, rows: pa.Table, event_t: Int64, delayed: Int64) -> None:
        """Rows are sent in order of their time with the delay, and at the same moment in the order of events."""
        key = self.key
        if not key.time or self.moved or not rows.num_rows:
            return
        sent_us_t = int64_of(one_piece(rows.column(key.time))).copy()
        sent_us_t[delayed] += key.delay_us_n[np.searchsorted(key.event_n, event_t[delayed])]
        sent_us_t, event_t = np.append(self._last[0], sent_us_t), np.append(self._last[1], event_t)
        later_us = np.diff(sent_us_t)
        wrong = np.flatnonzero((later_us < 0) | ((later_us == 0) & (np.diff(event_t) < 0)))
        if wrong.size:
            row = self.sent + int(wrong[0])
            self.moved = f"row {row:,} was sent too late: its time and the key put it before the row above it"
        self._last = int(sent_us_t[-1]), int(event_t[-1])

    def _note_extra(self, nth_n: Int64, entry_n: Int64) -> None:
        extra = np.flatnonzero(nth_n >= _TIMES_K[self.key.kind_n[entry_n]])
        if extra.size:
            entry = entry_n[extra[0]]
            self._note(entry, "it came" if self.key.kind_n[entry] == _DROP else f"it came {nth_n[extra[0]] + 1} times")

    def _note(self, entry: int, what: str) -> None:
        kind = NOISE_KINDS[self.key.kind_n[entry]]
        self.odd = self.odd or f"the key has transaction {self.key.name_n[entry]} as {kind}, but {what}"

    def _end(self) -> None:
        """What can be said only of all rows."""
        few = np.flatnonzero(self._came_n < _TIMES_K[self.key.kind_n])
        if few.size:
            self._note(few[0], "it came once" if self._came_n[few[0]] else "it never came")
        if self.odd or not self._originals:
            return
        (entry_d, originals), (_, copies) = (_by_entry(part) for part in (self._originals, self._copies))
        other = np.flatnonzero(~_alike(originals, copies))
        if other.size:
            self._note(entry_d[other[0]], "its copy is another row")


def _nth(entry_n: Int64) -> Int64:
    """(n,) int64 how many of the entries before one are the same."""
    order = np.argsort(entry_n, kind="stable")
    ordered = entry_n[order]
    nth_n = np.empty(len(entry_n), dtype=np.int64)
    nth_n[order] = np.arange(len(entry_n)) - np.searchsorted(ordered, ordered)
    return nth_n


def _delayed(kind_n: Int64, copy_n: Mask) -> Mask:
    """Rows that were sent with the delay: of a duplicate only the copy."""
    delayed_n: Mask = (kind_n != _DUPLICATE) | copy_n
    return delayed_n


def _by_entry(part: list[tuple[Int64, pa.Table]]) -> tuple[Int64, pa.Table]:
    entry_n = np.concatenate([entries for entries, _ in part])
    order = np.argsort(entry_n, kind="stable")
    rows = pa.concat_tables([table for _, table in part]).take(pa.array(order))
    return entry_n[order], rows.combine_chunks()


def _alike(these: pa.Table, those: pa.Table) -> Mask:
    """(d,) bool: rows of which all columns agree."""
    alike_d: Mask = np.ones(these.num_rows, dtype=bool)
    for one, other in zip(these.columns, those.columns, strict=True):
        both_null = pc.and_(one.is_null(), other.is_null())
        alike_d &= np.asarray(pc.or_(both_null, pc.fill_null(pc.equal(one, other), False)), dtype=np.bool_)
    return alike_d
