"""The sink: a DuckDB file that is complete before anybody sees it."""

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from synth import DatabaseSink, SinkJob
from synth_sql.duckdb.config import DuckConfig
from synth_sql.duckdb.database import DuckDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synth import Batch

#: DuckDB compresses synth's columns to 0.3 to 0.8 of Arrow's bytes; tried with version 2.0.
_SHRINKS = 0.5


class DuckSink(DatabaseSink):
    """One DuckDB database, ``synth.duckdb``."""

    engine = "DuckDB"
    name = "synth.duckdb"
    beside = ("synth.duckdb.wal",)
    errors = (duckdb.Error, RuntimeError)

    def __init__(self, config: DuckConfig, job: SinkJob) -> None:
        super().__init__(job, config.s3)
        self._config = config

    def connect(self, path: Path) -> DuckDatabase:
        """The database, with keys where they are wanted."""
        return DuckDatabase(path, keys=self._config.keys)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Guesses from the size in memory."""
        return int(sum(batch.native.nbytes for batch in batches.values()) * _SHRINKS)

    @staticmethod
    def keeps(name: str) -> bool:
        """The number that each row has unasked."""
        return name == "rowid"

    @staticmethod
    def is_interrupt(error: Exception) -> bool:
        """DuckDB looks for signals while it works, and drops the exception that a handler raised; tried with 2.0."""
        return str(error) == "Query interrupted"
