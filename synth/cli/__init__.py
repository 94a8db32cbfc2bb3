"""The command line. One file a command, loaded when it is called: ``--help`` imports nothing heavy."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from synth.cli import output
from synth.cli.allocator import share_arenas
from synth.cli.hydra_flags import hydras
from synth.cli.parser import UsageError, make_parser, near
from synth.engine import signals
from synth.errors import SynthError, shortage, traceback_of


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused, 4
    partly done, 130 interrupted.

    Args:
        argv: the words of the command, from a program that goes on afterwards: its own signal handlers are put back.
            None takes those that the process was started with, which ends with the command.
    """
    words = sys.argv[1:] if argv is None else argv
    _prepare_streams()
    try:
        args = parse(words)
    except UsageError as error:
        args = argparse.Namespace(command=error.command, json="--json" in words)
        return output.fail(args, error, error.exit_code)
    except BrokenPipeError:  # nobody reads the help
        output.drop_stdout()
        return 1
    if argv is None:
        share_arenas()
    with signals.interruptible(ends=argv is None):
        return _carry_out(args)


def _carry_out(args: argparse.Namespace) -> int:
    """Runs the command and reports whatever goes wrong; returns the exit code."""
    try:
        return int(import_module(f"synth.cli.{args.module}").main(args))
    except BrokenPipeError:  # nobody reads any more
        output.drop_stdout()
        return 1
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — whatever it is, it is reported in one way
        return _fail(args, error)


def _fail(args: argparse.Namespace, error: BaseException) -> int:
    """Reports what went wrong, with --debug where, too; returns the exit code."""
    if args.debug:
        sys.stderr.write(traceback_of(error))
    if signals.is_interrupt(error):
        error = KeyboardInterrupt()
    elif isinstance(error, FileNotFoundError) and not _has_working_directory():
        error = SynthError("the working directory no longer exists: change to another one")
    elif isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return output.fail(args, SynthError(f"no file can have a name as long as {error.filename}"), 2)
    elif not isinstance(error, SynthError) and (scarce := shortage(error)):
        error = SynthError(scarce)
    if isinstance(error, KeyboardInterrupt):
        return output.fail(args, error, 130)
    return output.fail(args, error, error.exit_code if isinstance(error, SynthError) else 1)


def _has_working_directory() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command and its arguments; overrides may stand before, between and after flags."""
    parser = make_parser()
    args, rest = parser.parse_known_args(argv)
    if not hasattr(args, "module"):
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    flags = [word for word in rest if word.startswith("-")]
    if flags or (rest and not hasattr(args, "overrides")):
        hint = near(flags[0].partition("=")[0], parser.flags(args.command)) if flags else ""
        hint = hydras(flags) or hint
        raise UsageError(args.command, f"{args.command} knows no {' '.join(flags or rest)}{hint}")
    if hasattr(args, "overrides"):
        args.overrides = [*args.overrides, *rest]
    if getattr(args, "multirun", False) and args.dry_run:
        raise UsageError(args.command, "--dry-run plans one run: leave out -m, and give one value for each key")
    return args


def _prepare_streams() -> None:
    """A closed stream swallows what it is given; a character that the terminal lacks becomes a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 — open as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
