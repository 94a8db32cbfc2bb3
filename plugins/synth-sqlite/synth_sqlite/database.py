"""The database: how synth's tables and columns look in SQL, and the fast way to fill them."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth import EPOCH_UNITS_US, Field, Table, one_line

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that exist as Python objects at a time.
_ROWS = 16_384

#: A larger cache makes sorting slower: what is in it is also what is sorted at a time.
_SETTINGS = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-16384", "threads=2")

_STEPS_BETWEEN_SIGNALS = 1_000_000


class SqliteDatabase:
    """A database that is written once, by one thread.

    Nobody sees the file before it is complete, so that it needs neither a journal nor a sync.
    """

    def __init__(self, path: Path | str, *, indices: bool) -> None:
        self._connection, self._indices = sqlite3.connect(path), indices
        for setting in _SETTINGS:
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.set_progress_handler(_let_signals_in, _STEPS_BETWEEN_SIGNALS)

    def create(self, table: Table) -> None:
        """Makes an empty table."""
        self._connection.execute(definition(table))

    def insert(self, tables: Mapping[str, "pa.RecordBatch"]) -> None:
        """Adds rows, as ``stored`` makes them, to several tables in one transaction."""
        with self._connection:
            for name, rows in tables.items():
                statement = f"INSERT INTO {quoted(name)} VALUES ({', '.join('?' * rows.num_columns)})"
                for first in range(0, rows.num_rows, _ROWS):
                    values = (column.to_pylist() for column in rows.slice(first, _ROWS).columns)
                    self._connection.executemany(statement, zip(*values, strict=True))

    def complete(self, table: Table) -> None:
        """Makes a table's indices, where they are wanted."""
        for columns in table.searches if self._indices else ():
            over = ", ".join(map(quoted, columns))
            name = quoted("_".join((table.name, *columns)))
            self._connection.execute(f"CREATE INDEX {name} ON {quoted(table.name)} ({over})")

    def size(self) -> int:
        """Bytes of the file."""
        pages, page = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * page)

    def close(self) -> None:
        """Completes the file; may be called again."""
        self._connection.close()


def _let_signals_in() -> int:
    """Does nothing, but in Python, where Ctrl-C can raise: SQLite then gives up with SQLITE_INTERRUPT."""
    return 0


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is; views have names with dots and dashes."""
    return '"' + name.replace('"', '""') + '"'


def definition(table: Table) -> str:
    """The CREATE TABLE of a table; SQLite keeps its comments, and ``.schema`` shows them."""
    lines = []
    for i, field in enumerate(table.fields):
        kind, is_key = _sql_type(table, field), table.key == (field.name,)
        constraint = "" if field.column.nullable or (is_key and kind == "INTEGER") else " NOT NULL"
        constraint += " PRIMARY KEY" if is_key else ""
        comma = "," if i < len(table.fields) - 1 or len(table.key) > 1 else ""
        about = ", ".join(filter(None, (field.column.role, field.column.unit))) + f": {field.column.doc}"
        lines.append(f"  {quoted(field.name)} {kind}{constraint}{comma} -- {one_line(about)}\n")
    if len(table.key) > 1:
        lines.append(f"  PRIMARY KEY ({', '.join(map(quoted, table.key))})\n")
    return f"CREATE TABLE {quoted(table.name)} (\n{''.join(lines)})"


def _sql_type(table: Table, field: Field) -> str:
    """INTEGER PRIMARY KEY is the row's place in SQLite, so only the key that rows are sorted by may be one."""
    arrow = field.column.arrow
    if "int" in arrow or (field.column.is_time and field.format.startswith("epoch_")):
        return "INTEGER" if table.key != (field.name,) or table.key == table.order else "INT"
    if arrow.startswith("decimal"):
        return "NUMERIC"  # which makes numbers of texts that are some, where that loses nothing within 15 digits
    return "REAL" if arrow == "double" else "TEXT"


def stored(table: Table, rows: "pa.RecordBatch") -> "pa.RecordBatch":
    """The rows with times, days and decimals as the numbers or texts that the database holds."""
    import pyarrow as pa

    columns = [_stored(field, column) for field, column in zip(table.fields, rows.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _stored(field: Field, column: "pa.Array") -> Any:
    """Times become what SQLite's own ``datetime()`` returns, so that they compare with it as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_date(column.type) or pa.types.is_decimal(column.type):
        return column.cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return column
    if field.format in EPOCH_UNITS_US:
        return pc.call_function("divide", [column.cast(pa.int64()), pa.scalar(EPOCH_UNITS_US[field.format])])
    return column.cast(pa.timestamp("s", tz=column.type.tz)).cast(pa.timestamp("s")).cast(pa.string())
