"""The command line. One file a command, loaded when it is called: ``--help`` imports nothing heavy."""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

from synth.cli import output
from synth.cli.parser import make_parser
from synth.errors import SynthError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused, 4
    partly done, 130 interrupted.
    """
    args = parse(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(import_module(f"synth.cli.{args.module}").main(args))
    except SynthError as error:
        if args.debug:
            raise
        return output.fail(args, error, error.exit_code)
    except KeyboardInterrupt as error:
        return output.fail(args, error, 130)
    except BrokenPipeError:
        sys.stderr.close()
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
        parser.error(f"{args.command} knows no {' '.join(flags or rest)}; see synth {args.command} --help")
    if hasattr(args, "overrides"):
        args.overrides = [*args.overrides, *rest]
    return args


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
