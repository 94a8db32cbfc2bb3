"""Episodes summed up from what is planned are those that their events say, in whatever order these are counted."""

import dataclasses

import numpy as np
import pytest

from synth.contracts.injector import FraudEvents
from synth.engine.episodes import SEVERAL, EpisodeRows, first_events

NAMES = ("chain", "ring")


def planned(episodes: int, most: int, cards: int, *, seed: int) -> FraudEvents:
    """Events in order of time, some in one second, of episodes that may be on several cards."""
    rng = np.random.default_rng(seed)
    episode_f = rng.permutation(np.repeat(np.arange(episodes), rng.integers(1, most + 1, episodes)))
    time_us_f = np.sort(rng.integers(0, 3 * len(episode_f), len(episode_f)))
    card_f, amount_f = rng.integers(0, cards, len(episode_f)), rng.integers(1, 10**11, len(episode_f))
    return FraudEvents(episode_f, time_us_f, card_f, amount_f, np.zeros_like(episode_f))


@pytest.mark.parametrize("cards", [1, 2, 40])
@pytest.mark.parametrize(("episodes", "most"), [(1, 1), (1, 30), (200, 1), (200, 9)])
def test_planned_episodes_are_those_of_their_events(episodes: int, most: int, cards: int) -> None:
    events = planned(episodes, most, cards, seed=episodes + most)
    id_e = np.random.default_rng(1).permutation(episodes) * 3
    found = EpisodeRows.planned(NAMES, 1, id_e, events)
    scenario_f = np.ones_like(events.episode_f)
    told = (events.card_f, events.time_us_f, events.amount_minor_f)
    wanted = EpisodeRows.of(NAMES, id_e[events.episode_f], scenario_f, *told)
    for field in dataclasses.fields(EpisodeRows)[1:]:
        assert (getattr(found, field.name) == getattr(wanted, field.name)).all(), field.name
        assert getattr(found, field.name).dtype == np.int64
    assert (SEVERAL in found.card_e) == (cards > 1 and most > 1)


def test_no_episodes() -> None:
    none = planned(0, 1, 1, seed=0)
    assert len(first_events(none.episode_f)) == 0
    assert len(EpisodeRows.planned(NAMES, 0, np.empty(0, dtype=np.int64), none)) == 0
