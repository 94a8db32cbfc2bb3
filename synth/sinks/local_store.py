"""Files in a local directory: staged below it, moved in by what a journal says."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from synth.errors import RefusedError, RunError
from synth.sinks.card import stage
from synth.sinks.journal import JOURNAL, Journal, remove_empty, settle, sync
from synth.sinks.local_errors import LocalErrors
from synth.sinks.local_reader import LocalReader
from synth.sinks.local_upload import LocalUpload
from synth.sinks.places import (
    CARD,
    CURRENT,
    MANIFEST,
    MANIFESTS,
    RUN_FOLDER,
    STAGING,
    LocalPlace,
    RunFolder,
    above,
    families,
    family,
    left_of,
    require_names,
    require_vacant,
    run_folder_of,
)
from synth.sinks.staging import LocalStaging, Lock, clear_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from synth.contracts.store import Staged

log = logging.getLogger(__name__)


class LocalStore:
    """A directory. Staged files stand in `.synth-<id>/` below it: the same file system, so that a rename suffices.

    A flock on `.synth-lock` tells a living run's staging from a dead one's; it needs a file system with locks. Both
    entries are gone after `publish` and `discard`. From the moment at which `.synth-journal` stands there the new run
    is the one that is read here, wherever its files are; they are synced before. Whoever finds the journal of a dead
    run ends what it says, or reads by it where he may not write.

    A run may have a folder of its own, ``_run-<id>/``, in front of the names of its files: then all of them have their
    names before the link ``_current`` and the manifest become the new ones, at once each, and the old files go.

    Args:
        run_folder: whether a run has its folder; ``auto`` is ``never``.
    """

    def __init__(self, place: LocalPlace, beside: str = "", run_folder: RunFolder = "auto") -> None:
        self.uri = place.uri
        self._manifest, self._card = beside + MANIFEST, beside + CARD
        self._root = place.path
        self._names: tuple[str, ...] = ()
        self._overwrite = False
        self._run_folder, self._folder = run_folder, ""
        self._staging: Path | None = None
        self._lock = Lock(self._root, self.uri)
        self._published: list[str] = []
        self._reader = LocalReader(place)
        self._errors = LocalErrors(place)

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_lock": Lock(self._root, self.uri), "_published": []}

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        require_names(names, self.uri)
        self._names, self._overwrite = (*names, self._card), overwrite
        nearest = self._errors.nearest()
        if not nearest.is_dir():
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not a directory; choose another uri")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise RefusedError(f"cannot write to {self.uri}: {nearest} is not writable; choose another uri")
        with self._errors.explaining(RefusedError, "look into"):
            self._settle()
            self._require_vacant()

    def start(self, staging: str = "", *, shared: bool = False) -> None:
        with self._errors.explaining(RefusedError, "write to"):
            try:
                self._lock.take(shared=shared)
                if not shared:  # who shares the place has settled it in ``check``
                    settle(self._root, self.uri)
                    clear_dead(self._root)
                self._require_vacant()
                name = f"{STAGING}{staging or os.urandom(8).hex()}"
                if self._run_folder == "always":
                    self._folder = run_folder_of(name, self._reader.read_manifest() or b"")
                path = self._root / name
                path.mkdir(exist_ok=bool(staging))
            except BaseException:
                self._leave()
                raise
            self._staging = path

    def staging(self) -> LocalStaging:
        assert self._staging is not None, "start() comes before staging()"
        return LocalStaging(self.uri, self._root, self._staging.name)

    def reopen(self, staged: Staged) -> LocalUpload | None:
        with self._errors.explaining(RunError, f"write {staged.name} to"):
            return LocalUpload.reopened(self._errors, staged, self._staged(staged.name, staged.upload_id))

    def leave(self) -> None:
        with self._errors.forgiving():
            self._take_back()
        self._staging = None
        self._lock.keep_directories()
        with self._errors.forgiving():
            self._lock.give_back()

    def create(self, name: str) -> LocalUpload:
        require_names([name], self.uri)
        with self._errors.explaining(RunError, f"write {name} to"):
            upload_id = os.urandom(4).hex()
            path = self._staged(self._folder + name, upload_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            return LocalUpload(self._errors, self._folder + name, upload_id, path)

    def read_manifest(self) -> bytes | None:
        self._settle()
        with self._errors.explaining(RefusedError, "read the manifest of"):
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
        names = [*(file.name for file in staged), *([self._folder + self._card] if card is not None else [])]
        leftovers = left_of(self._visible(), replaced, names)
        require_names([*names, *leftovers], self.uri)
        with self._errors.explaining(RunError, "publish to"):
            files = [*staged, *([] if card is None else [stage(self, self._card, card)])]
            self._staged(MANIFEST).write_bytes(manifest)
            waiting = {file.name: self._staged(file.name, file.upload_id) for file in files}
            sync({self._staged(MANIFEST), *waiting.values(), *(path.parent for path in waiting.values())})
            if self._folder:
                waiting[CURRENT] = self._staged(CURRENT)
                waiting[CURRENT].unlink(missing_ok=True)
                waiting[CURRENT].symlink_to(self._folder)
            waiting[self._manifest] = self._staged(MANIFEST)
            if between:
                self._show_first(waiting)
                between()
            old = {*leftovers, CURRENT, *MANIFESTS, *waiting} - {*self._published}
            journal = Journal.of(
                {name: path.relative_to(self._root).as_posix() for name, path in waiting.items()},
                [name for name in old if os.path.lexists(self._root / name)],
                self._staging.name,
            )
            journal.exchange(self._root, self.uri)
        self._published = []
        self._lock.keep_directories()
        with self._errors.forgiving():
            self._leave()

    def _show_first(self, waiting: dict[str, Path]) -> None:
        """Gives the files that bear new names these, for whoever has to see them before they are a run."""
        for name in [name for name in waiting if name != self._manifest and not os.path.lexists(self._root / name)]:
            (self._root / name).parent.mkdir(parents=True, exist_ok=True)
            self._published.append(name)
            waiting.pop(name).replace(self._root / name)
        sync({(self._root / name).parent for name in self._published})

    def discard(self, staged: Sequence[Staged]) -> None:
        with self._errors.forgiving():
            self._take_back()
            if self._lock.held:
                self._leave()
            elif self._staging is not None:
                for file in staged:
                    self._staged(file.name, file.upload_id).unlink(missing_ok=True)

    def list_files(self) -> dict[str, int]:
        with self._errors.explaining(RefusedError, "list"):
            return self._reader.list_files()

    def open_reader(self, name: str) -> BinaryIO:
        with self._errors.explaining(RefusedError, f"read {name} in"):
            return self._reader.open(name)

    def _settle(self) -> None:
        """Ends what the journal of a dead run says; leaves it to others where this process may not, or they do it."""
        with suppress(OSError, RefusedError):
            if self._stuck and not self._lock.held:
                self._lock.take(shared=False)
                try:
                    settle(self._root, self.uri)
                finally:
                    self._leave()

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
            if above(name) != name:
                parts = (p.relative_to(self._root).as_posix() for p in path.parent.rglob("part-*") if p.is_file())
                found += sorted(part for part in parts if family(part) == name)
            elif path.exists():
                found.append(name)
        runs = (path for folder in sorted(self._root.glob(f"{RUN_FOLDER}*")) for path in sorted(folder.rglob("*")))
        return [*found, *(path.relative_to(self._root).as_posix() for path in runs if path.is_file())]

    def _require_vacant(self) -> None:
        require_vacant(self.uri, self._visible(), overwrite=self._overwrite)
        for name in (*self._names, self._manifest):
            if (self._root / name).is_dir():
                raise RefusedError(f"cannot write {name} to {self.uri}: it is a directory there; choose another uri")
            for folder in (self._root / name).parents:
                if folder == self._root:
                    break
                if folder.is_file():
                    raise RefusedError(f"cannot write {name} to {self.uri}: {folder} is a file; choose another uri")

    def _take_back(self) -> None:
        """Remove what a failed `publish` made visible."""
        while self._published and not self._stuck:
            (self._root / self._published[-1]).unlink(missing_ok=True)
            remove_empty(self._root, self._published.pop())

    def _leave(self) -> None:
        """Remove the staging, and give the lock back."""
        try:
            if self._staging is not None and self._staging.exists() and not self._stuck:
                shutil.rmtree(self._staging)
            self._staging = None
        finally:
            self._lock.give_back()
