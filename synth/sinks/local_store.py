"""Files in a local directory: staged below it, moved in by what a journal says."""

from __future__ import annotations

import fcntl
import hashlib
import io
import logging
import os
import shutil
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from typing import TYPE_CHECKING, BinaryIO

from synth.contracts.store import Staged
from synth.errors import RefusedError, RunError, SynthError, shortage
from synth.sinks.card import stage
from synth.sinks.journal import JOURNAL, Journal, read_journal, remove_empty, sync
from synth.sinks.local_reader import LocalReader
from synth.sinks.places import (
    CARD,
    MANIFEST,
    MANIFESTS,
    STAGING,
    LocalPlace,
    families,
    left_of,
    require_names,
    require_vacant,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

log = logging.getLogger(__name__)

LOCK = f"{STAGING}lock"


class LocalStore:
    """A directory. Staged files stand in `.synth-<token>/` below it: the same file system, so that a rename suffices.

    A flock on `.synth-lock` tells a living run's staging from a dead one's; it needs a file system with locks. Both
    entries are gone after `publish` and `discard`. From the moment at which `.synth-journal` stands there the new run
    is the one that is read here, wherever its files are; they are synced before. Whoever finds the journal of a dead
    run ends what it says, or reads by it where he may not write.
    """

    def __init__(self, place: LocalPlace, beside: str = "") -> None:
        self.uri = place.uri
        self._manifest, self._card = beside + MANIFEST, beside + CARD
        self._root = place.path
        self._names: tuple[str, ...] = ()
        self._overwrite = False
        self._staging: Path | None = None
        self._lock: int | None = None
        self._made: list[Path] = []
        self._published: list[str] = []
        self._reader = LocalReader(place)

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_lock": None, "_made": [], "_published": []}

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        require_names(names, self.uri)
        self._names, self._overwrite = (*names, self._card), overwrite
        nearest = self._nearest()
        if not nearest.is_dir():
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not a directory; choose another uri")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not writable; choose another uri")
        with self._explaining(RefusedError, "look into"):
            self._settle()
            self._require_vacant()

    def start(self) -> None:
        with self._explaining(RefusedError, "write to"):
            try:
                self._take_lock()
                if journal := read_journal(self._root, self.uri):
                    journal.carry_out(self._root)
                self._require_vacant()
                for dead in self._root.glob(f"{STAGING}*"):
                    if dead.name != LOCK:
                        shutil.rmtree(dead)
                staging = self._root / f"{STAGING}{os.urandom(8).hex()}"
                staging.mkdir()
            except BaseException:
                self._leave()
                raise
            self._staging = staging

    def create(self, name: str) -> LocalUpload:
        require_names([name], self.uri)
        with self._explaining(RunError, f"write {name} to"):
            upload_id = os.urandom(4).hex()
            path = self._staged(name, upload_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            return LocalUpload(self, name, upload_id, path)

    def read_manifest(self) -> bytes | None:
        self._settle()
        with self._explaining(RefusedError, "read the manifest of"):
            return self._reader.read_manifest()

    def publish(
        self,
        staged: Sequence[Staged],
        manifest: bytes,
        *,
        replaced: Sequence[str],
        card: bytes | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        assert self._staging is not None, "start() comes before publish()"
        names = [*(file.name for file in staged), *([self._card] if card is not None else [])]
        require_names([*names, *(leftovers := left_of(self._visible(), replaced, names))], self.uri)
        with self._explaining(RunError, "publish to"):
            files = [*staged, *([] if card is None else [stage(self, self._card, card)])]
            self._staged(MANIFEST).write_bytes(manifest)
            waiting = {file.name: self._staged(file.name, file.upload_id) for file in files}
            waiting |= {self._manifest: self._staged(MANIFEST)}
            sync({*waiting.values(), *(path.parent for path in waiting.values())})
            if between:
                self._show_first(waiting)
                between()
            old = {*leftovers, *MANIFESTS, *waiting} - {*self._published}
            journal = Journal.of(
                {name: path.relative_to(self._root).as_posix() for name, path in waiting.items()},
                [name for name in old if os.path.lexists(self._root / name)],
                self._staging.name,
            )
            journal.exchange(self._root, self.uri)
        self._published, self._made = [], []
        with self._forgiving():
            self._leave()

    def _show_first(self, waiting: dict[str, Path]) -> None:
        """Gives the files that bear new names these, for whoever has to see them before they are a run."""
        for name in [name for name in waiting if name != self._manifest and not os.path.lexists(self._root / name)]:
            (self._root / name).parent.mkdir(parents=True, exist_ok=True)
            self._published.append(name)
            waiting.pop(name).replace(self._root / name)
        sync({(self._root / name).parent for name in self._published})

    def discard(self, staged: Sequence[Staged]) -> None:
        with self._forgiving():
            while self._published and not self._stuck:
                (self._root / self._published[-1]).unlink(missing_ok=True)
                remove_empty(self._root, self._published.pop())
            if self._lock is not None:
                self._leave()
            elif self._staging is not None:
                for file in staged:
                    self._staged(file.name, file.upload_id).unlink(missing_ok=True)

    def list_files(self) -> dict[str, int]:
        with self._explaining(RefusedError, "list"):
            return self._reader.list_files()

    def open_reader(self, name: str) -> BinaryIO:
        with self._explaining(RefusedError, f"read {name} in"):
            return self._reader.open(name)

    def _settle(self) -> None:
        """Ends what the journal of a dead run says; leaves it to others where this process may not, or they do it."""
        with suppress(OSError, RefusedError):
            if self._lock is None and self._stuck:
                self._take_lock()
                try:
                    if journal := read_journal(self._root, self.uri):
                        journal.carry_out(self._root)
                finally:
                    self._leave()

    @contextmanager
    def _explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turn an OSError into one line: what was tried, where, why not, and what to do."""
        try:
            yield
        except OSError as error:
            advice = "is it the right place?" if doing.startswith("read") else "choose another uri"
            if error.errno in {ENOSPC, EDQUOT}:
                advice = f"{shutil.disk_usage(self._nearest()).free:,} bytes are free: make room or {advice}"
            why = shortage(error) or f"{error.strerror or error}; {advice}"
            raise kind(f"cannot {doing} {self.uri}: {why}") from error

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.warning("something is left in %s: %s; the next run there takes it back", self.uri, error.strerror)

    def _nearest(self) -> Path:
        """The place, or of its parents the first that exists."""
        return next(p for p in (self._root, *self._root.parents) if os.path.lexists(p))

    @property
    def _stuck(self) -> bool:
        """Whether the next command has to end what a journal says, and needs what is staged."""
        return (self._root / JOURNAL).exists()

    def _staged(self, name: str, upload_id: str = "") -> Path:
        assert self._staging is not None, "start() comes before create() and publish()"
        return self._staging / f"{name}.{upload_id}"

    def _visible(self) -> list[str]:
        """The files here that bear the names of this run, or are parts beside its parts."""
        found = []
        for name in reversed(families(self._names)):
            path = self._root / name
            if name.endswith("part-"):
                found += sorted(p.relative_to(self._root).as_posix() for p in path.parent.glob("part-*") if p.is_file())
            elif path.exists():
                found.append(name)
        return found

    def _require_vacant(self) -> None:
        require_vacant(self.uri, self._visible(), overwrite=self._overwrite)
        for name in (*self._names, self._manifest):
            if (self._root / name).is_dir():
                raise RefusedError(f"cannot write {name} to {self.uri}: it is a directory there; choose another uri")
            for above in (self._root / name).parents:
                if above == self._root:
                    break
                if above.is_file():
                    raise RefusedError(f"cannot write {name} to {self.uri}: {above} is a file; choose another uri")

    def _take_lock(self) -> None:
        """Make the directory and lock it; a lock file that vanished under our hands is somebody's who just left."""
        path = self._root / LOCK
        while self._lock is None:
            self._made += [p for p in (self._root, *self._root.parents) if not p.exists() and p not in self._made]
            self._root.mkdir(parents=True, exist_ok=True)
            try:
                lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
                    self._lock, lock = lock, -1
            except BlockingIOError as error:
                message = f"another run is writing to {self.uri}: wait until it has ended, or choose another uri"
                raise RefusedError(message) from error
            finally:
                if lock >= 0:
                    os.close(lock)

    def _leave(self) -> None:
        """Remove the staging, give the lock back, and remove the directories made for the run that are empty."""
        try:
            if self._staging is not None and self._staging.exists() and not self._stuck:
                shutil.rmtree(self._staging)
            self._staging = None
        finally:
            if self._lock is not None:
                (self._root / LOCK).unlink(missing_ok=True)
                os.close(self._lock)
                self._lock = None
        for path in self._made:
            with suppress(OSError):
                path.rmdir()
        self._made = []


class LocalUpload:
    """A file below the staging directory."""

    def __init__(self, store: LocalStore, name: str, upload_id: str, path: Path) -> None:
        self._store = store
        self._name = name
        self._upload_id = upload_id
        self._path = path
        self._file = io.FileIO(path, "xb")
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: Buffer) -> None:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._bytes += len(view)
        with self._store._explaining(RunError, f"write {self._name} to"):
            while view:
                view = view[self._file.write(view) :]

    def close(self) -> Staged:
        with self._store._explaining(RunError, f"write {self._name} to"):
            self._file.close()
        return Staged(self._name, self._bytes, self._digest.hexdigest(), self._upload_id)

    def abort(self) -> None:
        with suppress(OSError):
            self._file.close()
        with self._store._forgiving():
            self._path.unlink(missing_ok=True)
