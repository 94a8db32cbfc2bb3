"""Streams into a broker, as a user types them."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.cli import commands
from tests.cli.commands import Answer, Process

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")


def into(address: str, topic: str) -> tuple[str, ...]:
    """The overrides that lead to a topic."""
    return ("sink=kafka", f"sink.kafka.servers={address}", f"sink.kafka.topic={topic}")


def cli(name: str, *words: str, cwd: Path, env: dict[str, str] | None = None) -> Answer:
    return commands.synth(name, *words, cwd=cwd, env=env)


def start(*words: str, cwd: Path) -> AbstractContextManager[Process]:
    """A stream in a process of its own, which a test may kill."""
    return commands.start("stream", *words, cwd=cwd)
