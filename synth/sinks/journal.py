"""One run put in place of another: a journal says whose files are the run, whatever has been moved of them so far.

It is written whole before the first file moves. Files of the new run come from where they were staged: first those with
names that the earlier run does not use, then the others, each in place of the earlier run's, which has a second name
aside by then, and what else that run had goes. So each file is at one of two places, and whoever finds the journal can
go on, go back, or read.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from synth.errors import RefusedError, RunError
from synth.sinks.places import MANIFESTS, STAGING, require_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

JOURNAL, ASIDE = f"{STAGING}journal", f"{STAGING}aside"
"""Entries of a place: the journal, and the folder of the files of the earlier run."""

_SYNCED_AT_ONCE = 8


@dataclass(frozen=True)
class Journal:
    """What is being exchanged in a directory; all paths are relative to it.

    Attributes:
        new: name → where the file is until it has its name; what readers look at first comes last.
        old: name → where the file is once it has lost its name; manifests come first.
        new_wins: whether the new run is what readers see, else the old one.
        staging: the folder in which the new files were staged, removed with what is left in it.
    """

    new: dict[str, str]
    old: dict[str, str]
    staging: str
    new_wins: bool = True

    @classmethod
    def of(cls, new: Mapping[str, str], old: Iterable[str], staging: str) -> Journal:
        """The journal of an exchange that has not begun."""
        ordered = sorted(old, key=lambda name: (name not in MANIFESTS, name))
        return cls(dict(new), {name: f"{ASIDE}/{name}" for name in ordered}, staging)

    def find(self, root: Path, name: str) -> Path | None:
        """Where a file of the run is that readers see; None for a file of the other run alone."""
        mine, other = (self.new, self.old) if self.new_wins else (self.old, self.new)
        if name not in mine:
            return None if name in other else root / name
        side = root / mine[name]
        return side if os.path.lexists(side) else root / name

    def names(self, visible: Iterable[str]) -> set[str]:
        """The names that readers see, where those are visible."""
        mine, other = (self.new, self.old) if self.new_wins else (self.old, self.new)
        return {*visible}.difference(other).union(mine)

    def write(self, root: Path) -> None:
        """Makes it what whoever comes to the directory finds; it is this one or the one before, never half of one."""
        draft = root / self.staging / JOURNAL
        draft.write_text(json.dumps(asdict(self)))
        sync([draft])
        draft.replace(root / JOURNAL)
        sync([root])

    def carry_out(self, root: Path) -> None:
        """Moves what has not been moved, in the direction of the run that wins, and ends the exchange.

        Raises:
            OSError: a call failed; the journal stays, and this can be called again.
        """
        if self.new_wins:
            self._go_on(root)
        else:
            self._go_back(root)
        named = {(root / name).parent for name in (*self.new, *self.old)}
        sync(path for path in {root, *named} if path.is_dir())
        (root / JOURNAL).unlink(missing_ok=True)
        sync([root])
        _remove(root / ASIDE)
        if self.new_wins:
            _remove(root / self.staging)

    def _go_on(self, root: Path) -> None:
        for name, staged in sorted(self.new.items(), key=lambda entry: entry[0] in self.old):
            if os.path.lexists(root / staged):
                if name in self.old and os.path.lexists(root / name) and not os.path.lexists(root / self.old[name]):
                    _keep(root / name, root / self.old[name])
                _move(root / staged, root / name)
        for name, aside in self.old.items():
            if name not in self.new and os.path.lexists(root / name):
                _move(root / name, root / aside)
                remove_empty(root, name)

    def _go_back(self, root: Path) -> None:
        for name, staged in reversed(self.new.items()):
            if not os.path.lexists(root / staged) and os.path.lexists(root / name):
                _move(root / name, root / staged)
        for name, aside in reversed(self.old.items()):
            if os.path.lexists(root / aside):
                _move(root / aside, root / name)
        for name in self.new.keys() - self.old.keys():
            remove_empty(root, name)

    def exchange(self, root: Path, uri: str) -> None:
        """Puts the new run in place of the old one, or, where a call fails, everything back.

        Raises:
            OSError: a call failed, and the old run is there.
            RunError: putting it back failed, too: the journal stays, and readers see the run that it says.
        """
        try:
            self.write(root)
            self.carry_out(root)
        except OSError as error:
            with suppress(OSError):
                if (root / JOURNAL).exists():
                    back = replace(self, new_wins=False)
                    back.write(root)
                    back.carry_out(root)
            if not (root / JOURNAL).exists():
                raise
            message = f"cannot publish to {uri}: {error.strerror or error}, nor put the earlier run back"
            raise RunError(f"{message}; nothing is lost, and the next synth command there ends it") from error


def read_journal(root: Path, uri: str) -> Journal | None:
    """The journal of an exchange that has not ended in a directory.

    Raises:
        RefusedError: it is none that synth wrote, or names files outside of the directory.
    """
    try:
        text = (root / JOURNAL).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        journal = TypeAdapter(Journal).validate_json(text, strict=True)
    except ValidationError as error:
        raise RefusedError(f"{uri} holds a journal that synth did not write: remove {JOURNAL}") from error
    sides = (*journal.new.values(), *journal.old.values(), journal.staging)
    require_names({*journal.new, *journal.old}.difference(MANIFESTS), uri)
    require_names([side.removeprefix(".") for side in sides if side.startswith(STAGING)], uri)
    if not all(side.startswith(STAGING) for side in sides):
        raise RefusedError(f"{uri} holds a journal that synth did not write: remove {JOURNAL}")
    return journal


def settle(root: Path, uri: str) -> None:
    """Ends the exchange of a dead run, if one stands in the directory; the caller has its lock alone.

    Raises:
        RefusedError: as ``read_journal``.
        OSError: a call failed; the journal stays.
    """
    if journal := read_journal(root, uri):
        journal.carry_out(root)


def sync(paths: Iterable[Path]) -> None:
    """Brings files and directories to where a loss of power does not reach them; a file system may know no such call.

    Raises:
        OSError: the disk failed.
    """
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        for _ in pool.map(_sync, paths):
            pass


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(file)


def remove_empty(root: Path, name: str) -> None:
    """Removes the directories above a name that are empty."""
    with suppress(OSError):
        for above in (root / name).parents:
            if above == root:
                break
            above.rmdir()


def _keep(file: Path, aside: Path) -> None:
    """Gives a file, or a link, a second name aside, so that it keeps the first until another one takes that; where the
    file system knows no such names it loses the first.
    """
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, aside, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOSYS, errno.ENOTSUP}:
            raise
        file.replace(aside)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _remove(directory: Path) -> None:
    """Removes a directory that nobody needs any more; what does not go is swept up by the next run."""
    shutil.rmtree(directory, ignore_errors=True)
