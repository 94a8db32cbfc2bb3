"""Writes the files of a beginning, all or none."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from synth.errors import RefusedError


def write_files(made: Mapping[str, str]) -> None:
    """Writes texts by their paths, below one folder or into one file, which is not there yet.

    Raises:
        RefusedError: something is there already, or cannot be written; nothing of this stays.
    """
    top = Path(next(iter(made))).parts[0]
    if Path(top).exists():
        raise RefusedError(f"{top} is there already: choose another name, or move it away")
    for name, text in made.items():
        try:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        except OSError as error:
            _take_back(made)
            raise RefusedError(f"{name} cannot be written: {error.strerror}") from error


def _take_back(made: Iterable[str]) -> None:
    """Removes what was written before a disk was full."""
    for name in made:
        with suppress(OSError):
            Path(name).unlink()
        for folder in Path(name).parents:
            with suppress(OSError):
                folder.rmdir()
