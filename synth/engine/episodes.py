"""Episodes summed up: one row an episode, from its events, or from what several blocks know of it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from synth.arrays import Int64
from synth.contracts.injector import FraudEvents

#: The card of an episode on several cards.
SEVERAL = -1


def first_events(episode_f: Int64) -> Int64:
    """(e,) position of the first event of each episode, where each has one."""
    first_e = np.zeros(int(episode_f.max(initial=-1)) + 1, dtype=np.int64)
    first_e[episode_f[::-1]] = np.arange(len(episode_f) - 1, -1, -1)  # of several values the last one stays
    return first_e


@dataclass(frozen=True)
class EpisodeRows:
    """Episodes in order of their ids: (e,) int64 each, except the names.

    Attributes:
        scenarios: names of all scenarios.
        scenario_e: index into ``scenarios``.
        card_e: index of the card; ``SEVERAL`` where there are.
        first_us_e, last_us_e: time of the first and the last event.
        events_e: number of events.
        amount_minor_e: sum of their amounts.
    """

    scenarios: tuple[str, ...]
    episode_id_e: Int64
    scenario_e: Int64
    card_e: Int64
    first_us_e: Int64
    last_us_e: Int64
    events_e: Int64
    amount_minor_e: Int64

    @classmethod
    def none(cls, scenarios: tuple[str, ...]) -> Self:
        """No episodes."""
        return cls(scenarios, *(np.empty(0, dtype=np.int64) for _ in range(7)))

    @classmethod
    def of(
        cls, scenarios: tuple[str, ...], id_f: Int64, scenario_f: Int64, card_f: Int64, time_us_f: Int64, minor_f: Int64
    ) -> Self:
        """The episodes of events in any order."""
        each = cls(scenarios, id_f, scenario_f, card_f, time_us_f, time_us_f, np.ones_like(id_f), minor_f)
        return cls.merged([each])

    @classmethod
    def planned(cls, scenarios: tuple[str, ...], scenario: int, id_e: Int64, events: FraudEvents) -> Self:
        """The episodes of one scenario from its events in order of time, without sorting these by episode.

        Args:
            scenario: index into ``scenarios``.
            id_e: ids by the scenario's own episode numbers; each has an event.
        """
        first_e = first_events(events.episode_f)
        card_e, amount_minor_e, last_us_e = events.card_f[first_e], np.zeros_like(id_e), np.zeros_like(id_e)
        last_us_e[events.episode_f] = events.time_us_f  # of several values for an episode the last one stays
        np.add.at(amount_minor_e, events.episode_f, events.amount_minor_f)
        card_e[events.episode_f[events.card_f != card_e[events.episode_f]]] = SEVERAL
        count_e, which_e = np.bincount(events.episode_f), np.full_like(id_e, scenario)
        rows = (id_e, which_e, card_e, events.time_us_f[first_e], last_us_e, count_e, amount_minor_e)
        by_id = np.argsort(id_e)
        return cls(scenarios, *(row_e[by_id] for row_e in rows))

    @classmethod
    def merged(cls, parts: Iterable["EpisodeRows"]) -> Self:
        """One row an episode, from several rows of some of its events each; the parts know the same scenarios."""
        parts = list(parts)
        id_r, scenario_r, card_r, first_r, last_r, events_r, minor_r = (
            np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)[1:]
        )
        order = np.argsort(id_r, kind="stable")
        id_e, start_e = np.unique(id_r[order], return_index=True)
        if not len(id_e):
            return cls.none(parts[0].scenarios)
        lowest, highest = (pick.reduceat(card_r[order], start_e) for pick in (np.minimum, np.maximum))
        return cls(
            parts[0].scenarios,
            id_e,
            scenario_r[order][start_e],
            np.where(lowest == highest, lowest, SEVERAL),
            np.minimum.reduceat(first_r[order], start_e),
            np.maximum.reduceat(last_r[order], start_e),
            np.add.reduceat(events_r[order], start_e),
            np.add.reduceat(minor_r[order], start_e),
        )

    def __len__(self) -> int:
        return len(self.episode_id_e)

    def __getitem__(self, episodes: slice) -> "EpisodeRows":
        arrays = (getattr(self, each.name)[episodes] for each in fields(self)[1:])
        return EpisodeRows(self.scenarios, *arrays)
