"""The base of sinks for lake tables: Parquet files in a store, one commit a table when all of them are there."""

import hashlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from synth import (
    FileSink,
    ParquetFormat,
    RefusedError,
    RunError,
    S3Options,
    SinkJob,
    Staged,
    SynthError,
    Table,
    on_one_line,
    partition_of,
)
from synth_lakehouse.shapes import RUN, require_layout, require_names, require_shape

if TYPE_CHECKING:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq


log = logging.getLogger(__name__)

IfExists = Literal["fail", "replace", "append"]

#: Hex digits of the fingerprint that name a run among those of a table, as in the messages of a stream.
_RUN_LETTERS = 16


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table.

    Attributes:
        name: below the store's uri.
        footer: what it says of itself.
    """

    name: str
    bytes: int
    footer: "pq.FileMetaData"

    @property
    def partition(self) -> dict[str, str | None]:
        """Key → value of the table's partitions; a run's name among them, where rows say it."""
        return partition_of(self.name)


class LakeTables(ABC):
    """The tables of a place, in one table format; every call may raise what its library raises.

    A table to which runs are added has a column ``synth_run`` that no file holds: the format keeps its value beside
    each file, as it keeps those of partitions. Folders are named after both, since some readers take them from there.

    Attributes:
        reshapes: whether a table's columns may change when its rows are replaced.
    """

    reshapes: ClassVar[bool]

    @abstractmethod
    def schema(self, table: str) -> "pa.Schema | None":
        """The columns of a table that is there."""

    @abstractmethod
    def shape(self, table: Table, by: Sequence[str]) -> "pa.Schema":
        """The columns that a table of a run has here.

        Args:
            by: what it is partitioned by: keys, and ``synth_run``.
        """

    @abstractmethod
    def partitions(self, table: str) -> list[str]:
        """What a table that is there is partitioned by, in the words of ``shape``."""

    @abstractmethod
    def version(self, table: str) -> int:
        """A number that grows with each commit of a table; 0 where there is none."""

    @abstractmethod
    def files(self, table: str) -> set[str]:
        """The files of a table's newest state, by their names below the uri; those without rows may be left out."""

    @abstractmethod
    def runs(self, table: str) -> set[str]:
        """The runs that were added to a table and are in its newest state."""

    @abstractmethod
    def holds(self, table: str, run: str) -> bool:
        """Whether a run was added since the rows were last replaced, by what the format keeps of each commit."""

    @abstractmethod
    def add(self, table: Table, files: Sequence[DataFile], *, replace: bool, run: str, by: Sequence[str]) -> None:
        """Commits: the table holds these rows too, or, with ``replace``, only these.

        Args:
            by: what the table is partitioned by.
            run: what is in ``synth_run`` of these rows, and is kept with the commit; empty for a table without it.
        """

    @abstractmethod
    def take_back(self, table: Table, version: int, run: str) -> None:
        """Makes what a table was at a version its newest state, which no longer holds the run."""


class LakeSink(FileSink):
    """Files are staged as any others, and committed to their tables after they became visible, before the manifest.

    Names of files begin with the number of the commit, so that those of an earlier one stay: its version of the table
    can be read until somebody vacuums or expires it. Where runs are added they begin with the run's name: whoever adds
    the same run again makes the same files, and finds them in the table.
    """

    def __init__(
        self,
        if_exists: IfExists,
        compression: str,
        row_group_rows: int,
        job: SinkJob,
        partition_by: Sequence[str],
        s3: S3Options,
    ) -> None:
        super().__init__(ParquetFormat(compression, row_group_rows), "parts", job, "never", partition_by, s3)
        self._mode: IfExists = "replace" if job.overwrite else if_exists
        self._run = job.fingerprint[:_RUN_LETTERS] if if_exists == "append" else ""
        self._number = 0
        self._committed: dict[Table, int] = {}

    @abstractmethod
    def _connect(self) -> LakeTables:
        """The tables."""

    def _all_tables(self) -> tuple[Table, ...]:
        """The transactions last: whoever begins with them finds what was said of them."""
        return (*self._job.extra, *self._job.tables[1:], self._job.tables[0])

    def _names(self, table: str) -> list[str]:
        if self._in_parts(table):
            return [self._part_name(table, block) for block in range(self._job.blocks)]
        return [f"{self._folder(table)}{self._stem}{self._format.suffix}"]

    def _part_name(self, table: str, block: int, folder: str = "") -> str:
        return f"{self._folder(table)}{folder}part-{self._stem}-{block:05d}{self._format.suffix}"

    def _folder(self, table: str) -> str:
        return f"{table}/data/{RUN}={self._run}/" if self._run else f"{table}/data/"

    @property
    def _stem(self) -> str:
        return self._run if self._mode == "append" else f"{self._number:05d}"

    def _by(self, table: Table) -> list[str]:
        """What a table is partitioned by."""
        return [*([RUN] if self._run else []), *(self._partition_by if table == self._job.tables[0] else [])]

    def check(self) -> None:
        """Asks the store and the tables whether this run may write here."""
        tables = self._all_tables()
        require_names(tables)
        with self._explaining(RefusedError, "look into the tables of"):
            lake = self._connect()
            found = {table.name: schema for table in tables if (schema := lake.schema(table.name)) is not None}
            by = {name: lake.partitions(name) for name in found}
            self._number = 1 + max(lake.version(table.name) for table in tables)
        if found and self._mode == "fail":
            message = "--overwrite replaces its rows, if_exists=append adds to them, or choose another uri"
            raise RefusedError(f"{self.uri} already holds a table {min(found)!r}: {message}")
        for table in (table for table in tables if table.name in found):
            require_layout(self.uri, table, by[table.name], self._by(table))
            if self._mode == "append" or not lake.reshapes:
                require_shape(self.uri, table, found[table.name], lake.shape(table, self._by(table)))
        names = [name for table in tables for name in self._names(table.name)]
        self._store.check(names, overwrite=self._mode != "fail")

    def commit(self, manifest: bytes) -> None:
        """Publishes the files, commits each table, and writes the manifest; a table that holds the run stays."""
        before = self._store.read_manifest() if self._mode != "fail" else None
        replaced = _files_of_another_kind(before, json.loads(manifest)["sink"]["kind"])
        held = self._find_held() if self._mode == "append" else set()
        if len(held) == len(self._all_tables()):
            log.warning("%s holds this very run already: nothing is added to its tables", self.uri)
        self._publish(manifest, replaced=replaced, between=lambda: self._commit_tables(held))

    def _find_held(self) -> set[str]:
        """The tables that hold the run: it was added before, or half of it by somebody who was killed.

        Raises:
            RunError: what is there is not what would be written.
        """
        with self._explaining(RunError, "look into the tables of"):
            lake = self._connect()
            held = {table.name for table in self._all_tables() if lake.holds(table.name, self._run)}
            for staged in (each for name in held for each in self._staged[name]):
                if self._digest(staged.name) != staged.sha256:
                    message = "it was written with other settings or libraries, and stays as it is"
                    raise RunError(f"{self.uri} holds this run already, in {staged.name} of other bytes: {message}")
        return held

    def _digest(self, name: str) -> str:
        """SHA-256 of a published file; empty where there is none."""
        try:
            with self._store.open_reader(name) as stream:
                return hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()
        except RefusedError:
            return ""

    def _commit_tables(self, held: set[str]) -> None:
        with self._explaining(RunError, "commit to the tables of"):
            lake = self._connect()
            for table in self._all_tables():
                if table.name in held:
                    continue
                version, files = lake.version(table.name), [self._describe(f) for f in self._staged[table.name]]
                lake.add(table, files, replace=self._mode == "replace", run=self._run, by=self._by(table))
                self._committed[table] = version

    def _describe(self, staged: Staged) -> DataFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with self._store.open_reader(staged.name) as stream:
            footer = pq.read_metadata(pa.PythonFile(stream, mode="r"))
        return DataFile(staged.name, staged.bytes, footer)

    def abort(self) -> None:
        """Takes back the commits of a commit that failed half-way, and the files."""
        try:
            with self._explaining(RunError, "take back the commits to"):
                for table, version in reversed(self._committed.items()):
                    self._connect().take_back(table, version, self._run)
            self._committed.clear()
        except RunError as error:
            log.warning("a table may name files that are gone: %s", error)
        super().abort()

    @contextmanager
    def _explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turns what the library of a table format raises, which is anything, into one line."""
        try:
            yield
        except SynthError:
            raise
        except Exception as error:
            message = on_one_line(str(error)) or type(error).__name__
            raise kind(f"cannot {doing} {self.uri}: {message}") from error


def _files_of_another_kind(manifest: bytes | None, kind: str) -> list[str]:
    """The files of a run that another kind of sink wrote here; those of a table's earlier versions are the table's."""
    try:
        content = json.loads(manifest or b"{}")
        if content["sink"]["kind"] == kind:
            return []
        return [str(file["name"]) for table in content["tables"].values() for file in table["files"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
