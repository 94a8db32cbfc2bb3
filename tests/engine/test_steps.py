"""Visits of fraudsters walk where people walk: the ways through a shop are declared once, and nobody takes others."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth.contracts.sessions import ACCOUNT_STEPS, ACCOUNT_TYPES, SHOP_STEPS, START, Steps, follows
from tests.presets import PRESETS, world

Walks = Counter[tuple[str, str]]


def visits(preset: str) -> Iterator[tuple[pd.DataFrame, Steps]]:
    """The steps of a preset's visits in order, with the scenario of added ones, and the ways declared."""
    _, tables = world(preset)
    steps: Any
    if "clicks" in tables:
        labels = tables["click_labels"]
        planned = tables["labels"][tables["labels"].amount_before_minor.isna()]
        mine: Any = labels[labels.episode_id.isin(planned.episode_id)].set_index("click_id").scenario.astype(str)
        steps = tables["clicks"].rename(columns={"click_id": "place"})
        yield steps.assign(scenario=steps.place.map(mine)), ACCOUNT_STEPS
    rows, labels = tables["transactions"], tables["labels"]
    if "session_id" in rows:
        added: Any = labels[labels.amount_before_minor.isna()].set_index("event_id").scenario.astype(str)
        steps = rows.assign(scenario=rows.event_id.map(added), time=rows.timestamp)
        yield steps, SHOP_STEPS


def walked(steps: pd.DataFrame) -> tuple[Walks, set[str]]:
    """How often each step follows which, ``start`` before the first, and what visits end with."""
    ordered = steps.assign(event_type=steps.event_type.astype(str)).groupby("session_id", sort=False).event_type
    before = ordered.shift().fillna("start")
    return Counter(zip(before, steps.event_type.astype(str), strict=True)), set(ordered.last())


def declared(ways: Steps) -> set[tuple[str, str]]:
    names = {START: "start", **dict(enumerate(ACCOUNT_TYPES))}
    return {(names[before], names[step]) for before, after in ways.items() for step in after}


@pytest.mark.parametrize("preset", PRESETS)
def test_fraud_takes_the_ways_of_people(preset: str) -> None:
    names, _ = world(preset)
    for steps, ways in visits(preset):
        whole = steps
        if ways is SHOP_STEPS:
            # some visits had begun before the window
            early = steps.time < steps.time.min() + pd.Timedelta("2h")
            whole = steps[~steps.session_id.isin(steps.session_id[early & steps.scenario.isna()])]
        honest, ends = walked(whole[whole.scenario.isna()])
        if preset == "clickstream_independent":
            assert {before for before, _ in honest} == {"start"}, "each event is a visit of its own"
        else:
            assert set(honest) == declared(ways), "people take every way that is declared, and no other"
        for scenario in steps.scenario.dropna().unique():
            mine, mine_end = walked(steps[steps.scenario == scenario])
            assert set(mine) <= set(honest), (scenario, set(mine) - set(honest))
            assert mine_end <= ends, scenario
        assert steps.scenario.nunique() >= 1, names


def test_a_way_that_nobody_takes_is_seen() -> None:
    types = np.array([0, 2, 3])
    assert follows(SHOP_STEPS, np.array([START, 0, 2]), types).tolist() == [True, False, True]
    frame = pd.DataFrame({"session_id": [1, 1, 1], "event_type": ["page_view", "add_to_cart", "purchase"]})
    assert set(walked(frame)[0]) - declared(SHOP_STEPS) == {("page_view", "add_to_cart")}
