"""A table read back from the database, for ``synth verify``: plain SQL, and no code of the writing side."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from synth import EPOCH_UNITS_US, arrow_type, as_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from synth import ColumnEntry

_ROWS = 32_768


def read_table(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    """The rows in the order in which they were inserted, with the manifest's types.

    Raises:
        sqlite3.Error: the file is no database, is damaged, or holds no such table.
        ValueError: the table has other columns than the manifest, or values of another type.
    """
    import pyarrow as pa

    names = [column["name"] for column in columns]
    with (
        as_path(stream) as path,
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database,
    ):
        cursor = database.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
        found = [each[0] for each in cursor.description]
        if found != names:
            raise ValueError(f"the columns of {table} are {', '.join(found)}, not those of the manifest")
        while rows := cursor.fetchmany(_ROWS):
            arrays = [_typed(values, column) for values, column in zip(zip(*rows, strict=True), columns, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, names=names)


def _typed(values: tuple[object, ...], column: "ColumnEntry") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = arrow_type(column["type"])
    if pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.float64()).cast(kind)
    if not pa.types.is_timestamp(kind):
        return pa.array(values, kind)
    if column["format"] not in EPOCH_UNITS_US:
        return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(kind)
    unit_us = pa.scalar(EPOCH_UNITS_US[column["format"]])
    return pc.call_function("multiply_checked", [pa.array(values, pa.int64()), unit_us]).cast(kind)
