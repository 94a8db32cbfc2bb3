"""What files are written through: formats, targets of bytes, and the file object that Arrow's writers want."""

import io
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from synth.tables.table import Table

if TYPE_CHECKING:
    from synth.tables.batch import Batch


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


@runtime_checkable
class ContinuedFormat(Protocol):
    """A format whose files can go on where another process stopped, between two blocks."""

    @property
    def continues(self) -> bool:
        """Whether they can as it is configured: what was appended is in the target at once, and nothing else counts."""

    def continue_file(self, table: Table, target: Target) -> TableFile:
        """Goes on with a file that ``open_file`` began."""


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
