"""The piece of the planned fraud that a block needs, so that a worker need not hold the fraud of the whole run."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.contracts.injector import FraudEvents


@dataclass(frozen=True)
class EpisodeIds:
    """The run-wide ids of a scenario's episodes.

    Attributes:
        id_e: (e,) ids of the episodes that are known here.
        total: episodes of the scenario in the whole run.
        own_e: (e,) the scenario's own numbers of them, ascending; None: all, from 0.
    """

    id_e: Int64
    total: int
    own_e: Int64 | None = None

    def __len__(self) -> int:
        return self.total

    def of(self, episode_f: Int64) -> Int64:
        """(f,) the ids of episodes, by their own numbers."""
        return self.id_e[episode_f if self.own_e is None else np.searchsorted(self.own_e, episode_f)]

    def own(self, id_f: Int64) -> Int64:
        """(f,) the own numbers of episodes, by their ids."""
        by_id = np.argsort(self.id_e)
        place_f = by_id[np.searchsorted(self.id_e[by_id], id_f)]
        return place_f if self.own_e is None else self.own_e[place_f]

    def only(self, episode_e: Int64) -> "EpisodeIds":
        """Those of some episodes, given by their own numbers, ascending."""
        return EpisodeIds(self.of(episode_e), self.total, episode_e)


@dataclass(frozen=True)
class FraudSlice:
    """What one block needs of the planned fraud. Small and picklable.

    Attributes:
        block: its index.
        fraud: scenario name → all events of each episode that has one in the block, sorted by time: what is true of an
            event may rest on others of its episode.
        episode_ids: scenario name → the ids of these episodes.
    """

    block: int
    fraud: Mapping[str, FraudEvents]
    episode_ids: Mapping[str, EpisodeIds]


@dataclass(frozen=True)
class ByEpisode:
    """A scenario's events, to be found by their episode.

    Attributes:
        order_f: (f,) the events, episode by episode.
        first_e: (e + 1,) where in ``order_f`` each episode begins.
    """

    events: FraudEvents
    order_f: Int64
    first_e: Int64

    @classmethod
    def of(cls, events: FraudEvents) -> "ByEpisode":
        """Of events that are sorted by time."""
        counts_e = np.bincount(events.episode_f)
        return cls(events, np.argsort(events.episode_f, kind="stable"), np.append(0, np.cumsum(counts_e)))

    def touching(self, first: int, last: int) -> tuple[Int64, FraudEvents]:
        """The episodes of the events from ``first`` to before ``last``, ascending, and all events of these by time."""
        episode_e = np.unique(self.events.episode_f[first:last])
        start_e, stop_e = self.first_e[episode_e], self.first_e[episode_e + 1]
        before_e = np.cumsum(stop_e - start_e) - (stop_e - start_e)
        place_f = np.repeat(start_e - before_e, stop_e - start_e)
        rows_f = self.order_f[place_f + np.arange(len(place_f))]
        return episode_e, self.events.take(np.sort(rows_f))
