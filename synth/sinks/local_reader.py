"""Reads a directory by its journal, where one says that a run is being put in place of another."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from synth.errors import RefusedError
from synth.sinks.journal import read_journal
from synth.sinks.places import MANIFESTS, STAGING, LocalPlace

if TYPE_CHECKING:
    from pathlib import Path


class LocalReader:
    """The files of the run that is in a directory, whatever has been moved of them; every call may raise an OSError.

    A reader who has the manifest of a run gets files of that run, or is told that another one took its place.
    """

    def __init__(self, place: LocalPlace) -> None:
        self._uri, self._root = place.uri, place.path
        self._run: tuple[int, ...] | None = None

    def read_manifest(self) -> bytes | None:
        """The manifest, if there is one."""
        found = self._find_manifest()
        if found is None:
            return None
        with found.open("rb") as file:
            self._run = _identity(os.fstat(file.fileno()))
            return file.read()

    def list_files(self) -> dict[str, int]:
        """Name → bytes, in order of name."""
        files = (path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file())
        names = {name for name in files if not name.startswith(STAGING)}
        if journal := read_journal(self._root, self._uri):
            names = journal.names(names)
        return {name: self._find(name).stat().st_size for name in sorted(names)}

    def open(self, name: str) -> BinaryIO:
        """A file of the run whose manifest was read; of the run that is there, if none was.

        Raises:
            RefusedError: another run has taken its place.
        """
        try:
            file = self._find(name).open("rb")
        except FileNotFoundError:  # it got its name meanwhile
            file = self._find(name).open("rb")
        if self._run is not None and self._run != self._identity_of_manifest():
            file.close()
            raise RefusedError(
                f"another run has taken the place of the one in {self._uri} that was read: read it again"
            )
        return file

    def _find(self, name: str) -> Path:
        journal = read_journal(self._root, self._uri)
        found = journal.find(self._root, name) if journal else None
        return found or self._root / name

    def _find_manifest(self) -> Path | None:
        journal = read_journal(self._root, self._uri)
        for name in MANIFESTS:
            path = journal.find(self._root, name) if journal else self._root / name
            if path and os.path.lexists(path):
                return path
        return None

    def _identity_of_manifest(self) -> tuple[int, ...] | None:
        with suppress(OSError):
            return _identity(found.stat()) if (found := self._find_manifest()) else None
        return None


def _identity(found: os.stat_result) -> tuple[int, ...]:
    """What tells a file from another one, whatever its name is now."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
