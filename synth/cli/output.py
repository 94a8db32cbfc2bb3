"""Prints answers: results on stdout, as text or as one JSON object; errors on stderr."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from synth.cli.screen import drawn, error_width, hung
from synth.errors import ConfigError, Problem, SynthError

if TYPE_CHECKING:
    from synth.config.recipe import Recipe

#: Of the answers' form; it grows when what stands in it is renamed, is left out or changes its type.
_VERSION = 1


def succeed(args: argparse.Namespace, data: Any, text: str) -> int:
    """Prints the result of a command; returns its exit code."""
    if args.json:
        _envelope(args, 0, data, [])
    elif text and not args.quiet:
        say(text, sys.stderr if getattr(args, "stdout_taken", False) else None)
    return 0


def keep_stdout_for(args: argparse.Namespace, recipe: "Recipe") -> None:
    """Leaves stdout to a sink that writes its rows there: the answer then goes to stderr.

    Raises:
        ConfigError: with --json the answer would stand among the rows.
    """
    args.stdout_taken = any(part.spec.stdout for part in recipe.sinks.values())
    if args.stdout_taken and args.json:
        message = "--json answers on the standard output, and a sink writes its rows there"
        raise ConfigError([Problem(path="sink", message=message, hint="leave one of them out")])


@contextmanager
def ending_with_reader(recipe: "Recipe") -> Iterator[None]:
    """Lets a reader of the rows leave without a word, as ``head`` does; not where they go elsewhere, too.

    Raises:
        BrokenPipeError: in place of the failure of a sink that writes to the standard output, and is the only one.
    """
    try:
        yield
    except SynthError as error:
        alone = all(part.spec.stdout for part in recipe.sinks.values())
        if alone and isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from error
        raise


def say(text: str, stream: TextIO | None = None) -> None:
    """Writes a result to stdout, now: what is wrong with stdout has to come out before the exit code is decided.

    Args:
        stream: where to write instead.

    Raises:
        SynthError: stdout takes no more.
    """
    try:
        stream = stream or sys.stdout
        stream.write(drawn(text, stream).rstrip("\n") + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise SynthError(f"cannot write the answer to the standard output: {error.strerror}") from error


def drop_stdout() -> None:
    """Sends what is still buffered nowhere, or it would fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(args: argparse.Namespace, error: BaseException, exit_code: int, data: Any = None) -> int:
    """Prints what went wrong; returns the exit code."""
    if isinstance(error, SynthError) and error.problems:
        problems = list(error.problems)
        message = str(error)
    elif isinstance(error, SynthError):
        problems = [Problem(path="", message=str(error))]
        message = f"error: {error}"
    elif isinstance(error, KeyboardInterrupt):
        problems = [Problem(path="", message="interrupted")]
        message = "interrupted"
    else:
        problems = [Problem(path="", message=f"{type(error).__name__}: {error}")]
        message = f"internal error: {type(error).__name__}: {error}\n  --debug shows where; please report it"
    print(hung(drawn(message, sys.stderr), error_width()), file=sys.stderr)
    if args.json:
        try:
            _envelope(args, exit_code, data, problems)
        except (BrokenPipeError, SynthError):  # what went wrong is told, and decides the exit code
            drop_stdout()
    return exit_code


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem for ``--json``; ``allowed`` is a list of names or of one sentence, empty where the message says it."""
    fields = {field: getattr(problem, field) for field in ("message", "path", "where", "hint", "note")}
    return fields | {"allowed": [*problem.allowed]}


def _envelope(args: argparse.Namespace, exit_code: int, data: Any, problems: Sequence[Problem]) -> None:
    answer = {
        "version": _VERSION,
        "command": args.command,
        "exit_code": exit_code,
        "data": data,
        "errors": [as_data(problem) for problem in problems],
    }
    say(json.dumps(answer, indent=1))


def size(count: float) -> str:
    """Bytes for people, in powers of ten."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
