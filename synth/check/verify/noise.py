"""Checks of a noisy stream: the answer key explains whatever is not as it was made, and all that it says is there."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from synth.arrays import Int64, Mask
from synth.check.verify.rows import Check, int64_of
from synth.check.verify.tables import Found, blocks_of, sources_of
from synth.check.verify.truth import Columns
from synth.check.verify.undoing import Key, Undoing
from synth.config.typed import adapter
from synth.contracts.output import Output
from synth.noise.config import NoiseConfig
from synth.tables.declared import NOISE_KINDS
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Dropped:
    """What never came.

    Attributes:
        event_d: (d,) int64 events, rising.
    """

    event_d: Int64

    def came(self, event_x: Int64) -> Mask:
        """(x,) bool: whose rows came."""
        return ~np.isin(event_x, self.event_d)

    def places(self, event_x: Int64) -> Int64:
        """(x,) int64 their positions among the rows that came."""
        places: Int64 = event_x - np.searchsorted(self.event_d, event_x)
        return places

    def without(self, table: Columns) -> Columns:
        """Rows of a table whose transactions came, with these positions for the ids of the events."""
        if not len(self.event_d):
            return table
        event_x = int64_of(table["event_id"])
        kept = self.came(event_x)
        rows = {name: values.filter(pa.array(kept)) for name, values in table.items()}
        return rows | {"event_id": pa.array(self.places(event_x[kept]))}

    def sizes(self, rows_b: Sequence[int]) -> list[int]:
        """Rows of each block that came, of those that were made."""
        edges = self.places(np.cumsum([0, *rows_b]))
        return [int(rows) for rows in np.diff(edges)]


@dataclass
class NoiseKey:
    """What the answer key of an output says; an output without noise has nothing of it.

    Attributes:
        output: the output.
        config: what the manifest says of the noise; None without.
        hidden: why the rows cannot be compared with those that were made; empty when they can.
        wrong: what is wrong with the key itself.
        key: the key, where it can be used.
        dropped: what never came.
        sent: rows in the output, once they are read.
        undoing: the pass in which they were read.
    """

    output: Output
    config: NoiseConfig | None = None
    hidden: str = ""
    wrong: str = ""
    key: Key | None = None
    dropped: Dropped = Dropped(np.empty(0, dtype=np.int64))
    sent: int = 0
    undoing: Undoing | None = None

    def rows(self) -> Iterator[pa.RecordBatch]:
        """The transactions as they were made, but for those that never came; as they are where there is no key."""
        batches = self.output.batches("transactions")
        if self.key is None:
            return batches
        self.undoing = Undoing(self.key)
        entry, schema = self.output.table("transactions"), self.output.schema("transactions")
        return self.undoing.undo(blocks_of(batches, entry["block_rows"], schema))

    def read(self, see: Callable[[int, pa.Table], None]) -> Found:
        """Reads the transactions, and shows them as they were made; not at all where that is hidden."""
        sizes = self.dropped.sizes(self.output.table("transactions")["block_rows"])
        found = Found.of(self.output, "transactions", see if not self.hidden else _ignore, self.rows(), sizes)
        self.sent = self.undoing.sent if self.undoing else found.rows
        found.lost_rows, found.hidden = len(self.dropped.event_d), self.hidden
        self.hidden = "the transactions cannot be read" if found.problem else self.hidden
        return found

    def checks(self, labels: Columns | None) -> Iterator[Check]:
        """The key by itself, then with the rows, then with the manifest; ``labels`` are all that there are."""
        if self.config is None:
            if self.output.stream.get("skipped"):
                yield self._counts(labels)
            return
        names = ("noise: key", "noise: rows", "noise: order")
        if self.key is None or self.undoing is None or self.hidden:
            yield Check(names[0], False if self.wrong else None, self.wrong or self.hidden)
            yield from (Check(name, None, self.hidden) for name in names[1:])
        else:
            kinds = Counter(NOISE_KINDS[kind] for kind in self.key.kind_n)
            message = ", ".join(f"{kinds[kind]:,} {kind}" for kind in NOISE_KINDS)
            yield Check(names[0], True, f"{len(self.key.event_n):,} transactions: {message}; delays as configured")
            came = "each came as often as the key says, and copies are alike"
            yield Check(names[1], not self.undoing.odd, self.undoing.odd or came)
            if self.key.time:
                message = self.undoing.moved or "each row was sent when its time and its delay say"
                yield Check(names[2], not self.undoing.moved, message)
            else:
                yield Check(names[2], None, "the view shows no time")
        yield self._counts(labels)

    def _counts(self, labels: Columns | None) -> Check:
        """What the manifest counts of the events that were sent."""
        message = self.output.stream
        if why := self.output.lacks("transactions"):
            return Check("rows sent", None, why)
        if message.get("events") != self.sent:
            return Check("rows sent", False, f"{self.sent:,} rows, but the manifest counts {message.get('events')}")
        if labels is None or self.key is None or message.get("skipped"):
            return Check("rows sent", True, f"{self.sent:,} rows were sent")
        sent_k = np.array([{"duplicate": 1, "drop": -1}.get(kind, 0) for kind in NOISE_KINDS])
        event_f = int64_of(labels["event_id"])
        fraud = len(event_f) + int(sent_k[self.key.kind_n[np.isin(self.key.event_n, event_f)]].sum())
        if message.get("fraud") != fraud:
            return Check("rows sent", False, f"{fraud:,} of fraud, but the manifest counts {message.get('fraud')}")
        return Check("rows sent", True, f"{self.sent:,} rows were sent, {fraud:,} of them fraud")


def _ignore(first: int, block: pa.Table) -> None:
    """Looks at nothing."""


def read_noise(output: Output, key: Found | None) -> NoiseKey:
    """What the manifest says of the noise of an output, and its answer key.

    Args:
        key: the table ``noise``; None where there is none.
    """
    message = output.stream
    if why := output.lacks("transactions"):
        return NoiseKey(output, hidden=why)
    try:
        given = adapter(NoiseConfig).validate_json(json.dumps(message.get("noise")))
    except ValidationError:
        return NoiseKey(output)
    config = None if given.silent else given
    if message.get("skipped"):
        return NoiseKey(
            output, config, hidden=f"{message['skipped']:,} transactions were skipped, and nobody knows which"
        )
    if config is None:
        return NoiseKey(output)
    if key is None or key.columns is None:
        why = "the answer key cannot be read" if key and not key.hidden else "the answer key was not sent with the rows"
        return NoiseKey(output, config, hidden=why)
    shown, columns = sources_of(output, "transactions"), key.columns
    name = next((each for each in ("event_id", "tid") if each in shown and each in columns), "")
    wrong = _wrong_key(columns, config, output.table("transactions")["rows"])
    if wrong or not name:
        why = "the answer key is wrong" if wrong else "the view shows neither event_id nor tid to lay the key over"
        return NoiseKey(output, config, hidden=why, wrong=wrong)
    event_n, kind_n = int64_of(columns["event_id"]), _kinds(columns)
    delay_us_n = int64_of(columns["delay_us"])
    laid = Key(event_n, kind_n, delay_us_n, columns[name], shown[name], shown.get("time", ""))
    return NoiseKey(output, config, key=laid, dropped=Dropped(event_n[kind_n == NOISE_KINDS.index("drop")]))


def _kinds(columns: Columns) -> Int64:
    """(n,) int64 index into ``NOISE_KINDS``; -1 for what is none of them."""
    found = pc.fill_null(pc.index_in(columns["kind"], pa.array(NOISE_KINDS)), -1)
    return int64_of(found)


def _wrong_key(columns: Columns, config: NoiseConfig, rows: int) -> str:
    """What is wrong with a key by itself; empty for nothing."""
    event_n, kind_n, delay_us_n = int64_of(columns["event_id"]), _kinds(columns), int64_of(columns["delay_us"])
    if (np.diff(event_n) <= 0).any() or (len(event_n) and not 0 <= event_n[0] <= event_n[-1] < rows):
        return "its events are not in order, or there is no such event"
    if "tid" in columns and pc.count_distinct(columns["tid"]).as_py() != len(event_n):
        return "it names a transaction twice"
    ranges = [(each.delay_s.min, each.delay_s.max) for each in (config.disorder, config.late, config.duplicates)]
    bounds_k = (np.array([*ranges, (0, 0)]) * US_PER_S).astype(np.int64)
    out = (kind_n < 0) | (np.array(config.shares)[kind_n] == 0)
    out |= (delay_us_n < bounds_k[kind_n, 0]) | (delay_us_n > bounds_k[kind_n, 1])
    if out.any():
        first = int(np.argmax(out))
        message = f"{columns['kind'][first]} with a delay of {delay_us_n[first]:,} us"
        return f"event {event_n[first]:,} has {message}, which the recipe does not make"
    return ""
