"""Sinks that write files: one lifecycle for every format and store."""

import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from synth.contracts.sink import Receipt, SinkJob
from synth.contracts.store import Staged, Upload
from synth.sinks.card import write_card
from synth.sinks.places import BESIDE
from synth.sinks.stores import open_store
from synth.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synth.tables.batch import Batch

Layout = Literal["file", "parts"]

_MAIN = "transactions"

#: Rows encoded at a time of the tables that come once: they may be larger than any block.
_EXTRA_ROWS = 131_072


class Target(Protocol):
    """What takes the bytes of a file: an upload, or a counter."""

    def write(self, data: Any) -> None:
        """Appends anything that offers contiguous bytes."""


class TableFile(Protocol):
    """One file of a table, written block by block in order."""

    def append(self, payload: Any) -> None:
        """Adds what ``FileFormat.encode`` made of a block."""

    def close(self) -> None:
        """Writes what belongs at the end; the target stays open."""

    def abort(self) -> None:
        """Writes nothing more; never raises."""


class FileFormat(Protocol):
    """How a table becomes a file."""

    @property
    def suffix(self) -> str:
        """File name extension, with its dot."""

    def encode(self, batch: "Batch") -> Any:
        """What a worker makes of a block alone."""

    def open_file(self, table: Table, target: Target) -> TableFile:
        """Begins a file."""


class FileSink:
    """Writes each table into a folder of its own, of the transactions a file a block; or, with the layout ``file``, the
    transactions into one file, alone in the place, and the other tables into ``_truth/``.

    Attributes:
        folders: whether a run that replaces another one in a bucket may have a folder of its own.
    """

    folders: ClassVar[bool] = True

    def __init__(self, file_format: FileFormat, layout: Layout, job: SinkJob) -> None:
        self.uri = job.uri
        self._format, self._job = file_format, job
        self._store = open_store(job.uri, BESIDE if layout == "file" else "", folders=self.folders)
        self._layout = layout
        self._open: dict[str, tuple[Upload, TableFile]] = {}
        self._staged: dict[str, list[Staged]] = {table.name: [] for table in (*job.tables, *job.extra)}

    def __getstate__(self) -> dict[str, Any]:
        """What a worker in another process needs to write: the open files stay with the driver."""
        return self.__dict__ | {"_open": {}}

    def check(self) -> None:
        """Asks the store whether this run may write here."""
        names = [name for table in (*self._job.tables, *self._job.extra) for name in self._names(table.name)]
        self._store.check(names, overwrite=self._job.overwrite)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Encodes the rows into nothing and counts the bytes."""
        counter = Counter()
        for batch in batches.values():
            file = self._format.open_file(batch.table, counter)
            file.append(self._format.encode(batch))
            file.close()
        return counter.bytes

    def _names(self, table: str) -> list[str]:
        if self._layout == "file":
            return [f"{'' if table == _MAIN else BESIDE}{table}{self._format.suffix}"]
        return [self._part_name(table, part) for part in range(self._job.blocks if self._in_parts(table) else 1)]

    def _in_parts(self, table: str) -> bool:
        """Whether each block writes a file of the table; the others are one file, to which the driver appends."""
        return self._layout == "parts" and table == _MAIN

    def _part_name(self, table: str, block: int) -> str:
        digits = max(5, len(str(self._job.blocks - 1)))
        return f"{table}/part-{block:0{digits}d}{self._format.suffix}"

    def open(self, extra: "Sequence[Batch]") -> None:
        """Starts the store and writes the tables that come once."""
        self._store.start()
        for batch in extra:
            self._begin(batch.table)
            for piece in batch.pieces(_EXTRA_ROWS):
                self._open[batch.table.name][1].append(self._format.encode(piece))
        for table in self._job.tables:
            if not self._in_parts(table.name):
                self._begin(table)

    def _begin(self, table: Table) -> None:
        upload = self._store.create(self._names(table.name)[0])
        try:
            self._open[table.name] = (upload, self._format.open_file(table, upload))
        except BaseException:
            upload.abort()
            raise

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Writes the block's own files and encodes what goes into shared ones."""
        staged, payloads = [], {}
        for name, batch in batches.items():
            if self._in_parts(name):
                staged.append(self._write_part(self._part_name(name, block), batch))
            else:
                payloads[name] = self._format.encode(batch)
        return Receipt(block, tuple(staged), payloads)

    def _write_part(self, name: str, batch: "Batch") -> Staged:
        upload = self._store.create(name)
        file = self._format.open_file(batch.table, upload)
        try:
            file.append(self._format.encode(batch))
            file.close()
            return upload.close()
        except BaseException:
            file.abort()
            upload.abort()
            raise

    def collect(self, receipt: Receipt) -> None:
        """Appends the block to the shared files."""
        self._staged[_MAIN] += receipt.staged
        for name, payload in receipt.payloads.items():
            self._open[name][1].append(payload)

    def finish(self) -> dict[str, list[Staged]]:
        """Closes the shared files."""
        for name, (upload, file) in self._open.items():
            file.close()
            self._staged[name].append(upload.close())
        self._open.clear()
        return self._staged

    def commit(self, manifest: bytes) -> None:
        """Publishes all files; those of a replaced run go away."""
        earlier = self._store.read_manifest() if self._job.overwrite else None
        self._publish(manifest, replaced=files_of(earlier))

    def _publish(
        self, manifest: bytes, *, replaced: "Sequence[str]", between: "Callable[[], None] | None" = None
    ) -> None:
        card = write_card(manifest)
        self._store.publish(self._all_staged(), manifest, card=card, replaced=replaced, between=between)

    def abort(self) -> None:
        """Takes back open and staged files."""
        for upload, file in self._open.values():
            with suppress(Exception):
                file.abort()
            upload.abort()
        self._open.clear()
        self._store.discard(self._all_staged())

    def _all_staged(self) -> list[Staged]:
        return [staged for files in self._staged.values() for staged in files]


def files_of(manifest: bytes | None) -> list[str]:
    """The files that an earlier run's manifest names; none when it cannot be read."""
    try:
        tables = json.loads(manifest or b"{}").get("tables", {})
        return [str(file["name"]) for table in tables.values() for file in table["files"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


class Counter:
    """Bytes that go nowhere but into a sum."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: Any) -> None:
        """Counts."""
        self.bytes += memoryview(data).nbytes


class TargetStream(io.RawIOBase):
    """A target as the file object that Arrow's writers want; closing it leaves the target open."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._position = 0
        self._dropped = False

    def drop(self) -> None:
        """Swallows what Arrow still writes, for an Arrow writer that is given up writes its end all the same."""
        self._dropped = True

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes written so far."""
        return self._position

    def write(self, data: Any) -> int:
        """Appends to the target."""
        size = memoryview(data).nbytes
        if not self._dropped:
            self._target.write(data)
        self._position += size
        return size
