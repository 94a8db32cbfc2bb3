"""The command line. One file a command, loaded when it is called: ``--help`` imports nothing heavy."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

from synth.cli import output
from synth.cli.parser import UsageError, make_parser, near
from synth.errors import SynthError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused, 4
    partly done, 130 interrupted.
    """
    words = sys.argv[1:] if argv is None else argv
    _prepare_streams()
    try:
        args = parse(words)
    except UsageError as error:
        args = argparse.Namespace(command=error.command, json="--json" in words)
        return output.fail(args, error, error.exit_code)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        return int(import_module(f"synth.cli.{args.module}").main(args))
    except SynthError as error:
        if args.debug:
            raise
        return output.fail(args, error, error.exit_code)
    except KeyboardInterrupt as error:
        return output.fail(args, error, 130)
    except BrokenPipeError:
        # Nobody reads any more; what is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if args.debug:
            raise
        return output.fail(args, error, 1)


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


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stops the command, once: whoever presses Ctrl-C again must not disturb the cleaning up."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
