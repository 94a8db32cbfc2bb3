"""Everything that spans blocks, decided once: row counts, quotas and every fraud episode with its event times."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Int64
from synth.contracts.claimer import Targets
from synth.contracts.generator import BlockPlan
from synth.contracts.injector import FraudEvents
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import ADDED, Facts
from synth.engine.moves import Moves
from synth.timeline import US_PER_S

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Plan:
    """The decisions of a run.

    Attributes:
        blocks: slices and genuine rows of each block.
        fraud: scenario name → its planned events, sorted by time; of scenarios that add rows, in name order.
        episode_ids: scenario name → (e,) run-wide episode ids by the scenario's own episode numbers.
        targets: scenario name → what it is after; of scenarios that claim rows, in the order in which they do.
        roles_of: scenario name → its roles; all scenarios, in name order.
        rows_b: (b,) emitted rows of each block, exact.
        sets: scenario name → the generator's own columns that its pattern sets; of scenarios that add rows.
        moves: how episodes gave way; None where the control world was not asked about it.
    """

    blocks: BlockPlan
    fraud: Mapping[str, FraudEvents]
    episode_ids: Mapping[str, Int64]
    targets: Mapping[str, Targets]
    rows_b: Int64
    roles_of: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]
    moves: Moves | None = None

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Scenario names, in name order."""
        return tuple(self.roles_of)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of all scenarios, one after the other."""
        return tuple(role for roles in self.roles_of.values() for role in roles)

    @cached_property
    def first_event_b(self) -> Int64:
        """(b,) event id of each block's first row."""
        return np.cumsum(self.rows_b) - self.rows_b

    @cached_property
    def first_genuine_b(self) -> Int64:
        """(b,) position in the control world of each block's first genuine row."""
        return np.cumsum(self.blocks.rows_b) - self.blocks.rows_b

    def counts_of(self, name: str) -> dict[str, int]:
        """Episodes and fraud rows of a scenario that adds rows."""
        return {"episodes": len(self.episode_ids[name]), "rows": len(self.fraud[name].time_us_f)}

    def scenario_counts(self) -> dict[str, dict[str, int] | None]:
        """Scenario → its episodes and fraud rows; None for one that claims rows: how many shows when they are made."""
        return {name: self.counts_of(name) if name in self.fraud else None for name in self.scenarios}

    def planned_rows(self) -> int:
        """Fraud rows of the scenarios that add rows; how many genuine ones are claimed shows when they are made."""
        return sum(len(events.time_us_f) for events in self.fraud.values())

    def fraud_here(self, name: str, block: int) -> FraudEvents:
        """A scenario's planned events that fall into one block."""
        events = self.fraud[name]
        first, last = np.searchsorted(events.time_us_f, self.blocks.edge_s_b[block : block + 2] * US_PER_S)
        return events.take(np.arange(first, last))

    def facts_of(self, name: str, episode_f: Int64, role_f: Int64, *, before_minor_f: Int64 | None = None) -> Facts:
        """What is true of a scenario's events.

        Args:
            episode_f: the scenario's own episode numbers.
            role_f: indices of its own roles.
            before_minor_f: what claimed rows cost before; None for added ones.
        """
        place = self.scenarios.index(name)
        first_role = sum(len(self.roles_of[earlier]) for earlier in self.scenarios[:place])
        id_f = self.episode_ids[name][episode_f] if name in self.fraud else self._first_claimed(name) + episode_f
        added_f = np.full(len(role_f), ADDED)
        return Facts(
            scenario_f=np.full(len(role_f), place),
            episode_id_f=id_f,
            role_f=role_f + first_role,
            before_minor_f=added_f if before_minor_f is None else before_minor_f,
        )

    def _first_claimed(self, name: str) -> int:
        """The lowest episode id of a scenario that claims rows: behind those of planned episodes."""
        names = list(self.targets)
        return sum(map(len, self.episode_ids.values())) + sum(
            self.targets[earlier].episodes for earlier in names[: names.index(name)]
        )

    @cached_property
    def episodes(self) -> EpisodeRows:
        """All planned episodes of the run, in order of their ids, and so of their first events."""
        planned = (
            EpisodeRows.planned(self.scenarios, self.scenarios.index(name), self.episode_ids[name], events)
            for name, events in self.fraud.items()
        )
        return EpisodeRows.merged([EpisodeRows.none(self.scenarios), *planned])

    @cached_property
    def firsts(self) -> tuple[Int64, Int64]:
        """(e,) second and (e,) card of the first event of each planned episode, by its id."""
        ids = [self.episode_ids[name][events.episode_f] for name, events in self.fraud.items()]
        # The events of a scenario are in order of time: the first of each episode comes first.
        _, first = np.unique(np.concatenate([_NONE, *ids]), return_index=True)
        time_us_f = np.concatenate([_NONE, *(events.time_us_f for events in self.fraud.values())])
        card_f = np.concatenate([_NONE, *(events.card_f for events in self.fraud.values())])
        return time_us_f[first] // US_PER_S, card_f[first]

    def own_episodes(self, name: str, id_f: Int64) -> Int64:
        """(f,) a scenario's own numbers of episodes, from the ids of the run."""
        if name in self.targets:
            return id_f - self._first_claimed(name)
        by_id = np.argsort(self.episode_ids[name])
        return by_id[np.searchsorted(self.episode_ids[name][by_id], id_f)]

    def last_on_card(self, name: str, episode_f: Int64, card_f: Int64) -> Int64:
        """(f,) microseconds at which an episode of a scenario that adds rows last hits a card that it does hit."""
        code, last_us = self._lasts[name]
        cards = self._cards_of(name)
        return last_us[np.searchsorted(code, episode_f * cards + card_f)]

    @cached_property
    def _lasts(self) -> dict[str, tuple[Int64, Int64]]:
        """Scenario → (n,) codes of episodes and cards, ascending, and (n,) the last time of each."""
        found = {}
        for name, events in self.fraud.items():
            code_f = events.episode_f * self._cards_of(name) + events.card_f
            order = np.lexsort((events.time_us_f, code_f))
            last = np.diff(code_f[order], append=-1) != 0
            found[name] = code_f[order][last], events.time_us_f[order][last]
        return found

    def _cards_of(self, name: str) -> int:
        return int(self.fraud[name].card_f.max(initial=0)) + 1

    def episodes_starting(self, block: int) -> EpisodeRows:
        """The episodes whose first event falls into one block."""
        first, last = np.searchsorted(self.episodes.first_us_e, self.blocks.edge_s_b[block : block + 2] * US_PER_S)
        return self.episodes[first:last]
