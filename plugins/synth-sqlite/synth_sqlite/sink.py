"""The sink: one database, built where nobody looks, and handed to the store when it is complete."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from pydantic import Field

from synth import RefusedError, RunError
from synth.columns import Table
from synth.sinks.contract import Receipt, SinkJob
from synth.sinks.store_contract import STAGING, LocalPlace
from synth.sinks.stores import Staged, open_store, parse_uri
from synth_sqlite.database import Database, stored

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.batch import Batch
    from synth.parsers import ColumnEntry

NAME = "synth.sqlite"
"""The database's file."""

_BESIDE = tuple(f"{NAME}-{kind}" for kind in ("journal", "wal", "shm"))
"""What SQLite puts beside it. One that stayed from an earlier database would be played into the new one."""

_ROWID = {"rowid", "oid", "_rowid_"}
_SAMPLE = 50_000
_COPIED_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class SqliteConfig:
    """A SQLite database; times are texts that SQLite's date functions take, or numbers where the view says epoch."""

    kind: Literal["sqlite"] = "sqlite"
    uri: Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")]
    indices: Annotated[bool, Field(description="whether transactions can be found fast by id, time and card")]


class SqliteSink:
    """One database with a table for each of synth's.

    Workers lay the rows out, the driver inserts them, a transaction a block. The database grows in a staging directory
    like the store's own, which the next run clears away if this one is killed; for S3, in the system's directory for
    temporary files. It is copied into the store at the end.
    """

    uri_is_place = True

    def __init__(self, config: SqliteConfig, job: SinkJob) -> None:
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
        """Asks the store whether this run may write here, and whether SQL can tell the names apart."""
        _require_names((table.name for table in self._tables()), "table")
        for table in self._tables():
            _require_names((field.name for field in table.fields), "column")
        self._store.check([NAME, *_BESIDE], overwrite=self._job.overwrite)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Fills databases in memory with a sample of each table."""
        return sum(self._measure(batch) for batch in batches.values())

    def _measure(self, batch: "Batch") -> int:
        sample = stored(batch.table, batch.native.slice(0, _SAMPLE))
        database = Database(":memory:")
        database.create(batch.table)
        database.insert({batch.table.name: sample})
        if self._config.indices:
            database.index(batch.table)
        size = database.size()
        database.close()
        return int(size * batch.native.num_rows / max(1, sample.num_rows))

    def open(self, extra: "Sequence[Batch]") -> None:
        """Starts the store and the database, and writes the tables that come once."""
        self._store.start()
        with self._explaining():
            parent = self._place.path if isinstance(self._place, LocalPlace) else None
            self._scratch = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
            self._database = Database(self._scratch / NAME)
            for table in self._tables():
                self._database.create(table)
            self._database.insert({batch.table.name: stored(batch.table, batch.native) for batch in extra})

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Lays the block's rows out for the database."""
        return Receipt(block, (), {name: stored(batch.table, batch.native) for name, batch in batches.items()})

    def collect(self, receipt: Receipt) -> None:
        """Inserts the block."""
        assert self._database is not None, "open() comes before collect()"
        with self._explaining():
            self._database.insert(receipt.payloads)

    def finish(self) -> dict[str, list[Staged]]:
        """Makes the indices and copies the database into the store; every table is in that one file."""
        assert self._database is not None, "open() comes before finish()"
        with self._explaining():
            if self._config.indices:
                for table in self._tables():
                    self._database.index(table)
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
        from synth_sqlite.reading import read_table

        return read_table(stream, table, columns)

    def _tables(self) -> tuple[Table, ...]:
        return (*self._job.tables, *self._job.extra)

    def _clear(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._database = self._scratch = None

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turns what SQLite and the disk say into one line, and an interrupt that SQLite swallowed into one again."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            raise self._failure(error) from error
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> RunError:
        told = f"cannot write {NAME} to {self.uri}: {error}"
        if self._scratch is not None and self._scratch.exists():
            free = shutil.disk_usage(self._scratch).free
            told += f"; {free:,} bytes are free there: make room, or choose another uri"
        return RunError(told)


def _require_names(names: Iterable[str], what: str) -> None:
    """Refuses names that SQLite, blind to case, takes for one another or for its own."""
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in _ROWID or name.lower().startswith("sqlite_"):
            raise RefusedError(f"SQLite keeps the name {name!r} for itself: rename the {what}")
        if name.lower() in seen:
            raise RefusedError(f"{seen[name.lower()]!r} and {name!r} are one name to SQLite: rename a {what}")
        seen[name.lower()] = name


def _files_of(manifest: bytes | None) -> list[str]:
    """The files that an earlier run's manifest names; none when it cannot be read."""
    try:
        tables = json.loads(manifest or b"{}")["tables"]
        return [str(file["name"]) for table in tables.values() for file in table["files"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
