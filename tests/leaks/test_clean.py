"""Rows without leaks: findings are as rare as the report says, in two worlds; in eight by ``make sweeps``.

``SYNTH_LINT_WORLDS=200`` tries so many, by hand.
"""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.check.records import Records, read_records
from synth.config.catalog import load_catalog
from synth.leaks import RATE, lint
from synth.rng import Streams
from tests.leaks.planting import look, plant

WORLDS = int(os.environ.get("SYNTH_LINT_WORLDS", "2"))


def most(worlds: int) -> int:
    """Reports with findings that so many worlds have at most, but for one of a thousand tries: binomial."""
    chance, count = 0.0, -1
    while chance < 0.999:
        count += 1
        chance += math.comb(worlds, count) * RATE**count * (1 - RATE) ** (worlds - count)
    return count


def permuted(records: Records, seed: int) -> Records:
    """The same rows with labels permuted within card and hour of the day, what is true of a row with its label."""
    card = records.rows.column("card_id").to_numpy()
    hour = records.rows.column("time").cast("timestamp[us]").cast("int64").to_numpy() // 3_600_000_000 % 24
    lot = Streams(seed, "permuted").draw("lots").random(len(card))
    here, there = np.lexsort((np.arange(len(card)), hour, card)), np.lexsort((lot, hour, card))

    def moved(values: Any) -> Any:
        found = np.empty_like(values)
        found[there] = values[here]
        return found

    truth: dict[str, Any] = {
        name: moved(getattr(records, name)) for name in ("fraud_t", "scenario_t", "episode_t", "claimed_t")
    }
    return replace(records, **truth, truth={}, shown_t=None)


@pytest.mark.sweep
@pytest.mark.parametrize("world", ["people", "cards"])
def test_findings_are_as_rare_as_the_report_says(world: str, tmp_path: Path) -> None:
    reports = [look(tmp_path / str(seed), world=world, seed=seed) for seed in range(WORLDS)]
    told = [finding.message for report in reports for finding in report.findings]
    assert sum(not report.ok for report in reports) <= most(WORLDS), told


@pytest.mark.sweep
def test_labels_that_are_permuted_within_card_and_hour_tell_nothing(tmp_path: Path) -> None:
    records = read_records(plant(tmp_path / "out", world="people"), load_catalog())
    reports = [lint(permuted(records, seed)) for seed in range(WORLDS)]
    told = [finding.message for report in reports for finding in report.findings]
    assert sum(not report.ok for report in reports) <= most(WORLDS), told


def test_the_same_rows_give_the_same_report(tmp_path: Path) -> None:
    place = plant(tmp_path / "out", world="cards")
    first, second = (lint(read_records(place, load_catalog())) for _ in range(2))
    assert first == second
