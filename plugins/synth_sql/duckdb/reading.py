"""A table read back from a DuckDB file, for ``synth verify``."""

from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

import duckdb

from synth import as_path
from synth_sql.ddl import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from synth import ColumnEntry

_ROWS = 131_072


def read_table(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    """The rows in the order in which they were inserted, with the manifest's types.

    Raises:
        duckdb.Error: the file is no database, is damaged, or holds no such table.
        ValueError: the table has other columns than the manifest.
    """
    import pyarrow as pa

    names = [column["name"] for column in columns]
    with as_path(stream) as path, closing(duckdb.connect(str(path), read_only=True)) as database:
        found = [row[0] for row in database.execute(f"DESCRIBE {quoted(table)}").fetchall()]
        if found != names:
            raise ValueError(f"the columns of {table} are {', '.join(found)}, not those of the manifest")
        shown = (f"epoch_us({quoted(c['name'])})" if _is_time(c) else quoted(c["name"]) for c in columns)
        reader = database.sql(f"SELECT {', '.join(shown)} FROM {quoted(table)}").to_arrow_reader(_ROWS)
        for batch in reader:
            arrays = [values.cast(_type(column)) for values, column in zip(batch.columns, columns, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, names=names)


def _is_time(column: "ColumnEntry") -> bool:
    return column["type"].startswith("timestamp")


def _type(column: "ColumnEntry") -> "pa.DataType":
    import pyarrow as pa

    if _is_time(column):
        return pa.timestamp("us", tz="UTC")
    return pa.date32() if column["type"].startswith("date32") else pa.type_for_alias(column["type"])
