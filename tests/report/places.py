"""Finished outputs to report on, each small and with something of its own."""

from functools import cache
from pathlib import Path

from synth.check.stats.subject import read_subject
from synth.config.catalog import load_catalog
from synth.report import Part, make_report
from tests.cli.commands import synth

#: Name → recipe: people with holidays, reports and two scenarios; the book's world; the notebook's rows; no fraud.
RECIPES = {
    "people": (
        "experiment=tiny",
        "timeline.end=2022-02-01",
        "reporting=chargebacks",
        "scenario=[card_chain,account_takeover]",
        "scenario.account_takeover.ratio=0.01",
    ),
    "handbook": ("experiment=handbook", "timeline.end=2018-05-01"),
    "notebook": ("scenario=card_chain", "generator.transactions=4000", "population.cards=300"),
    "control": ("experiment=tiny", "timeline.end=2022-02-01", "scenario=[]"),
}


def make_places(directory: Path) -> None:
    """All of them, below a directory."""
    for name, recipe in RECIPES.items():
        answer = synth("run", *recipe, f"sink.parquet.uri={name}", cwd=directory)
        assert answer.code == 0, answer.err


@cache
def parts_of(place: Path) -> dict[str, Part]:
    """The parts of a report by name."""
    return {part.name: part for part in make_report(read_subject(str(place), load_catalog()))}
