"""What a directory keeps of a run that is not published, and who may write there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EACCES, EAGAIN, EEXIST, ENOLCK, ENOSYS, ENOTSUP, EPERM
from typing import TYPE_CHECKING

from synth.errors import RefusedError, RunError
from synth.sinks.journal import settle
from synth.sinks.places import STAGING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from synth.contracts.store import Staged

LOCK = f"{STAGING}lock"
RECIPE = "recipe.json"
"""What says of a staging whose it is; one without it is a single process's, and dead when that is."""
RECEIPTS = "receipts"
"""The folder of the receipts, each named by its block."""


@dataclass(frozen=True)
class LocalStaging:
    """A hidden directory below a place.

    Attributes:
        root: the place.
        folder: its name below the place.
    """

    uri: str
    root: Path
    folder: str

    @property
    def id(self) -> str:
        """What its name says behind the mark of every hidden entry."""
        return self.folder.removeprefix(STAGING)

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root / self.folder

    def put(self, name: str, content: bytes) -> bool:
        target = self.path / name
        beside = target.parent / f".{target.name}.{os.urandom(4).hex()}"
        with self._explaining():
            target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            try:
                return _linked(beside, target)
            finally:
                beside.unlink()

    def drop(self, names: Iterable[str]) -> None:
        with self._explaining():
            for name in names:
                (self.path / name).unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RefusedError(f"cannot read {self.folder}/{name} of {self.uri}: {error.strerror or error}") from error

    def list(self, folder: str) -> set[str]:
        try:
            return {entry.name for entry in (self.path / folder).iterdir() if not entry.name.startswith(".")}
        except (FileNotFoundError, NotADirectoryError):
            return set()
        except OSError as error:
            raise RefusedError(f"cannot list {self.folder} of {self.uri}: {error.strerror or error}") from error

    def holds(self, staged: Staged) -> bool:
        path = self.path / f"{staged.name}.{staged.upload_id}"
        try:
            if path.stat().st_size != staged.bytes:
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == staged.sha256
        except OSError:
            return False

    def remove(self) -> None:
        with self._explaining(), suppress(FileNotFoundError):
            # The recipe last: what is left of a removal that dies is still somebody's, and can be cleaned away.
            for entry in sorted(self.path.iterdir(), key=lambda entry: entry.name == RECIPE):
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            self.path.rmdir()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"cannot write {self.folder} of {self.uri}: {error.strerror or error}; make room there"
            raise RunError(message) from error


def _linked(beside: Path, target: Path) -> bool:
    """Gives a whole file its name, if nobody has it; on file systems without links it may be seen half-written, which
    the digest in it tells.
    """
    try:
        os.link(beside, target)
    except OSError as error:
        if error.errno == EEXIST:
            return False
        if error.errno not in {EPERM, ENOSYS, ENOTSUP}:
            raise
        try:
            with target.open("xb") as file:
                file.write(beside.read_bytes())
        except FileExistsError:
            return False
    return True


class Lock:
    """Who may write into a directory: one run alone, or several that share one staging.

    It is a lock of the kernel on `.synth-lock`, which dies with the process. Runs that share it do without where the
    file system has none: nothing of theirs rests on it.
    """

    def __init__(self, root: Path, uri: str) -> None:
        self._path, self._uri = root / LOCK, uri
        self._file: int | None = None
        self._made: list[Path] = []

    @property
    def held(self) -> bool:
        """Whether it was taken and not given back."""
        return self._file is not None

    def take(self, *, shared: bool) -> None:
        """Makes the directory and locks it; a lock file that vanished under our hands is somebody's who just left.

        Raises:
            RefusedError: somebody else has it.
            OSError: the directory cannot be made.
        """
        root = self._path.parent
        while self._file is None:
            self._made += [p for p in (root, *root.parents) if not p.exists() and p not in self._made]
            root.mkdir(parents=True, exist_ok=True)
            try:
                file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except FileNotFoundError:
                continue
            try:
                self._flock(file, shared=shared)
                if self._path.exists() and os.path.samestat(os.fstat(file), self._path.stat()):
                    self._file, file = file, -1
            finally:
                if file >= 0:
                    os.close(file)

    def _flock(self, file: int, *, shared: bool) -> None:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {EAGAIN, EACCES}:
                message = f"another run is writing to {self._uri}: wait until it has ended, or choose another uri"
                raise RefusedError(message) from error
            if not (shared and error.errno in {ENOLCK, ENOSYS, ENOTSUP}):
                raise

    def give_back(self) -> None:
        """Removes the lock, unless somebody shares it, and the directories made for the run that are empty."""
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path.unlink(missing_ok=True)
        except OSError:
            pass
        os.close(self._file)
        self._file = None
        for path in self._made:
            with suppress(OSError):
                path.rmdir()
        self._made = []

    def keep_directories(self) -> None:
        """Lets the directories made for the run stay."""
        self._made = []


def stagings_in(uri: str, root: Path) -> list[LocalStaging]:
    """The stagings below a place that say whose they are.

    Raises:
        RefusedError: the place cannot be read.
    """
    try:
        return [LocalStaging(uri, root, path.parent.name) for path in sorted(root.glob(f"{STAGING}*/{RECIPE}"))]
    except OSError as error:
        raise RefusedError(f"cannot look into {uri}: {error.strerror or error}; is it the right place?") from error


def clear_dead(root: Path) -> None:
    """Removes the stagings of single processes, none of which lives while somebody has the lock alone."""
    for dead in root.glob(f"{STAGING}*"):
        if dead.is_dir() and not (dead / RECIPE).exists():
            shutil.rmtree(dead)


def clean(uri: str, root: Path) -> None:
    """Removes all that unfinished runs have left in a place.

    Raises:
        RefusedError: somebody is writing there, or it cannot be removed.
    """
    if not root.is_dir():
        return
    lock = Lock(root, uri)
    try:
        lock.take(shared=False)
        settle(root, uri)  # what a journal says needs what is staged
        for staging in stagings_in(uri, root):
            staging.remove()
        clear_dead(root)
    except OSError as error:
        raise RefusedError(f"cannot clean {uri}: {error.strerror or error}") from error
    finally:
        lock.give_back()
