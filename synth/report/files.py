"""Writes one file, whole or not at all."""

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
    if file.exists() and not overwrite:
        raise RefusedError(f"{file} is there already: --overwrite replaces it, or choose another --output")
    if not file.parent.is_dir():
        raise RefusedError(f"{file.parent} is no folder: make it first, or choose another --output")


def write_whole(file: Path, text: str, *, overwrite: bool) -> None:
    """Writes a text beside its place and moves it there.

    Raises:
        RefusedError: something has come there in the meantime, or it cannot be written.
    """
    check_free(file, overwrite=overwrite)
    beside = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, prefix=".synth-", encoding="utf-8", delete=False
        ) as made:
            beside = Path(made.name)
            made.write(text)
        beside.chmod(0o666 & ~_umask())
        beside.replace(file)
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        if beside is not None:
            with suppress(OSError):
                beside.unlink()


def _umask() -> int:
    """What a file that this process makes does not allow."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
