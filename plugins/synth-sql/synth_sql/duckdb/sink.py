"""The sink: one database, built where nobody looks, and handed to the store when it is complete."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import duckdb
from pydantic import Field

from synth import RefusedError, RunError
from synth.columns import Table
from synth.errors import on_one_line
from synth.sinks.contract import Receipt, SinkJob
from synth.sinks.store_contract import STAGING, LocalPlace
from synth.sinks.stores import Staged, open_store, parse_uri
from synth_sql.duckdb.database import Database

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.batch import Batch
    from synth.parsers import ColumnEntry

NAME = "synth.duckdb"
"""The database's file."""

_BESIDE = f"{NAME}.wal"
"""What DuckDB puts beside it. One that stayed from an earlier database would be played into the new one."""

#: DuckDB compresses synth's columns to 0.3 to 0.8 of Arrow's bytes; tried with version 2.0.
_SHRINKS = 0.5

_COPIED_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class DuckConfig:
    """A DuckDB database in one file."""

    kind: Literal["duckdb"] = "duckdb"
    uri: Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")]
    keys: Annotated[bool, Field(description="whether tables get primary keys")]


class DuckSink:
    """One database with a table for each of synth's.

    The driver inserts what workers send, a transaction a block. The database grows in a staging directory like the
    store's own, which the next run clears away if this one is killed; for S3, in the system's directory for temporary
    files. It is copied into the store at the end.
    """

    uri_is_place = True

    def __init__(self, config: DuckConfig, job: SinkJob) -> None:
        self.uri = job.uri
        self._config, self._job = config, job
        self._store, self._place = open_store(job.uri), parse_uri(job.uri)
        self._scratch: Path | None = None
        self._database: Database | None = None
        self._staged: list[Staged] = []

    def __getstate__(self) -> dict[str, Any]:
        """What a worker in another process needs to write: the open database stays with the driver."""
        return self.__dict__ | {"_database": None}

    def check(self) -> None:
        """Asks the store whether this run may write here, and whether DuckDB can tell the names apart."""
        for table in self._tables():
            _require_names(table)
        self._store.check([NAME, _BESIDE], overwrite=self._job.overwrite)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Guesses from the size in memory."""
        return int(sum(batch.native.nbytes for batch in batches.values()) * _SHRINKS)

    def open(self, extra: "Sequence[Batch]") -> None:
        """Starts the store and the database, and writes the tables that come once."""
        self._store.start()
        with self._explaining():
            parent = self._place.path if isinstance(self._place, LocalPlace) else None
            self._scratch = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
            self._database = Database(self._scratch / NAME)
            for table in self._tables():
                self._database.create(table)
            self._database.insert({batch.table.name: batch.native for batch in extra})

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """The rows as they are."""
        return Receipt(block, (), {name: batch.native for name, batch in batches.items()})

    def collect(self, receipt: Receipt) -> None:
        """Inserts the block."""
        assert self._database is not None, "open() comes before collect()"
        with self._explaining():
            self._database.insert(receipt.payloads)

    def finish(self) -> dict[str, list[Staged]]:
        """Makes the keys and copies the database into the store; every table is in that one file."""
        assert self._database is not None, "open() comes before finish()"
        with self._explaining():
            if self._config.keys:
                for table in self._tables():
                    self._database.add_key(table)
            self._database.close()
        self._staged = [self._stage()]
        self._clear()
        return {table.name: self._staged for table in self._tables()}

    def _stage(self) -> Staged:
        assert self._scratch is not None, "open() comes before finish()"
        upload = self._store.create(NAME)
        try:
            with (self._scratch / NAME).open("rb") as file:
                while data := file.read(_COPIED_BYTES):
                    upload.write(data)
            return upload.close()
        except BaseException:
            upload.abort()
            raise

    def commit(self, manifest: bytes) -> None:
        """Publishes the database; the files of a replaced run go away."""
        earlier = self._store.read_manifest() if self._job.overwrite else None
        self._store.publish(self._staged, manifest, replaced=_files_of(earlier))

    def abort(self) -> None:
        """Takes the database back."""
        self._clear()
        self._store.discard(self._staged)

    @staticmethod
    def read(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
        """The rows of a table, for ``synth verify``; as in ``synth.sinks.contract.Readable``."""
        from synth_sql.duckdb.reading import read_table

        return read_table(stream, table, columns)

    def _tables(self) -> tuple[Table, ...]:
        return (*self._job.tables, *self._job.extra)

    def _clear(self) -> None:
        if self._database is not None:
            with suppress(duckdb.Error):
                self._database.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._database = self._scratch = None

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turns what DuckDB and the disk say into one line."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            told = f"cannot write {NAME} to {self.uri}: {on_one_line(str(error))}"
            if self._scratch is not None and self._scratch.exists():
                free = shutil.disk_usage(self._scratch).free
                told += f"; {free:,} bytes are free there: make room, or choose another uri"
            raise RunError(told) from error


def _require_names(table: Table) -> None:
    """Refuses names that DuckDB, blind to case, takes for one another or for its own."""
    seen: dict[str, str] = {}
    for name in (field.name for field in table.fields):
        if name.lower() == "rowid":
            raise RefusedError(f"DuckDB keeps the name {name!r} for itself: rename the column")
        if name.lower() in seen:
            raise RefusedError(f"{seen[name.lower()]!r} and {name!r} are one name to DuckDB: rename a column")
        seen[name.lower()] = name


def _files_of(manifest: bytes | None) -> list[str]:
    """The files that an earlier run's manifest names; none when it cannot be read."""
    try:
        tables = json.loads(manifest or b"{}")["tables"]
        return [str(file["name"]) for table in tables.values() for file in table["files"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
