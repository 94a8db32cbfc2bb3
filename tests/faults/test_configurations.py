"""Configuration files and overrides that were changed at random: a recipe, or words that say what is wrong."""

import random
from pathlib import Path

import pytest

from synth.check.manifest import short
from synth.config.recipe import load_recipe
from synth.errors import SynthError
from tests.faults.commands import FULL
from tests.faults.mutate import mutated_text

INPUTS = 100_000 if FULL else 40

FILE = """# @package _global_
defaults:
  - override /scenario: [card_chain]
  - override /amount: lognormal
seed: 7
population:
  cards: 300
timeline:
  start: 2022-01-01
  end: 2022-02-01
generator:
  transactions: 4000
scenario:
  card_chain:
    ratio: 0.0025
    chain_length: {min: 3, max: 10}
    interval_s: {min: 30, max: 120}
sink:
  parquet:
    uri: out
"""

OVERRIDES = (
    *("seed=7", "scenario=card_chain", "scenario=[card_chain]", "generator.transactions=4000", "population.cards=300"),
    *("timeline.start=2022-01-01", "scenario.card_chain.ratio=0.0025", "sink=csv", "sink.csv.uri=out", "columns=full"),
    *(
        "amount.buckets=[{share: 1.0, low: 1, high: 5}]",
        "+columns.add={x: amount}",
        "~amount",
        "++a.b=1",
        "block_rows=9",
    ),
    *("experiment=handbook", "clock=rate", "clock.rate.segments=[{events_per_s: 2000}]", "population=tiny"),
)


def fault_of(words: list[str], folder: Path) -> str:
    """What is wrong with how a recipe is read; empty where it is read, or refused in words."""
    try:
        load_recipe(words, config_dirs=[folder])
    except SynthError as error:
        told = str(error)
        fine = error.exit_code in (2, 3) and told.startswith("error: ") and "internal error" not in told
        return "" if fine and len(told) < 20_000 and _can_be_shown(told) else f"{type(error).__name__}: {short(told)}"
    except Exception as error:  # noqa: BLE001 — each is a fault, and all of them are shown
        return f"{type(error).__name__}: {short(str(error))}"
    return ""


def _can_be_shown(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of choices, in a working directory of its own."""
    (tmp_path / "conf/experiment").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "conf"


def test_a_file_that_was_changed_is_read_or_refused_in_words(folder: Path) -> None:
    file, faults = folder / "experiment/mine.yaml", []
    file.write_text(FILE)
    assert fault_of(["experiment=mine"], folder) == ""
    for number in range(INPUTS):
        text = mutated_text(FILE, random.Random(f"file {number}"))
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        fault = fault_of(["experiment=mine"], folder)
        faults += [f"{number}: {fault}"] if fault else []
    assert not faults, "\n".join(faults[:20])


def test_overrides_that_were_changed_are_taken_or_refused_in_words(folder: Path) -> None:
    faults = []
    for number in range(INPUTS):
        rng = random.Random(f"override {number}")
        words = [mutated_text(rng.choice(OVERRIDES), rng) for _ in range(rng.choice((1, 1, 2, 3)))]
        fault = fault_of(words, folder)
        faults += [f"{number}: {fault}"] if fault else []
    assert not faults, "\n".join(faults[:20])
