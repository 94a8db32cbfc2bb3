"""Columns as numbers: those of the rows, and those of the entities that they name.

Legend: ``_t`` a transaction, ``_r`` a row of any table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask, Values
from synth.check.records import Records, pc_one
from synth.tables.people import LOOKUP_KEYS

Kind = Literal["number", "code", "key", "time"]

#: What names a card, the better first.
CARDS = ("card_id", "card_number")

#: Texts with more different values than this are looked at as names, not as categories.
MOST_CODES = 200

#: How often a chain of references is followed, as from the terminal to its merchant.
_HOPS = 2


@dataclass(frozen=True)
class Column:
    """A column of every row.

    Attributes:
        name: its own, or ``table.column`` for that of an entity.
        kind: a number; a code of few texts; a key, which names somebody; a time, in microseconds.
        values_t: float64 of numbers, int64 of all else; where it is empty, NaN or -1.
        texts: what codes, and keys that are texts, stand for.
        unit: of the values.
        root: the column of the rows that leads to it.
        table: of whom it is a column, by the key that leads there and the name of the entities' table.
    """

    name: str
    kind: Kind
    values_t: Values
    texts: pa.Array | None = None
    unit: str = ""
    root: str = ""
    table: str = ""
    empty_t: Mask | None = field(default=None, repr=False)

    @property
    def leaf(self) -> str:
        """Its name within its table."""
        return self.name.rpartition(".")[2]

    def take(self, rows: Int64) -> "Column":
        """Some rows of it; -1 is a row without anything."""
        hollow = np.nan if self.values_t.dtype.kind == "f" else -1
        found = np.where(rows < 0, hollow, self.values_t[rows]) if len(self.values_t) else np.full(len(rows), hollow)
        return replace(self, values_t=found.astype(self.values_t.dtype), empty_t=None)


def columns_of(records: Records) -> dict[str, Column]:
    """The columns of the rows, then those of the entities that they name, hop by hop."""
    found = _rows_columns(records)
    tables = {name: _table_columns(name, table) for name, table in records.entities.items() if table.num_rows}
    for _ in range(_HOPS):
        for key in [column for column in found.values() if column.kind == "key"]:
            for name, columns in tables.items():
                if key.leaf in columns and not any(c.table == name for c in found.values()):
                    found |= _joined(key, name, columns, records.entities[name])
    return found


def _rows_columns(records: Records) -> dict[str, Column]:
    columns = {}
    for name in records.rows.column_names:
        role, unit = records.roles.get(name, ""), records.units.get(name, "")
        made = column_of(name, pc_one(records.rows, name), is_key=role == "key", unit=unit)
        columns[name] = replace(made, root=_leading_to(name))
    if "amount_minor" not in columns and "amount" in columns:
        minor = np.rint(100 * columns["amount"].values_t)
        columns["amount_minor"] = replace(
            columns["amount"], name="amount_minor", values_t=minor, unit="minor units (cents)", root="amount"
        )
    return columns


def _leading_to(name: str) -> str:
    """What a column of the rows comes from: itself, or the key of the entity that it is looked up of."""
    table, dot, _ = name.partition(".")
    return LOOKUP_KEYS.get(table, name) if dot else name


def _table_columns(name: str, table: pa.Table) -> dict[str, Column]:
    keys = [each for each in table.column_names if each.endswith(("_id", "_number"))]
    made = (column_of(each, pc_one(table, each), is_key=each in keys) for each in table.column_names)
    units = {each.name: (each.metadata or {}).get(b"unit", b"").decode() for each in table.schema}
    return {column.name: replace(column, unit=units.get(column.name, "")) for column in made}


def column_of(name: str, values: pa.Array, *, is_key: bool = False, unit: str = "") -> Column:
    """Values as a column."""
    kind, empty = values.type, values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        coded = values.dictionary_encode()
        code_t = pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        few = len(coded.dictionary) <= MOST_CODES and not is_key
        return Column(name, "code" if few else "key", code_t, coded.dictionary, unit, empty_t=empty)
    if pa.types.is_boolean(kind):
        flags = pc.fill_null(values.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        return Column(name, "code", flags, pa.array(["false", "true"]), unit, empty_t=empty)
    if pa.types.is_timestamp(kind):
        us = values.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.int64())
        return Column(name, "time", pc.fill_null(us, -1).to_numpy(zero_copy_only=False), None, unit, empty_t=empty)
    if pa.types.is_date(kind):
        days = values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        return Column(
            name,
            "time",
            pc.fill_null(pc.multiply(days, 86_400_000_000), -1).to_numpy(zero_copy_only=False),
            None,
            "day",
            empty_t=empty,
        )
    if is_key:
        return Column(
            name,
            "key",
            pc.fill_null(values.cast(pa.int64(), safe=False), -1).to_numpy(zero_copy_only=False),
            None,
            unit,
            empty_t=empty,
        )
    number_t = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Column(name, "number", number_t, None, unit, empty_t=empty)


def _joined(key: Column, name: str, columns: Mapping[str, Column], table: pa.Table) -> dict[str, Column]:
    """The columns of the entities that a key names; none where the table has none of its own for each."""
    there = columns[key.leaf]
    if len(np.unique(there.values_t)) < table.num_rows:
        return {}
    if key.texts is not None:
        if there.texts is None:
            return {}
        place_k = pc.fill_null(pc.index_in(key.texts.cast(pa.string()), pc_one(table, key.leaf).cast(pa.string())), -1)
        row_t = np.concatenate([place_k.to_numpy(zero_copy_only=False).astype(np.int64), [-1]])[
            key.values_t.astype(np.int64)
        ]
    else:
        if there.texts is not None:
            return {}
        row_t = places(key.values_t.astype(np.int64), there.values_t.astype(np.int64))
    root = key.root or key.name
    return {
        f"{name}.{each}": replace(column.take(row_t), name=f"{name}.{each}", root=root, table=name)
        for each, column in columns.items()
        if each != key.leaf
    }


def places(wanted: Int64, known: Int64) -> Int64:
    """(t,) where each wanted value stands among the known ones, which are distinct; -1 where it does not."""
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found: Int64 = np.where(known[order][at] == wanted, order[at], -1)
    return found


def card_of(columns: Mapping[str, Column]) -> Column | None:
    """What names the card of a row, or its customer; None where nothing does."""
    named = (*CARDS, "customer_id")
    return next((columns[name] for name in named if name in columns), None)


def coordinates(columns: Mapping[str, Column]) -> Iterator[tuple[str, Column, Column]]:
    """The entities of the rows that have a place in the plane: table, east and north in km."""
    tables = {column.table for column in columns.values() if column.table}
    for table in sorted(tables):
        if {f"{table}.x_km", f"{table}.y_km"} <= {*columns}:
            yield table, columns[f"{table}.x_km"], columns[f"{table}.y_km"]
