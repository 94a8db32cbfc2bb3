"""An unfinished command line, read by the parser's own declarations: what has been said, and what may come next."""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth.cli.parser import Parser


@dataclass
class Words:
    """What the words so far say.

    Attributes:
        parser: of the command that they name, or of all commands.
        pending: the flag whose value comes next; None where no flag waits for one.
        given: argument or flag with a value → the words for it.
    """

    parser: Parser
    pending: argparse.Action | None = None
    given: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def expected(self) -> argparse.Action | None:
        """The argument that comes next; None where no more are taken."""
        for action in self.parser.positionals():
            if action.nargs == "*" or not self.given[action.dest]:
                return action
        return None

    def paths(self, flag: str) -> list[Path]:
        """The values of a flag that takes paths."""
        return [Path(value) for value in self.given[flag]]


def read_words(parser: Parser, words: Sequence[str]) -> Words | None:
    """Follows the words from command to command; flags may stand anywhere. None where they name no command."""
    read = Words(parser)
    for word in words:
        if read.pending:
            read.given[read.pending.dest].append(word)
            read.pending = None
        elif word.startswith("-"):
            flag, equals, value = word.partition("=")
            action = read.parser.option(flag)
            takes_value = action is not None and action.nargs != 0
            if action and takes_value and equals:
                read.given[action.dest].append(value)
            elif takes_value:
                read.pending = action
        elif commands := read.parser.commands():
            if word not in commands:
                return None
            read.parser = commands[word]
        elif read.expected:
            read.given[read.expected.dest].append(word)
    return read
