"""The sink: a SQLite file that is complete before anybody sees it."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

from pydantic import Field

from synth import S3, DatabaseSink, S3Options, SinkJob
from synth_sqlite.database import SqliteDatabase, stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from synth import Batch, ColumnEntry

_ROWID = {"rowid", "oid", "_rowid_"}
_SAMPLE = 50_000


@dataclass(frozen=True, kw_only=True)
class SqliteConfig:
    """A SQLite database; times are texts that SQLite's date functions take, or numbers where the view says epoch."""

    kind: Literal["sqlite"] = "sqlite"
    uri: Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")]
    indices: Annotated[bool, Field(description="whether transactions can be found fast by id, time and card")]
    s3: S3 = field(default_factory=S3Options)


class SqliteSink(DatabaseSink):
    """One SQLite database, ``synth.sqlite``."""

    engine = "SQLite"
    name = "synth.sqlite"
    beside = ("synth.sqlite-journal", "synth.sqlite-wal", "synth.sqlite-shm")
    errors = (sqlite3.Error,)

    def __init__(self, config: SqliteConfig, job: SinkJob) -> None:
        super().__init__(job, config.s3)
        self._config = config

    def connect(self, path: Path | str) -> SqliteDatabase:
        """The database, with indices where they are wanted."""
        return SqliteDatabase(path, indices=self._config.indices)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Fills databases in memory with a sample of each table."""
        return sum(self._measure(batch) for batch in batches.values())

    def _measure(self, batch: "Batch") -> int:
        sample = stored(batch.table, batch.native.slice(0, _SAMPLE))
        database = self.connect(":memory:")
        database.create(batch.table)
        database.insert({batch.table.name: sample})
        database.complete(batch.table)
        size = database.size()
        database.close()
        return int(size * batch.native.num_rows / max(1, sample.num_rows))

    def rows(self, batch: "Batch") -> "pa.RecordBatch":
        """Times and days as the database holds them."""
        return stored(batch.table, batch.native)

    @staticmethod
    def keeps(name: str) -> bool:
        """The number that each row has unasked, and SQLite's own tables."""
        return name in _ROWID or name.startswith("sqlite_")

    @staticmethod
    def is_interrupt(error: Exception) -> bool:
        """SQLite gives up when a handler of signals has raised."""
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT

    @staticmethod
    def read(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
        """The rows of a table, for ``synth verify``; as ``reads`` of ``synth.SinkSpec``."""
        from synth_sqlite.reading import read_table

        return read_table(stream, table, columns)
