"""The command line. One file a command, loaded when it is called: ``--help`` imports nothing heavy."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType

from synth.cli import output
from synth.cli.parser import UsageError, make_parser, near
from synth.engine import signals
from synth.errors import SynthError, traceback_of


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
    with _interruptible(ends=argv is None):
        return _carry_out(args)


def _carry_out(args: argparse.Namespace) -> int:
    """Runs the command and tells whatever goes wrong; returns the exit code."""
    try:
        return int(import_module(f"synth.cli.{args.module}").main(args))
    except BrokenPipeError:  # nobody reads any more
        output.drop_stdout()
        return 1
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — whatever it is, it is told in one way
        return _fail(args, error)


@contextmanager
def _interruptible(*, ends: bool) -> Iterator[None]:
    """Lets signals stop the command.

    Args:
        ends: whether the process ends with the command.
    """
    signals.forget()
    heard = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    handlers = {number: signal.signal(number, _interrupt) for number in heard}
    try:
        yield
    finally:
        # the command has had its say, and only the interpreter's own end is left: nothing may disturb it
        for number in _SIGNALS if ends else heard:
            signal.signal(number, signal.SIG_IGN if ends else handlers[number])
        signals.forget()


def _fail(args: argparse.Namespace, error: BaseException) -> int:
    """Tells what went wrong, with --debug where, too; returns the exit code."""
    if args.debug:
        sys.stderr.write(traceback_of(error))
    if signals.is_interrupt(error):
        error = KeyboardInterrupt()
    elif isinstance(error, FileNotFoundError) and not _has_working_directory():
        error = SynthError("the working directory no longer exists: change to another one")
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


#: What stops a command, and the alarm that an interrupt during an import sets.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

#: How long a command may take to clean up before another Ctrl-C ends it at once.
_PATIENCE_S = 10


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stops the command, once: whoever presses Ctrl-C again must not disturb the cleaning up.

    An import that is interrupted may swallow the exception or leave half a module: the interrupt comes a little later.
    """
    if (seconds := signals.heard_s_ago()) is not None:
        if seconds > _PATIENCE_S:
            os.write(2, b"interrupted again: something may be left staged; the next run into the place takes it back\n")
            os._exit(130)
        return
    if _is_importing(frame):
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        return
    signals.hear()
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
