"""The contract of a sink: staged per block, committed once, or taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from synth.contracts.overridable import overridable
from synth.contracts.store import Staged, Staging
from synth.tables.table import Table

if TYPE_CHECKING:
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
        fingerprint: hex digest of what decides the rows: two jobs that have it in common make the same ones.
        start_s, end_s: the window of the event times, half-open, in seconds since 1970, UTC.
        part, parts: which part of a stream this is, from 0, and of how many; side tables come with the first.
    """

    uri: str
    tables: tuple[Table, ...]
    extra: tuple[Table, ...]
    blocks: int
    overwrite: bool
    part: int = 0
    parts: int = 1
    fingerprint: str = ""
    start_s: int = 0
    end_s: int = 0


#: Stands for the block of the tables that come once, before the first one.
ONCE = -1


@dataclass(frozen=True)
class Receipt:
    """What a worker has staged of one block, and what the driver is to add in block order.

    A sink that keeps its blocks has it in the store, too, as data: the files by name, bytes and sha256, and for the
    payloads the rows that they were made of.

    Attributes:
        block: index of the block; ``ONCE`` for the tables that come once.
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

    What a sink can do beside, its ``synth.SinkSpec`` says.

    Attributes:
        uri: where it writes, as the manifest's readers find it.
    """

    uri = overridable(str)  # type: ignore[misc]

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

        Behind the last block there may be more, of rows that only the end of a run knows: they have no transactions,
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


class KeptSink(Sink, Protocol):
    """A sink whose finished blocks survive the process: ``receipts=True`` in its SinkSpec.

    Instead of ``open`` a run then calls ``join`` and ``write_once``; of a block that is staged already it calls
    ``recall`` instead of ``write``. ``synth.FileSink`` is one.
    """

    @property
    def grows(self) -> bool:
        """Whether its blocks go into one file after the other: such a file is continued by one process alone."""

    def lost(self) -> str:
        """Why its blocks cannot be kept with these settings, for a message; empty where they can."""

    def join(self, staging: str, *, shared: bool) -> Staging:
        """Begins a staging, or goes on with what is in it; what is there stays.

        Args:
            staging: its id.
            shared: whether other processes write other blocks meanwhile.

        Raises:
            RefusedError: as ``check``, or another run is writing there.
        """

    def write_once(self, extra: "Sequence[Batch]") -> Receipt:
        """Stages the tables that come once."""

    def recall(self, block: int, staged: Sequence[Staged], batches: "Mapping[str, Batch]") -> Receipt:
        """The receipt of a block that was staged by another process.

        Args:
            staged: its files.
            batches: the rows that its payloads were made of.
        """

    def growth(self) -> tuple[Staged, ...]:
        """How far each growing file is, behind the blocks that were collected."""

    def regrow(self, growth: Sequence[Staged]) -> bool:
        """Cuts the growing files back to how far they were; False where one of them is not what it was."""

    def leave(self) -> None:
        """Lets go of the place, and leaves what is staged and has a receipt."""
