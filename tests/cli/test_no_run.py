"""A place without a finished run: each command that reads one says the same, and what there is to do."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.cli.parser import make_parser
from tests.cli.commands import TINY, synth

#: Commands that read a finished run, with the words around the place.
READING = {
    "verify": ("verify", "PLACE"),
    "verify --strict": ("verify", "PLACE", "--strict"),
    "stats": ("stats", "PLACE"),
    "stats --json": ("stats", "PLACE", "--json"),
    "lint": ("lint", "PLACE"),
    "report": ("report", "PLACE"),
    "report --format": ("report", "PLACE", "--format", "md"),
}


def nothing(directory: Path) -> None:
    del directory


def empty(directory: Path) -> None:
    (directory / "place").mkdir()


def others(directory: Path) -> None:
    empty(directory)
    (directory / "place" / "notes.txt").write_text("mine")


def a_file(directory: Path) -> None:
    (directory / "place").write_text("mine")


def unfinished(directory: Path) -> None:
    words = ("run", *TINY, "sink=parquet", "sink.parquet.uri=place", "--parts", "3", "--part", "0")
    answer = synth(*words, cwd=directory)
    assert answer.code == 0, answer.err


def stopped(directory: Path) -> None:
    """A stream that has begun, as a killed one leaves it."""
    empty(directory)
    (directory / "place" / "_checkpoint.json").write_text("{}\n")


def died(directory: Path) -> None:
    (directory / "place" / ".synth-0123abcd").mkdir(parents=True)


PLACES: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (nothing, "there is no such folder"),
    "empty": (empty, "the folder is empty"),
    "others": (others, "_manifest.json is missing"),
    "a file": (a_file, "it is a file"),
    "unfinished": (
        unfinished,
        "one is unfinished, with 1 block made; synth run --resume place finishes it, synth clean place removes it",
    ),
    "stopped": (
        stopped,
        "a stream there has not ended; synth stream --resume with its recipe goes on, --overwrite replaces it",
    ),
    "died": (died, "one is under way there, or died; synth clean place removes what it left"),
}


@pytest.mark.parametrize("state", PLACES)
def test_every_command_says_what_is_there(tmp_path: Path, state: str) -> None:
    make, told = PLACES[state]
    make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for name, words in READING.items():
        answer = synth(*("place" if word == "PLACE" else word for word in words), cwd=tmp_path)
        assert answer.out == "" or "--json" in words, name
        if state == "a file" and words[0] == "report":
            assert (answer.code, "place is a file: --mapping says" in " ".join(answer.err.split())) == (2, True), name
            continue
        assert (answer.code, " ".join(answer.err.split())) == (3, f"error: place holds no synth run: {told}"), name
    assert sorted(tmp_path.rglob("*")) == before


def test_no_command_that_reads_a_place_is_left_out() -> None:
    """The parser says of which commands a uri is one that holds a run; lint and report take recipes, too."""
    actions = make_parser()._subparsers._group_actions[0]  # type: ignore[union-attr]
    assert isinstance(actions, argparse._SubParsersAction)
    taking = {name for name, command in actions.choices.items() if any(a.dest == "uri" for a in command._actions)}
    assert taking - {"commit", "clean"} | {"lint", "report"} == {words[0] for words in READING.values()}


def test_the_ways_that_are_named_are_ways(tmp_path: Path) -> None:
    unfinished(tmp_path)
    assert synth("run", "--resume", "place", cwd=tmp_path).code == 0
    assert synth("verify", "place", cwd=tmp_path).code == 0
    died(tmp_path / "other")
    assert synth("clean", "other/place", cwd=tmp_path).code == 0
    answer = synth("verify", "other/place", cwd=tmp_path)
    assert "the folder is empty" in answer.err


def test_a_report_blames_the_place_before_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    assert "nowhere holds no synth run" in synth("report", "nowhere", cwd=tmp_path).err
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "mapping.yaml").write_text("{}\n")
    answer = synth("report", "rows.csv", "gone.csv", "--mapping", "mapping.yaml", cwd=tmp_path)
    assert answer.code == 2
    assert "there is no file 'gone.csv'" in answer.err
