"""The base of sinks for lake tables: Parquet files in a store, one commit a table when all of them are there."""

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synth import FileSink, ParquetFormat, RefusedError, RunError, SinkJob, Staged, SynthError, Table, on_one_line

if TYPE_CHECKING:
    import pyarrow as pa


log = logging.getLogger(__name__)

IfExists = Literal["fail", "replace", "append"]


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table.

    Attributes:
        name: below the store's uri.
    """

    name: str
    bytes: int
    rows: int


class LakeTables(ABC):
    """The tables of a place, in one table format; every call may raise what its library raises.

    Attributes:
        reshapes: whether a table's columns may change when its rows are replaced.
    """

    reshapes: ClassVar[bool]

    @abstractmethod
    def schema(self, table: str) -> "pa.Schema | None":
        """The columns of a table that is there."""

    @abstractmethod
    def version(self, table: str) -> int:
        """A number that grows with each commit of a table; 0 where there is none."""

    @abstractmethod
    def add(self, table: Table, files: Sequence[DataFile], *, replace: bool) -> None:
        """Commits: the table holds these rows too, or, with ``replace``, only these."""

    @abstractmethod
    def take_back(self, table: Table, version: int) -> None:
        """Makes what a table was at a version its newest state."""


class LakeSink(FileSink):
    """Files are staged as any others, and committed to their tables after they became visible, before the manifest.

    Names of files begin with the number of the commit, so that those of an earlier one stay: its version of the table
    can be read until somebody vacuums or expires it.
    """

    folders = False

    def __init__(self, if_exists: IfExists, compression: str, row_group_rows: int, job: SinkJob) -> None:
        super().__init__(ParquetFormat(compression, row_group_rows), "parts", job)
        self._mode: IfExists = "replace" if job.overwrite else if_exists
        self._number = 0
        self._committed: dict[Table, int] = {}

    @abstractmethod
    def _connect(self) -> LakeTables:
        """The tables."""

    def _all_tables(self) -> tuple[Table, ...]:
        return (*self._job.tables, *self._job.extra)

    def _names(self, table: str) -> list[str]:
        if self._in_parts(table):
            return [self._part_name(table, block) for block in range(self._job.blocks)]
        return [f"{table}/data/{self._number:05d}{self._format.suffix}"]

    def _part_name(self, table: str, block: int) -> str:
        return f"{table}/data/{self._number:05d}-{block:05d}{self._format.suffix}"

    def check(self) -> None:
        """Asks the store and the tables whether this run may write here."""
        tables = self._all_tables()
        with self._explaining(RefusedError, "look into the tables of"):
            lake = self._connect()
            found = {table.name: schema for table in tables if (schema := lake.schema(table.name)) is not None}
            self._number = 1 + max(lake.version(table.name) for table in tables)
        if found and self._mode == "fail":
            message = "--overwrite replaces its rows, if_exists=append adds to them, or choose another uri"
            raise RefusedError(f"{self.uri} already holds a table {min(found)!r}: {message}")
        if self._mode == "append" or not lake.reshapes:
            for table in tables:
                _require_shape(self.uri, table, found.get(table.name))
        names = [name for table in tables for name in self._names(table.name)]
        self._store.check(names, overwrite=self._mode != "fail")

    def commit(self, manifest: bytes) -> None:
        """Publishes the files, commits each table, and writes the manifest."""
        before = self._store.read_manifest() if self._mode != "fail" else None
        replaced = _files_of_another_kind(before, json.loads(manifest)["sink"]["kind"])
        self._publish(manifest, replaced=replaced, between=self._commit_tables)

    def _commit_tables(self) -> None:
        with self._explaining(RunError, "commit to the tables of"):
            lake = self._connect()
            for table in self._all_tables():
                version = lake.version(table.name)
                lake.add(table, [self._describe(f) for f in self._staged[table.name]], replace=self._mode == "replace")
                self._committed[table] = version

    def _describe(self, staged: Staged) -> DataFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with self._store.open_reader(staged.name) as stream:
            rows = pq.read_metadata(pa.PythonFile(stream, mode="r")).num_rows
        return DataFile(staged.name, staged.bytes, rows)

    def abort(self) -> None:
        """Takes back the commits of a commit that failed half-way, and the files."""
        try:
            with self._explaining(RunError, "take back the commits to"):
                for table, version in self._committed.items():
                    self._connect().take_back(table, version)
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


def _require_shape(uri: str, table: Table, found: "pa.Schema | None") -> None:
    """Refuses to add rows of other columns than a table has."""
    if found is None:
        return
    here = [f"{name} {_family(kind)}" for name, kind in zip(found.names, found.types, strict=True)]
    wanted = [f"{name} {_family(kind)}" for name, kind in zip(table.schema.names, table.schema.types, strict=True)]
    if here != wanted:
        message = f"its columns are {', '.join(here)}, those of this run {', '.join(wanted)}"
        raise RefusedError(f"cannot write to {uri}: table {table.name!r} has another shape: {message}")


def _family(kind: Any) -> str:
    """A type's name, where table formats may know fewer: no small integers, texts of any length."""
    name = str(kind).replace("large_", "")
    return "int" if name in ("int8", "int16", "int32") else "text" if name in ("string", "string_view") else name


def _files_of_another_kind(manifest: bytes | None, kind: str) -> list[str]:
    """The files of a run that another kind of sink wrote here; those of a table's earlier versions are the table's."""
    try:
        content = json.loads(manifest or b"{}")
        if content["sink"]["kind"] == kind:
            return []
        return [str(file["name"]) for table in content["tables"].values() for file in table["files"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
