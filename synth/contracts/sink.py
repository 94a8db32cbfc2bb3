"""The contract of a sink: staged per block, committed once, or taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from synth.contracts.overridable import overridable
from synth.contracts.store import Staged
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
