"""The contract of a sink: staged per block, committed once, or taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol

from synth.contracts.store import Source, Staged
from synth.tables.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.contracts.output import ColumnEntry
    from synth.tables.batch import Batch


@dataclass(frozen=True)
class SinkJob:
    """What a sink is told before a run.

    Attributes:
        uri: where to write.
        tables: the tables that blocks add to, ``transactions`` first.
        extra: tables that come once, before the first block, e.g. ``holders``.
        blocks: number of blocks.
        overwrite: whether a run that is already there may be replaced.
        part, parts: which part of a stream this is, from 0, and of how many; side tables come with the first.
    """

    uri: str
    tables: tuple[Table, ...]
    extra: tuple[Table, ...]
    blocks: int
    overwrite: bool
    part: int = 0
    parts: int = 1


@dataclass(frozen=True)
class Receipt:
    """What a worker has staged of one block, and what the driver is to add in block order.

    Attributes:
        block: index of the block.
        staged: files that are complete.
        payloads: table name → what ``collect`` appends to the table's single file.
    """

    block: int
    staged: tuple[Staged, ...]
    payloads: Mapping[str, Any]


class Sink(Protocol):
    """Where the tables go. Nothing is visible to a reader before ``commit``; nothing staged is left after ``abort``.

    The factory touches nothing. A run calls ``check`` on all sinks, then ``open``, ``write`` per block on any worker
    in any order, ``collect`` per receipt on the driver in block order, ``finish``, and ``commit``; or, at any moment,
    ``abort``.

    A sink class that says ``uri_is_place = True`` takes a directory or ``s3://bucket/prefix`` for itself: a uri that is
    neither, and two sinks in one place, are then refused with the configuration.

    Attributes:
        uri: where it writes, as the manifest's readers find it.
    """

    uri: str

    def check(self) -> None:
        """Finds out whether this run may write here, and leaves no trace.

        Raises:
            RefusedError: the place cannot be reached or written, or holds another run.
        """

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Bytes that these rows would take, for a forecast; touches nothing."""

    def open(self, extra: "Sequence[Batch]") -> None:
        """Prepares the place and writes the tables that come once."""

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Stages or encodes one block; idempotent.

        Behind the last block there may be one more, of rows that only the end of a run knows: it has no transactions,
        and only some of the other tables.
        """

    def collect(self, receipt: Receipt) -> None:
        """Takes a block's receipt, in block order."""

    def finish(self) -> Mapping[str, Sequence[Staged]]:
        """Completes everything, still invisible, and tells the files of each table; tables may share one."""

    def commit(self, manifest: bytes) -> None:
        """Makes everything visible, the manifest last."""

    def abort(self) -> None:
        """Takes everything back; may be called at any time, and more than once."""


class Readable(Protocol):
    """What the class of a sink also offers when its files are neither CSV, JSON lines nor Parquet.

    ``synth verify`` and ``to_pandas`` find it by the sink's kind in the manifest. It should share no code with what
    wrote the file: a check that makes the writer's mistake again finds nothing.
    """

    @staticmethod
    def read(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
        """The rows of a table in the file, in order, some at a time, with the types and nulls that the manifest names.

        Whatever it raises is taken for a damaged file.

        Args:
            stream: the file, seekable; where it lies on a disk here, ``stream.name`` is its path.
            columns: the manifest's entries for the table: name, source, type, nullable, format.
        """


class Addressed(Readable, Protocol):
    """What the class of a sink also offers when it writes neither to a directory nor to S3, e.g. into a database.

    ``synth verify URI`` and ``to_pandas`` find it by the scheme of the uri. What its ``finish`` names as files are
    streams that ``open_source`` gives back byte by byte.

    Attributes:
        schemes: what such uris begin with, before ``://``.
    """

    schemes: ClassVar[tuple[str, ...]]

    @staticmethod
    def open_source(uri: str) -> Source:
        """The place at a uri, for reading.

        Raises:
            RefusedError: the uri names no place; one that may hold a password is not repeated.
        """
