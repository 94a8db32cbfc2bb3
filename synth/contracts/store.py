"""The contract of a store: the files of one run, staged and then published together, or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Buffer


@dataclass(frozen=True)
class Staged:
    """A file that is complete and that no reader sees yet. Small and picklable: a worker sends it to the driver.

    Attributes:
        name: the file's name below the store's uri.
        bytes: its size.
        sha256: hex digest of its content.
        upload_id: which of several attempts at the file this is; S3's own id there.
        etags: what S3 needs to complete the upload; empty for a directory.
    """

    name: str
    bytes: int
    sha256: str
    upload_id: str
    etags: tuple[str, ...] = ()


class Upload(Protocol):
    """The writer of one staged file. Only one thread at a time writes to it."""

    def write(self, data: Buffer) -> None:
        """Append anything that offers contiguous bytes; the caller may reuse the buffer afterwards.

        Raises:
            RunError: the place does not take the bytes (full disk, lost connection).
        """

    def so_far(self) -> Staged:
        """What was written so far, as `close` would tell it now."""

    def close(self) -> Staged:
        """Complete the file, still invisible.

        Raises:
            RunError: as `write`.
        """

    def abort(self) -> None:
        """Take back what was written; never raises for a place that is gone, and may be called at any time."""


class Source(Protocol):
    """What can be read of a place, whether files stand there or something that only looks like files."""

    def read_manifest(self) -> bytes | None:
        """The manifest of the run that is here, or None.

        Raises:
            RefusedError: the place cannot be read.
        """

    def list_files(self) -> dict[str, int]:
        """The visible files with their sizes in bytes.

        Raises:
            RefusedError: the place cannot be read.
        """

    def open_reader(self, name: str) -> BinaryIO:
        """A stream of one visible file; seekable where it is a file.

        Raises:
            RefusedError: there is no such file, or the place cannot be read.
        """


class TableSource(ABC):
    """A ``Source`` that holds tables and no files, such as topics: the manifest names no file, and the place tells
    under which name it gives the rows of a table, as if they lay in one.
    """

    @abstractmethod
    def read_manifest(self) -> bytes | None:
        """As that of a ``Source``."""

    def list_files(self) -> dict[str, int]:
        """Nothing: no reader takes a file here for a part of a table."""
        return {}

    @abstractmethod
    def name_of(self, table: str) -> str:
        """What ``open_reader`` takes for a table that is here; it ends as a file's name does that tells its format."""

    @abstractmethod
    def lacks(self, table: str) -> str:
        """Why a table that was made cannot be read here, through nobody's fault; empty where it can."""

    @abstractmethod
    def open_reader(self, name: str) -> BinaryIO:
        """The rows of a table in the order in which they were made.

        Raises:
            RefusedError: they are not here, or the place cannot be read.
        """

    @abstractmethod
    def checks(self) -> Iterator[tuple[str, bool | None, str]]:
        """What there is to check beside the rows, asked when all tables were read: what was checked, whether it holds,
        None where it could not be checked, and one line that says what was found.
        """


class Staging(Protocol):
    """What a place keeps of a run that is not published: small entries, each put there whole and once. It pickles."""

    @property
    def id(self) -> str:
        """Names what decides the staged bytes."""

    def put(self, name: str, content: bytes) -> bool:
        """Put an entry there if there is none of that name; False where there is one, which stays.

        Raises:
            RunError: the place does not take it.
        """

    def drop(self, names: Iterable[str]) -> None:
        """Remove entries; those that are gone already are fine.

        Raises:
            RunError: the place refuses.
        """

    def read(self, name: str) -> bytes | None:
        """An entry, or None.

        Raises:
            RefusedError: the place cannot be read.
        """

    def list(self, folder: str) -> set[str]:
        """The names of the entries in a folder, e.g. `receipts`, without it.

        Raises:
            RefusedError: the place cannot be read.
        """

    def holds(self, staged: Staged) -> bool:
        """Whether a staged file is there as it was when it was completed. Reads it, where the place tells no digest."""

    def remove(self) -> None:
        """Take everything back, staged files too.

        Raises:
            RunError: the place refuses.
        """


class Store(Source, Protocol):
    """A place for the files of one run: all of them become visible by `publish`, or none.

    The calls of a run: `check`, `start`, `create` per file, then `publish`, `discard` or `leave`. A store pickles: a
    copy in a worker only creates files; starting, publishing and cleaning up stay with the driver. Credentials are
    never part of it.
    """

    uri: str

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        """Find out, before any work and without leaving a trace, whether this run may write here.

        Args:
            names: every file that the run will publish, manifest and card excepted; of those in folders of partitions
                what they would be called without these.
            overwrite: whether a run that is already here may be replaced.

        Raises:
            RefusedError: the place cannot be reached or written, or holds a run or one of the files. A part counts
                as held when any `part-*` stands beside it, or in a folder of partitions, `key=value/`, since a reader
                takes all of them as one table.
        """

    def start(self, staging: str = "", *, shared: bool = False) -> None:
        """Prepare for staging, and take back what a dead run left of the files that `check` was told.

        Args:
            staging: the id of a staging to begin or to go on with: what is in it stays. Empty for a fresh one.
            shared: whether others may write to the same staging meanwhile.

        Raises:
            RefusedError: as `check`; in a directory also when a living run is writing there.
        """

    def staging(self) -> Staging:
        """The staging, once it was started."""

    def reopen(self, staged: Staged) -> Upload | None:
        """Go on with a file that was written to in the staging: cut it back to what it was, if it was that.

        Returns:
            None where it is not there any more as it was, or where files do not grow.
        """

    def leave(self) -> None:
        """Let go of the place, and leave what is staged; never raises for a place that is gone."""

    def create(self, name: str) -> Upload:
        """Begin a file that nobody sees. Threads may call it at once for different names.

        Raises:
            RunError: the place does not take it.
        """

    def publish(
        self,
        staged: Sequence[Staged],
        manifest: bytes,
        *,
        replaced: Sequence[str],
        card: bytes | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        """Make this the run that readers find by the manifest, in place of the one that is there. No staging is left.

        Whoever dies on the way, or fails, leaves the old run or the new one, whole. Call `discard` after an error.

        Args:
            staged: every file of the run.
            manifest: content of the manifest.
            replaced: the files that the replaced run's manifest names; those not written anew are removed.
            card: content of the data card; None for none.
            between: is called when all files with new names are in place, before any of the old run is touched.

        Raises:
            RunError: the place failed, or another run has published here in the meantime.
        """

    def discard(self, staged: Sequence[Staged]) -> None:
        """Take back the staged files, what a failed `publish` made visible, and what `start` created.

        Never raises for a place that is gone (it logs what remains), may be called twice, and does nothing after
        a `publish` that went well. On a worker's copy it takes back its own files only.
        """
