"""Files in a local directory: staged below it, swapped in by rename."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from typing import TYPE_CHECKING, BinaryIO

from synth.contracts.store import Staged
from synth.errors import RefusedError, RunError, SynthError
from synth.sinks.card import stage
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
from synth.sinks.staging import LocalStaging, Lock, clear_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

log = logging.getLogger(__name__)

_READ_BYTES = 1 << 20


class LocalStore:
    """A directory. Staged files stand in `.synth-<id>/` below it: the same file system, so that a rename suffices.

    A flock on `.synth-lock` tells a living run's staging from a dead one's; it needs a file system with locks. Both
    entries are gone after `publish` and `discard`. Renames survive the death of the process; whether they survive a
    loss of power is up to the file system, for no file is synced.
    """

    def __init__(self, place: LocalPlace, beside: str = "") -> None:
        self.uri = place.uri
        self._manifest, self._card = beside + MANIFEST, beside + CARD
        self._root = place.path
        self._names: tuple[str, ...] = ()
        self._overwrite = False
        self._staging: Path | None = None
        self._lock = Lock(self._root, self.uri)
        self._published: list[str] = []

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_lock": Lock(self._root, self.uri), "_published": []}

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        require_names(names, self.uri)
        self._names, self._overwrite = (*names, self._card), overwrite
        nearest = self._nearest()
        if not nearest.is_dir():
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not a directory; choose another uri")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not writable; choose another uri")
        with self._explaining(RefusedError, "look into"):
            self._require_vacant()

    def start(self, staging: str = "", *, shared: bool = False) -> None:
        with self._explaining(RefusedError, "write to"):
            try:
                self._lock.take(shared=shared)
                self._require_vacant()
                if not shared:
                    clear_dead(self._root)
                path = self._root / f"{STAGING}{staging or os.urandom(8).hex()}"
                path.mkdir(exist_ok=bool(staging))
            except BaseException:
                self._leave()
                raise
            self._staging = path

    def staging(self) -> LocalStaging:
        assert self._staging is not None, "start() comes before staging()"
        return LocalStaging(self.uri, self._root, self._staging.name)

    def reopen(self, staged: Staged) -> LocalUpload | None:
        with self._explaining(RunError, f"write {staged.name} to"):
            return LocalUpload.reopened(self, staged, self._staged(staged.name, staged.upload_id))

    def leave(self) -> None:
        with self._forgiving():
            self._take_back()
        self._staging = None
        self._lock.keep_directories()
        with self._forgiving():
            self._lock.give_back()

    def create(self, name: str) -> LocalUpload:
        require_names([name], self.uri)
        with self._explaining(RunError, f"write {name} to"):
            upload_id = os.urandom(4).hex()
            path = self._staged(name, upload_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            return LocalUpload(self, name, upload_id, path)

    def read_manifest(self) -> bytes | None:
        for name in MANIFESTS:
            with self._explaining(RefusedError, f"read {name} of"), suppress(FileNotFoundError, NotADirectoryError):
                return (self._root / name).read_bytes()
        return None

    def publish(
        self,
        staged: Sequence[Staged],
        manifest: bytes,
        *,
        replaced: Sequence[str],
        card: bytes | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        names = [*(file.name for file in staged), *([self._card] if card is not None else [])]
        leftovers = left_of(self._visible(), replaced, names)
        require_names([*names, *leftovers], self.uri)
        with self._explaining(RunError, "publish to"):
            files = [*staged, *([] if card is None else [stage(self, self._card, card)])]
            self._staged(MANIFEST).write_bytes(manifest)
            for name in MANIFESTS:
                (self._root / name).unlink(missing_ok=True)
            for file in files:
                target = self._root / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                self._published.append(file.name)
                self._staged(file.name, file.upload_id).replace(target)
            if between:
                between()
            for name in leftovers:
                self._remove(name)
            self._staged(MANIFEST).replace(self._root / self._manifest)
        self._published = []
        self._lock.keep_directories()
        with self._forgiving():
            self._leave()

    def discard(self, staged: Sequence[Staged]) -> None:
        with self._forgiving():
            self._take_back()
            if self._lock.held:
                self._leave()
            elif self._staging is not None:
                for file in staged:
                    self._staged(file.name, file.upload_id).unlink(missing_ok=True)

    def list_files(self) -> dict[str, int]:
        with self._explaining(RefusedError, "list"):
            files = (p for p in self._root.rglob("*") if p.is_file())
            names = {p.relative_to(self._root).as_posix(): p.stat().st_size for p in files}
        return {name: names[name] for name in sorted(names) if not name.startswith(STAGING)}

    def open_reader(self, name: str) -> BinaryIO:
        with self._explaining(RefusedError, f"read {name} in"):
            return (self._root / name).open("rb")

    @contextmanager
    def _explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turn an OSError into one line: what was tried, where, why not, and what to do."""
        try:
            yield
        except OSError as error:
            advice = "is it the right place?" if doing.startswith("read") else "choose another uri"
            if error.errno in {ENOSPC, EDQUOT}:
                advice = f"{shutil.disk_usage(self._nearest()).free:,} bytes are free: make room or {advice}"
            raise kind(f"cannot {doing} {self.uri}: {error.strerror or error}; {advice}") from error

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.warning("something is left in %s: %s; the next run there takes it back", self.uri, error.strerror)

    def _nearest(self) -> Path:
        """The place, or of its parents the first that exists."""
        return next(p for p in (self._root, *self._root.parents) if os.path.lexists(p))

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

    def _take_back(self) -> None:
        """Remove what a failed `publish` made visible."""
        for name in self._published:
            self._remove(name)
        self._published = []

    def _leave(self) -> None:
        """Remove the staging, and give the lock back."""
        try:
            if self._staging is not None and self._staging.exists():
                shutil.rmtree(self._staging)
            self._staging = None
        finally:
            self._lock.give_back()

    def _remove(self, name: str) -> None:
        """Remove a visible file and the directories that it leaves empty."""
        path = self._root / name
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for above in path.parents:
                if above == self._root:
                    break
                above.rmdir()


class LocalUpload:
    """A file below the staging directory."""

    def __init__(self, store: LocalStore, name: str, upload_id: str, path: Path, mode: str = "xb") -> None:
        self._store = store
        self._name = name
        self._upload_id = upload_id
        self._path = path
        self._file = io.FileIO(path, mode)
        self._digest = hashlib.sha256()
        self._bytes = 0

    @classmethod
    def reopened(cls, store: LocalStore, staged: Staged, path: Path) -> LocalUpload | None:
        """Go on with a file at the length that it had; None where it is not what it was then."""
        try:
            upload = cls(store, staged.name, staged.upload_id, path, "r+b")
        except FileNotFoundError:
            return None
        while upload._bytes < staged.bytes:
            data = upload._file.read(min(_READ_BYTES, staged.bytes - upload._bytes))
            if not data:
                break
            upload._digest.update(data)
            upload._bytes += len(data)
        if upload.so_far() != staged:
            upload._file.close()
            return None
        upload._file.truncate(staged.bytes)
        return upload

    def so_far(self) -> Staged:
        return Staged(self._name, self._bytes, self._digest.hexdigest(), self._upload_id)

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
        return self.so_far()

    def abort(self) -> None:
        with suppress(OSError):
            self._file.close()
        with self._store._forgiving():
            self._path.unlink(missing_ok=True)
