"""Sinks that write files: one lifecycle for every format and store."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synth.contracts.sink import ONCE, Receipt, SinkJob
from synth.contracts.store import Staged, Staging, Upload
from synth.sinks.card import stage, write_card
from synth.sinks.descriptions import describe, descriptions_of, names_of_descriptions
from synth.sinks.partitions import split
from synth.sinks.places import BESIDE, PARTITION, LocalPlace, RunFolder, parse_uri, run_folder
from synth.sinks.s3_options import S3Options
from synth.sinks.stores import open_store
from synth.sinks.targets import ContinuedFormat, Counter, FileFormat, TableFile
from synth.tables.split import KEY, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from synth.tables.batch import Batch

Layout = Literal["file", "parts"]

_MAIN = "transactions"

#: Rows encoded at a time of the tables that come once: they may be larger than any block.
_EXTRA_ROWS = 131_072


class FileSink:
    """Writes each table into a folder of its own, of the transactions a file a block; or, with the layout ``file``, the
    transactions into one file, alone in the place, and the other tables into ``_truth/``.

    Args:
        folder: whether a run has a folder of its own below the place, in which all this stands.
        partition_by: keys by which a block's transactions come into files in folders of their own, with ``parts``.
        s3: how objects are put into a bucket; None: as the bucket says.
        split: parts of the transactions by time, each a file named by it, or with ``parts`` in a folder of its own.
        describe: whether descriptions for machines stand beside the data card.

    Attributes:
        keeps_keys: whether files of partitions hold the values that their folders are named after, too.
    """

    keeps_keys: ClassVar[bool] = False

    def __init__(
        self,
        file_format: FileFormat,
        layout: Layout,
        job: SinkJob,
        folder: RunFolder = "auto",
        partition_by: "Sequence[str]" = (),
        s3: S3Options | None = None,
        split: Split | None = None,
        describe: bool = False,
    ) -> None:
        self.uri = job.uri
        self._format, self._job = file_format, job
        self._store = open_store(job.uri, BESIDE if layout == "file" else "", run_folder=folder, s3=s3)
        self._layout, self._partition_by = layout, tuple(partition_by)
        self._split, self._closed = split or Split(), 0
        self._described, self._descriptions = describe, list[Staged]()
        self._open: dict[tuple[str, str], tuple[Upload, TableFile]] = {}
        self._growing = {table.name for table in job.tables if table.facts.grows}
        self._staged: dict[str, list[Staged]] = {table.name: [] for table in (*job.tables, *job.extra)}

    def __getstate__(self) -> dict[str, Any]:
        """What a worker in another process needs to write: the open files stay with the driver."""
        return self.__dict__ | {"_open": {}}

    @property
    def grows(self) -> bool:
        """Whether all blocks go into one file a table."""
        return self._layout == "file"

    def lost(self) -> str:
        """Why a file that grows cannot be cut back to a block: the format or the store."""
        if not self.grows:
            return ""
        if not isinstance(self._format, ContinuedFormat) or not self._format.continues:
            return f"one {self._format.suffix} file cannot go on where it stopped"
        if self._split.names:
            return "files of parts by time cannot go on where they stopped"
        return "" if isinstance(parse_uri(self.uri), LocalPlace) else "one file in an object store cannot grow"

    def check(self) -> None:
        """Asks the store whether this run may write here."""
        names = [name for table in (*self._job.tables, *self._job.extra) for name in self._names(table.name)]
        if self._described:
            names += names_of_descriptions(BESIDE if self._layout == "file" else "", self._format.suffix)
        self._store.check(names, overwrite=self._job.overwrite)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Encodes the rows into nothing and counts the bytes."""
        counter = Counter()
        for batch in batches.values():
            file = self._format.open_file(batch.table, counter)
            file.append(self._format.encode(batch))
            file.close()
        return counter.bytes

    def _stems(self, table: str) -> "Sequence[str]":
        """What the files are called, but for their suffix, of a table whose blocks share files."""
        return self._split.names if table == _MAIN and self._split.names else [table]

    def _names(self, table: str) -> list[str]:
        if self._layout == "file":
            folder = "" if table == _MAIN else BESIDE
            return [f"{folder}{stem}{self._format.suffix}" for stem in self._stems(table)]
        return [self._part_name(table, part) for part in range(self._job.blocks if self._in_parts(table) else 1)]

    def _in_parts(self, table: str) -> bool:
        """Whether each block writes a file of the table; the others are one file, to which the driver appends."""
        return self._layout == "parts" and table in self._growing

    def _part_name(self, table: str, block: int, folder: str = "") -> str:
        digits = max(5, len(str(self._job.blocks - 1)))
        return f"{table}/{folder}part-{block:0{digits}d}{self._format.suffix}"

    def _partitions(self, batch: "Batch") -> "Iterator[tuple[str, Batch]]":
        """The files that a block's rows come into: the folder of each, with a slash, and its rows."""
        if batch.table.name != _MAIN:
            yield "", batch
            return
        for name, rows in self._split.pieces(batch) if self._split.names else [("", batch)]:
            above = f"{KEY}{PARTITION}{name}/" if name else ""
            if not self._partition_by:
                yield above, rows
                continue
            parts = split(rows, self._partition_by, keep=self.keeps_keys)
            yield from ((f"{above}{folder}/", part) for folder, part in parts)

    def _encode(self, batch: "Batch") -> list[tuple[str, Any]]:
        """What of a block's rows goes into which shared file."""
        own = batch.table.name == _MAIN and self._split.names
        pieces = self._split.pieces(batch) if own else [(batch.table.name, batch)]
        return [(stem, self._format.encode(piece)) for stem, piece in pieces]

    def open(self, extra: "Sequence[Batch]") -> None:
        """Starts the store and writes the tables that come once."""
        self._store.start()
        self.collect(self.write_once(extra))

    def join(self, staging: str, *, shared: bool) -> Staging:
        """Starts the store in a staging that may be there."""
        self._store.start(staging, shared=shared)
        return self._store.staging()

    def write_once(self, extra: "Sequence[Batch]") -> Receipt:
        """Writes the tables that come once, some rows at a time."""
        files = [self._write_file(self._names(batch.table.name)[0], batch, _EXTRA_ROWS) for batch in extra]
        return Receipt(ONCE, tuple(files), {})

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Writes the block's own files and encodes what goes into shared ones."""
        staged, payloads = [], {}
        for name, batch in batches.items():
            if self._in_parts(name):
                for folder, part in self._partitions(batch):
                    file = self._part_name(name, block, folder)
                    staged.append(self._write_file(file, part, max(1, part.native.num_rows)))
            else:
                payloads[name] = self._encode(batch)
        return Receipt(block, tuple(staged), payloads)

    def _write_file(self, name: str, batch: "Batch", at_once: int) -> Staged:
        upload = self._store.create(name)
        try:
            file = self._format.open_file(batch.table, upload)
        except BaseException:
            upload.abort()
            raise
        try:
            for piece in batch.pieces(at_once):
                file.append(self._format.encode(piece))
            file.close()
            return upload.close()
        except BaseException:
            file.abort()
            upload.abort()
            raise

    def recall(self, block: int, staged: "Sequence[Staged]", batches: "Mapping[str, Batch]") -> Receipt:
        """Encodes once more what goes into shared files; a file that grows has it already."""
        payloads = {} if self.grows else {name: self._encode(batch) for name, batch in batches.items()}
        return Receipt(block, tuple(staged), payloads)

    def collect(self, receipt: Receipt) -> None:
        """Appends the block to the shared files."""
        for staged in receipt.staged:
            self._staged[self._table_of(staged.name)].append(staged)
        for name, pieces in receipt.payloads.items():
            for stem, payload in pieces:
                self._close_before(name, stem)
                self._shared(name, stem)[1].append(payload)

    def _close_before(self, table: str, stem: str) -> None:
        """Closes the parts before one, those without a row, too: time does not come back."""
        while table == _MAIN and self._split.names and self._split.names[self._closed] != stem:
            self._close(table, self._split.names[self._closed])
            self._closed += 1

    def _close(self, table: str, stem: str) -> None:
        upload, file = self._shared(table, stem)
        file.close()
        self._staged[table].append(upload.close())
        del self._open[table, stem]

    def _table_of(self, name: str) -> str:
        """The table that a file is of, in a run's folder, too."""
        name = name.removeprefix(run_folder([name]))
        if not self.grows:
            return name.partition("/")[0]
        return name.removeprefix(BESIDE).removesuffix(self._format.suffix) if name.startswith(BESIDE) else _MAIN

    def _shared(self, name: str, stem: str) -> tuple[Upload, TableFile]:
        """A file to which blocks are added, begun when its first rows come."""
        if (name, stem) not in self._open:
            table = next(table for table in self._job.tables if table.name == name)
            upload = self._store.create(dict(zip(self._stems(name), self._names(name), strict=False))[stem])
            try:
                self._open[name, stem] = (upload, self._format.open_file(table, upload))
            except BaseException:
                upload.abort()
                raise
        return self._open[name, stem]

    def growth(self) -> tuple[Staged, ...]:
        """How far each shared file is."""
        return tuple(upload.so_far() for upload, _ in self._open.values())

    def regrow(self, growth: "Sequence[Staged]") -> bool:
        """Opens the shared files again, as they were."""
        assert isinstance(self._format, ContinuedFormat), "asked only where nothing is lost"
        for staged in growth:
            table = next(table for table in self._job.tables if table.name == self._table_of(staged.name))
            upload = self._store.reopen(staged)
            if upload is None:
                return False
            self._open[table.name, table.name] = (upload, self._format.continue_file(table, upload))
        return True

    def finish(self) -> dict[str, list[Staged]]:
        """Closes the shared files, those without a row, too."""
        for table in self._job.tables:
            if not self._in_parts(table.name):
                stem = self._stems(table.name)[-1]
                self._close_before(table.name, stem)
                self._close(table.name, stem)
        return self._staged

    def commit(self, manifest: bytes) -> None:
        """Publishes all files; those of a replaced run go away."""
        earlier = self._store.read_manifest() if self._job.overwrite else None
        self._publish(manifest, replaced=files_of(earlier))

    def _publish(
        self, manifest: bytes, *, replaced: "Sequence[str]", between: "Callable[[], None] | None" = None
    ) -> None:
        card = write_card(manifest)
        if self._described:
            tables = {table.name: table for table in (*self._job.tables, *self._job.extra)}
            self._descriptions = [stage(self._store, n, text) for n, text in describe(manifest, tables).items()]
        self._store.publish(self._all_staged(), manifest, card=card, replaced=replaced, between=between)

    def abort(self) -> None:
        """Takes back open and staged files."""
        for upload, file in self._open.values():
            with suppress(Exception):
                file.abort()
            upload.abort()
        self._open.clear()
        self._store.discard(self._all_staged())

    def leave(self) -> None:
        """Takes back open files, but those that grow, and leaves the staged ones."""
        for upload, file in self._open.values():
            with suppress(Exception):
                file.abort()
                if self.grows:
                    upload.close()
            if not self.grows:
                upload.abort()
        self._open.clear()
        self._store.leave()

    def _all_staged(self) -> list[Staged]:
        return [*self._descriptions, *(staged for files in self._staged.values() for staged in files)]


def files_of(manifest: bytes | None) -> list[str]:
    """The files that an earlier run's manifest tells of; none when it cannot be read."""
    try:
        content = json.loads(manifest or b"{}")
        names = [str(file["name"]) for table in content.get("tables", {}).values() for file in table["files"]]
        return [*names, *descriptions_of(content)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
