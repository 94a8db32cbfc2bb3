"""Flags that stand everywhere, and the numbers that flags take."""

import argparse
from pathlib import Path


def add_globals(parser: argparse.ArgumentParser, *, root: bool) -> None:
    """The flags that may stand before or after the command."""

    def default(value: object) -> object:
        return value if root else argparse.SUPPRESS

    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "--json", action="store_true", default=default(False), help="answer as one JSON object on stdout"
    )
    group.add_argument("--quiet", action="store_true", default=default(False), help="errors only")
    group.add_argument("--debug", action="store_true", default=default(False), help="show tracebacks")
    group.add_argument(
        "--plugin",
        action="append",
        type=Path,
        metavar="PATH",
        default=default([]),
        help="load a plugin from a Python file, a package folder or a package's project; repeatable",
    )
    group.add_argument(
        "--plugins-dir",
        action="append",
        type=Path,
        metavar="DIR",
        default=default([]),
        help="load every plugin in a folder; repeatable",
    )
    group.add_argument(
        "--config-dir",
        action="append",
        type=Path,
        metavar="DIR",
        default=default([]),
        help="search a folder of YAML choices first; repeatable",
    )


def count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


def task(text: str) -> int | str:
    return text if text == "env" else count(text)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)
