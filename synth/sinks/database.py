"""Sinks that write one database file: built where nobody looks, and handed to the store when it is complete."""

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from synth.contracts.overridable import overridable
from synth.contracts.sink import Receipt, SinkJob
from synth.contracts.store import Staged
from synth.errors import RefusedError, RunError
from synth.sinks.card import write_card
from synth.sinks.files import files_of
from synth.sinks.places import STAGING, LocalPlace, parse_uri
from synth.sinks.s3_options import S3Options
from synth.sinks.stores import open_store
from synth.tables.table import Table
from synth.wording import on_one_line

if TYPE_CHECKING:
    from synth.tables.batch import Batch

_COPIED_BYTES = 1 << 20


class Database(Protocol):
    """A database in a file that is written once, by one thread."""

    def create(self, table: Table) -> None:
        """Makes an empty table."""

    def insert(self, tables: Mapping[str, Any]) -> None:
        """Adds rows, as ``DatabaseSink.rows`` makes them, to several tables in one transaction."""

    def complete(self, table: Table) -> None:
        """Adds what is faster to make once a table is full, such as its keys."""

    def close(self) -> None:
        """Completes the file; may be called again."""


class DatabaseSink(ABC):
    """One database with a table for each of synth's.

    Workers lay the rows out, the driver inserts them, a transaction a block. The database grows in a staging directory
    like the store's own, which the next run clears away if this one is killed; for S3, in the system's directory for
    temporary files. It is copied into the store at the end.

    Attributes:
        engine: what the database is called in messages.
        name: the database's file.
        beside: what the engine puts beside it. One that stayed from an earlier database would be played into the new
            one.
        errors: what the engine raises.
    """

    engine = overridable(str)
    name = overridable(str)
    beside = overridable(tuple)
    errors = overridable(tuple)

    def __init__(self, job: SinkJob, s3: S3Options | None = None) -> None:
        self.uri = job.uri
        self._job, self._store, self._place = job, open_store(job.uri, s3=s3), parse_uri(job.uri)
        self._scratch: Path | None = None
        self._database: Database | None = None
        self._staged: list[Staged] = []

    def __getstate__(self) -> dict[str, Any]:
        """What a worker in another process needs to write: the open database stays with the driver."""
        return self.__dict__ | {"_database": None}

    @abstractmethod
    def connect(self, path: Path) -> Database:
        """A new database in a file."""

    @abstractmethod
    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Bytes that these rows would take, for a forecast; touches nothing."""

    def rows(self, batch: "Batch") -> Any:
        """What ``Database.insert`` takes of a table."""
        return batch.native

    @staticmethod
    @abstractmethod
    def keeps(name: str) -> bool:
        """Whether the engine keeps a name, in small letters, for itself."""

    @staticmethod
    @abstractmethod
    def is_interrupt(error: Exception) -> bool:
        """Whether the engine made this of a Ctrl-C."""

    def check(self) -> None:
        """Asks the store whether this run may write here, and whether the engine can tell the names apart."""
        self._require_names((table.name for table in self._tables()), "table")
        for table in self._tables():
            self._require_names((field.name for field in table.fields), "column")
        self._store.check([self.name, *self.beside], overwrite=self._job.overwrite)

    def open(self, extra: "Sequence[Batch]") -> None:
        """Starts the store and the database, and writes the tables that come once."""
        self._store.start()
        with self._explaining():
            parent = self._place.path if isinstance(self._place, LocalPlace) else None
            self._scratch = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
            self._database = self.connect(self._scratch / self.name)
            for table in self._tables():
                self._database.create(table)
            self._database.insert({batch.table.name: self.rows(batch) for batch in extra})

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Lays the block's rows out for the database."""
        return Receipt(block, (), {name: self.rows(batch) for name, batch in batches.items()})

    def collect(self, receipt: Receipt) -> None:
        """Inserts the block."""
        assert self._database is not None, "open() comes before collect()"
        with self._explaining():
            self._database.insert(receipt.payloads)

    def finish(self) -> dict[str, list[Staged]]:
        """Completes the database and copies it into the store; every table is in that one file."""
        assert self._database is not None, "open() comes before finish()"
        with self._explaining():
            for table in self._tables():
                self._database.complete(table)
            self._database.close()
        self._staged = [self._stage()]
        self._clear()
        return {table.name: self._staged for table in self._tables()}

    def commit(self, manifest: bytes) -> None:
        """Publishes the database; the files of a replaced run go away."""
        earlier = self._store.read_manifest() if self._job.overwrite else None
        self._store.publish(self._staged, manifest, card=write_card(manifest), replaced=files_of(earlier))

    def abort(self) -> None:
        """Takes the database back."""
        self._clear()
        self._store.discard(self._staged)

    def _tables(self) -> tuple[Table, ...]:
        return (*self._job.tables, *self._job.extra)

    def _stage(self) -> Staged:
        assert self._scratch is not None, "open() comes before finish()"
        upload = self._store.create(self.name)
        try:
            with (self._scratch / self.name).open("rb") as file:
                while data := file.read(_COPIED_BYTES):
                    upload.write(data)
            return upload.close()
        except BaseException:
            upload.abort()
            raise

    def _clear(self) -> None:
        if self._database is not None:
            with suppress(*self.errors):
                self._database.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._database = self._scratch = None

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turns what the engine and the disk say into one line, and an interrupt that the engine took back into one."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, (*self.errors, OSError)):
                raise
            if self.is_interrupt(error):
                raise KeyboardInterrupt from error
            message = f"cannot write {self.name} to {self.uri}: {on_one_line(str(error))}"
            if self._scratch is not None and self._scratch.exists():
                free = shutil.disk_usage(self._scratch).free
                message += f"; {free:,} bytes are free there: make room, or choose another uri"
            raise RunError(message) from error

    def _require_names(self, names: Iterable[str], what: str) -> None:
        """Refuses names that the engine, blind to case, takes for one another or for its own."""
        seen: dict[str, str] = {}
        for name in names:
            if self.keeps(name.lower()):
                raise RefusedError(f"{self.engine} keeps the name {name!r} for itself: rename the {what}")
            if name.lower() in seen:
                message = f"{seen[name.lower()]!r} and {name!r} are one name to {self.engine}"
                raise RefusedError(f"{message}: rename a {what}")
            seen[name.lower()] = name


@contextmanager
def as_path(stream: BinaryIO) -> Iterator[Path]:
    """A file as a path, for engines that read no streams: one that comes from elsewhere is copied for that time.

    >>> import io
    >>> with synth.as_path(io.BytesIO(b"rows")) as path:
    ...     path.read_bytes()
    b'rows'

    Args:
        stream: of bytes, at its beginning; of one with a ``name`` that is a file, that file itself is given.

    Yields:
        The absolute path of a file that is there as long as the ``with`` block runs.
    """
    name = getattr(stream, "name", None)
    if isinstance(name, str | Path) and Path(name).is_file():
        yield Path(name).absolute()
        return
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(stream, copy, _COPIED_BYTES)
        copy.flush()
        yield Path(copy.name)
