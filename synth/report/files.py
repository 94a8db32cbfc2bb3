"""Writes one file, whole or not at all; through a link to what it leads to, and into what is no file as it comes."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from synth.errors import RefusedError


def check_apart(file: Path, inputs: Iterable[Path]) -> None:
    """Refuses to write over what is read, and among the tables of a place.

    Raises:
        RefusedError: the file is an input, or lies in one and is not a new one beside its tables.
    """
    for given in inputs:
        own, other = file.resolve(), given.resolve()
        beside = own.parent == other and (own.name.startswith("report.") or not own.exists())
        if own == other or (other in own.parents and not beside):
            raise RefusedError(f"{file} is a part of {given}, which is read: choose another --output")


def check_free(file: Path, *, overwrite: bool) -> None:
    """Refuses a place before anything is made for it.

    Raises:
        RefusedError: something is there that may not be replaced, or the folder is not there.
    """
    if file.is_dir():
        raise RefusedError(f"{file} is a folder: --output names a file")
    if _is_device(file):
        return
    if file.exists() and not overwrite:
        raise RefusedError(f"{file} is there already: --overwrite replaces it, or choose another --output")
    if _target(file).is_symlink():
        raise RefusedError(f"{file} is a link that leads to itself: choose another --output")
    if not _target(file).parent.is_dir():
        raise RefusedError(f"{_target(file).parent} is no folder: make it first, or choose another --output")


def write_whole(file: Path, text: str, *, overwrite: bool) -> None:
    """Writes a text beside its place and moves it there; a device or a pipe takes it as it is.

    Raises:
        RefusedError: something has come there in the meantime, or it cannot be written.
    """
    check_free(file, overwrite=overwrite)
    target, beside = _target(file), None
    try:
        if _is_device(file):
            file.write_text(text, encoding="utf-8")
            return
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=".synth-", encoding="utf-8", delete=False
        ) as made:
            beside = Path(made.name)
            made.write(text)
        beside.chmod(0o666 & ~_umask())
        beside.replace(target)
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        if beside is not None:
            with suppress(OSError):
                beside.unlink()


def _target(file: Path) -> Path:
    """What a file's name leads to, whether it is there or not."""
    return Path(os.path.realpath(file))


def _is_device(file: Path) -> bool:
    """Whether something is there that cannot be replaced: a terminal, a pipe, /dev/null."""
    return file.exists() and not file.is_file() and not file.is_dir()


def _umask() -> int:
    """What a file that this process makes does not allow."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
