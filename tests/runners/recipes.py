"""What every runner has to make to the same bytes: all that goes through receipts, and more than one sink."""

import hashlib
from pathlib import Path

from tests.sinks.places import ROOT

SMALL = ("generator.transactions=4000", "block_rows=500", "population.cards=200", "timeline.end=2022-02-01")
CLAIMS = ("scenario=[amount_threshold,card_chain]", "scenario.card_chain.ratio=0.02", "reporting=noisy", *SMALL)
PEOPLE = ("population.customers.number=400", "population.cards=480", "timeline.end=2022-01-06", "block_rows=300")
CLICKS = ("experiment=account_takeover", "scenario.account_takeover.ratio=0.02", *PEOPLE)
PLUGIN = ROOT / "plugins" / "examples" / "card_testing.py"

#: What is made → (recipe, sinks below ``{place}``).
RECIPES = {
    "claims, reports and two sinks": (
        *CLAIMS,
        "sink=[jsonl,parquet]",
        "sink.jsonl.uri={place}/q",
        "sink.jsonl.layout=parts",
        "sink.parquet.uri={place}/p",
    ),
    "clicks": (*CLICKS, "sink.parquet.uri={place}/p"),
    "a plugin by file": ("scenario=card_testing", *SMALL, "sink.parquet.uri={place}/p"),
}


def placed(recipe: tuple[str, ...], place: str | Path) -> list[str]:
    """A recipe that writes below a place."""
    return [word.format(place=place) for word in recipe]


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
