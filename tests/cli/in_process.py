"""A command within the process of the tests that finds what a process of its own would find, and leaves nothing."""

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from typing import IO

from synth.cli import main


def run_in_process(words: tuple[str, ...], cwd: Path, environ: Mapping[str, str]) -> tuple[int, str, str]:
    """The exit code of a command, and what it wrote to the standard output and to the standard error."""
    with _text_file() as out, _text_file() as err:
        with ExitStack() as own:
            own.enter_context(_streams(out, err))
            own.enter_context(_environment(environ))
            own.enter_context(chdir(cwd))
            own.enter_context(_modules(environ.get("PYTHONPATH", "")))
            own.enter_context(_no_log_handlers())
            try:
                code = main(words)
            except SystemExit as end:  # the help and the version
                code = int(end.code or 0)
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def _text_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


@contextmanager
def _streams(out: IO[str], err: IO[str]) -> Iterator[None]:
    """Leads both streams into files, whoever writes: Python's own, or a library to the descriptors."""
    before = sys.stdout, sys.stderr
    for stream in before:
        stream.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        for (number, _), file in zip(kept, (out, err), strict=True):
            os.dup2(file.fileno(), number)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """These variables and no others; the directory for temporary files is chosen by them."""
    before, place = dict(os.environ), tempfile.tempdir
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = place


@contextmanager
def _modules(python_path: str) -> Iterator[None]:
    """Python's path with more entries. Modules from there and plugins are loaded for the command only."""
    paths, modules = list(sys.path), dict(sys.modules)
    there = set(map(os.path.realpath, paths))
    more = [entry for entry in python_path.split(os.pathsep) if entry and os.path.realpath(entry) not in there]
    sys.path[:0] = more
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = paths
        for name in [name for name in sys.modules if name not in modules and _is_of_the_command(name, more)]:
            del sys.modules[name]
        sys.modules.update(modules)
        importlib.invalidate_caches()


def _is_of_the_command(name: str, paths: list[str]) -> bool:
    spec = getattr(sys.modules[name], "__spec__", None)
    origin = str(spec.origin) if spec else ""
    return name.startswith("synth_") or any(Path(origin).is_relative_to(path) for path in paths)


@contextmanager
def _no_log_handlers() -> Iterator[None]:
    """Without those of pytest, warnings go to the standard error, as in a program that sets up no logging."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = before
