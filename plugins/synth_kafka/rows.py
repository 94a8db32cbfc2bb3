"""Rows as a producer takes them: value, key and time of each message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth import RefusedError, Table, nearest
from synth_kafka.formats import Format, KeyFormat

if TYPE_CHECKING:
    from synth import Batch


@dataclass(frozen=True)
class EncodedRows:
    """Rows of one table, made ready.

    Attributes:
        values: message a row.
        keys: its key; None for none.
        times_ms: when it happened, in milliseconds since 1970; 0 where a row has no time, or none is wanted.
    """

    table: str
    values: list[bytes]
    keys: Sequence[bytes | None]
    times_ms: Sequence[int]


@dataclass(frozen=True)
class Framing:
    """What goes before each value and each key, for a registry's readers."""

    value: bytes = b""
    key: bytes = b""


@dataclass(frozen=True)
class RowEncoder:
    """Makes rows of a table ready; pickles, and may be used by several threads at a time.

    Attributes:
        keys: how the key's column becomes keys.
        key: position of the column that is the key; None for none.
        time: position of the column that is the message's time; None for none.
    """

    format: Format
    keys: KeyFormat
    key: int | None
    time: int | None

    def key_schema(self, table: Table) -> str:
        """What a reader has to know of the keys; empty when it needs nothing."""
        return "" if self.key is None else self.keys.schema(table.fields[self.key])

    def encode(self, batch: "Batch", framing: Framing) -> EncodedRows:
        """The rows."""
        import pyarrow as pa

        values = self.format.encode(batch)
        if framing.value:
            values = [framing.value + value for value in values]
        keys: Sequence[bytes | None] = [None] * len(values)
        if self.key is not None:
            keys = self.keys.encode(batch.native.column(self.key), batch.table.fields[self.key])
            if framing.key:
                keys = [key if key is None else framing.key + key for key in keys]
        times_ms: Sequence[int] = [0] * len(values)
        if self.time is not None:
            times_ms = (batch.native.column(self.time).cast(pa.int64()).to_numpy() // 1000).tolist()
        return EncodedRows(batch.table.name, values, keys, times_ms)


def make_encoders(
    tables: Sequence[Table],
    made_by: Format,
    keys: KeyFormat,
    *,
    wanted: Sequence[str],
    optional: Sequence[str],
    key: str | None,
    timed: bool,
) -> dict[str, RowEncoder]:
    """How each table that goes somewhere becomes messages: the first one, the transactions, and those wanted beside.

    A side table's key is its first column, which is its id.

    Args:
        optional: columns that schemas let be missing.
        key: name or source of the transactions' key.
        timed: whether their messages carry the events' times.

    Raises:
        RefusedError: the recipe makes no such table, or the view shows no such column.
    """
    known = {table.name: table for table in tables[1:]}
    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f" ({near})" if near else ""
            raise RefusedError(f"sink.kafka.side_topics: no table {name!r}{hint}; there are {', '.join(known)}")
    transactions = tables[0]
    time = _find_time(transactions) if timed else None
    encoders = {transactions.name: RowEncoder(made_by, keys, _find_key(transactions, key), time)}
    encoders |= {name: RowEncoder(made_by, keys, 0, None) for name in wanted}
    shown = [field.name for table in (transactions, *(known[name] for name in wanted)) for field in table.fields]
    for name in optional:
        if name not in shown:
            near = nearest(name, shown)
            hint = f" ({near})" if near else ""
            raise RefusedError(f"sink.kafka.optional: no column {name!r}{hint} is sent; these are: {', '.join(shown)}")
    for name in encoders:
        made_by.schema(transactions if name == transactions.name else known[name])
    return encoders


def _find_key(table: Table, key: str | None) -> int | None:
    if key is None:
        return None
    names, sources = [f.name for f in table.fields], [f.column.name for f in table.fields]
    if key in names:
        return names.index(key)
    if key in sources:
        return sources.index(key)
    near = nearest(key, [*names, *sources])
    hint = f" ({near})" if near else ""
    raise RefusedError(f"sink.kafka.key: the view shows no column {key!r}{hint}; it shows {', '.join(names)}")


def _find_time(table: Table) -> int:
    sources = [field.column.name for field in table.fields]
    if "time" not in sources:
        raise RefusedError("sink.kafka.timestamps: the view shows no time; show it, or choose timestamps=emit")
    return sources.index("time")
