"""A DuckDB file that is written once, by one thread."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from synth import Table, sql_comment, sql_name, sql_names, sql_type

if TYPE_CHECKING:
    import pyarrow as pa


class DuckDatabase:
    """The file; DuckDB keeps rows in the order in which they are inserted."""

    def __init__(self, path: Path, *, keys: bool) -> None:
        self._connection, self._keys = duckdb.connect(str(path)), keys

    def create(self, table: Table) -> None:
        """Makes an empty table whose columns say what they mean."""
        lines = (f"{sql_name(f.name)} {sql_type(f)}{'' if f.column.nullable else ' NOT NULL'}" for f in table.fields)
        self._connection.execute(f"CREATE TABLE {sql_name(table.name)} ({', '.join(lines)})")
        for field in table.fields:
            text = sql_comment(field).replace("'", "''")
            self._connection.execute(f"COMMENT ON COLUMN {sql_name(table.name)}.{sql_name(field.name)} IS '{text}'")

    def insert(self, tables: Mapping[str, "pa.RecordBatch"]) -> None:
        """Adds rows to several tables in one transaction."""
        import pyarrow as pa

        self._connection.begin()
        for name, rows in tables.items():
            self._connection.register("synth_rows", pa.Table.from_batches([rows]))
            self._connection.execute(f"INSERT INTO {sql_name(name)} SELECT * FROM synth_rows")
            self._connection.unregister("synth_rows")
        self._connection.commit()

    def complete(self, table: Table) -> None:
        """Makes the primary key, where there is one and it is wanted."""
        if self._keys and table.key:
            self._connection.execute(f"ALTER TABLE {sql_name(table.name)} ADD PRIMARY KEY ({sql_names(table.key)})")

    def close(self) -> None:
        """Completes the file; may be called again."""
        self._connection.close()
