"""A table read back from a DuckDB file, for ``synth verify``."""

from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

import duckdb

from synth import arrow_type, as_path, sql_name

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
        found = [row[0] for row in database.execute(f"DESCRIBE {sql_name(table)}").fetchall()]
        if found != names:
            raise ValueError(f"the columns of {table} are {', '.join(found)}, not those of the manifest")
        shown = (_plain(column) for column in columns)
        reader = database.sql(f"SELECT {', '.join(shown)} FROM {sql_name(table)}").to_arrow_reader(_ROWS)
        for batch in reader:
            arrays = [
                values.cast(arrow_type(column["type"])) for values, column in zip(batch.columns, columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=names)


def _plain(column: "ColumnEntry") -> str:
    """A column as SQL that has no type of DuckDB's own any more."""
    name = sql_name(column["name"])
    if column["type"].startswith("timestamp"):
        return f"epoch_us({name})"
    return f"{name}::VARCHAR" if column["type"] == "string" else name
