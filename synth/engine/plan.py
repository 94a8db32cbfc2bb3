"""Everything that spans blocks, decided once: row counts, quotas and every fraud episode with its event times."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.claimer import Targets
from synth.contracts.events import OPEN
from synth.contracts.generator import BlockPlan, broken_own_columns
from synth.contracts.injector import FraudEvents, broken_arrays
from synth.contracts.runner import Runner
from synth.engine.clashes import settle
from synth.engine.completion import complete
from synth.engine.components import Components
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import ADDED, Facts
from synth.errors import Problem, RefusedError, RunError, blaming
from synth.tables.column import PLAIN_NAME, Column, Given
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
    """

    blocks: BlockPlan
    fraud: Mapping[str, FraudEvents]
    episode_ids: Mapping[str, Int64]
    targets: Mapping[str, Targets]
    rows_b: Int64
    roles_of: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]

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
        parts = [EpisodeRows.none(self.scenarios)]
        for name, events in self.fraud.items():
            facts = self.facts_of(name, events.episode_f, events.role_f)
            rows = (facts.episode_id_f, facts.scenario_f, events.card_f, events.time_us_f, events.amount_minor_f)
            parts.append(EpisodeRows.of(self.scenarios, *rows))
        return EpisodeRows.merged(parts)

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


def make_plan(components: Components, runner: Runner) -> Plan:
    """Plans the genuine blocks, then the scenarios, settles clashes and counts.

    Args:
        runner: draws the keys of genuine events that added ones could meet.

    Raises:
        RefusedError: episodes cannot be placed, or a block has fewer genuine rows than fraud would replace.
    """
    blocks, planned, targets = components.blocks, {}, {}
    for name, pattern in components.patterns.items():
        with blaming(components.owner_of(name), f"scenario.{name}"):
            if components.generator.rows() is None:
                _refuse_totals(pattern.problems(components.context))
            if not all(PLAIN_NAME.fullmatch(role) for role in pattern.roles):
                raise RunError(
                    f"{components.owner_of(name)} plans a role that is no plain word; that is an error in its code"
                )
            if name in components.injectors:
                planned[name] = components.injectors[name].plan(components.context, streams=components.streams_of(name))
                _refuse_broken(name, planned[name], components)
    for name, claimer in components.claimers.items():
        with blaming(components.owner_of(name), f"scenario.{name}"):
            targets[name] = claimer.plan(components.context, streams=components.streams_of(name))
    settled = complete(components, settle(planned, components, blocks, runner))
    fraud = {name: events.take(np.lexsort((events.card_f, events.time_us_f))) for name, events in settled.items()}
    roles_of = {name: pattern.roles for name, pattern in components.patterns.items()}
    sets = {name: tuple(events.own) for name, events in planned.items()}
    return Plan(blocks, fraud, _number_episodes(fraud), targets, _count_rows(components, blocks, fraud), roles_of, sets)


def _refuse_totals(problems: Iterator[Problem]) -> None:
    """What was checked with expected rows is checked again with those that the plan counts."""
    for problem in problems:
        raise RefusedError(problem.message, path=problem.path, allowed=problem.allowed, hint=problem.hint)


def _refuse_broken(name: str, events: FraudEvents, components: Components) -> None:
    """Holds an injector to its contract, before its events are taken for granted."""
    timeline, injector = components.world.timeline, components.injectors[name]
    for broken in broken_arrays(events):
        raise RunError(f"{components.owner_of(name)} plans {broken}")
    generator = components.generator
    filled = [replace(column, nullable=True) for column in generator.columns if column.name in events.own]
    unfit = [*broken_own_columns(filled, events.own, len(events.role_f)), *_contradicting(filled, generator.columns)]
    if unfit:
        raise RunError(f"{components.owner_of(name)} does not fit the generator {type(generator).__name__}: {unfit[0]}")
    order = np.lexsort((events.time_us_f, events.episode_f))
    episode_f, time_us_f = events.episode_f[order], events.time_us_f[order]
    rules = {
        "episodes that are not numbered from 0 without gaps": np.diff(episode_f, prepend=-1) > 1,
        "an episode with a negative number": episode_f < 0,
        "two events of an episode in one second": (np.diff(episode_f) == 0) & (np.diff(time_us_f) == 0),
        "an event outside the window": (events.time_us_f < timeline.start_s * US_PER_S)
        | (events.time_us_f >= timeline.end_s * US_PER_S),
        "a time that is no whole second": events.time_us_f % US_PER_S != 0,
        "a card that does not exist": (events.card_f < 0) | (events.card_f >= components.world.cards),
        "an amount out of range": (events.amount_minor_f >= HIGHEST * 100)
        | (events.amount_minor_f < (OPEN if components.generator.prices_fraud else 0)),
        "a role that it does not declare": (events.role_f < 0) | (events.role_f >= len(injector.roles)),
        "an episode on two cards": (np.diff(episode_f) == 0)
        & (np.diff(events.card_f[order]) != 0)
        & (not injector.spans_cards),
    }
    for rule, broken_f in rules.items():
        if broken_f.any():
            raise RunError(f"{components.owner_of(name)} plans {rule}; that is an error in its code")


def _contradicting(filled: Sequence[Column], declared: Sequence[Column]) -> Iterator[str]:
    """Yields which of the columns that a pattern sets follow from others, so that they could contradict these."""
    given = {column.name: column.given for column in declared if column.given}
    for name in (column.name for column in filled if column.name in given):
        if not given[name].sought:
            yield f"column {name!r} is not for a pattern to set: it follows from {', '.join(given[name].by)}"
        above = _deciding(name, given)
        if both := sorted(above & {column.name for column in filled}):
            yield f"column {name!r} follows from {', '.join(both)}, which it sets, too: leave one of them out"


def _deciding(name: str, given: Mapping[str, Given]) -> set[str]:
    """The columns that decide one, and those that decide these."""
    found: set[str] = set()
    rest = [name]
    while rest:
        new = {*given[rest.pop()].by} - found
        found |= new
        rest += [each for each in new if each in given]
    return found


def _count_rows(components: Components, blocks: BlockPlan, fraud: Mapping[str, FraudEvents]) -> Int64:
    rows_b = blocks.rows_b.copy()
    replaced_b, most = np.zeros_like(rows_b), {}
    for name, events in fraud.items():
        fraud_b = np.diff(np.searchsorted(events.time_us_f, blocks.edge_s_b * US_PER_S))
        rows_b += fraud_b
        if components.injectors[name].replaces:
            replaced_b += fraud_b
            most[name] = fraud_b
    short = np.flatnonzero(replaced_b > blocks.rows_b)
    if short.size:
        block = int(short[0])
        raise RefusedError(
            f"block {block} has {blocks.rows_b[block]:,} genuine rows, and {replaced_b[block]:,} fraud rows "
            "would take their place",
            path=f"scenario.{max(most, key=lambda name: int(most[name][block]))}",
            hint="lower the ratio, use mode add, or raise block_rows",
        )
    return rows_b - replaced_b


def _number_episodes(fraud: Mapping[str, FraudEvents]) -> dict[str, Int64]:
    """Run-wide ids in order of first event: an id must not tell the scenario."""
    firsts = [_first_times(events) for events in fraud.values()]
    if not firsts:
        return {}
    ids = np.empty(sum(map(len, firsts)), dtype=np.int64)
    ids[np.argsort(np.concatenate(firsts), kind="stable")] = np.arange(len(ids))
    return dict(zip(fraud, np.split(ids, np.cumsum(list(map(len, firsts)))[:-1]), strict=True))


def _first_times(events: FraudEvents) -> Int64:
    """(e,) time of each episode's first event, of events sorted by time."""
    _, first = np.unique(events.episode_f, return_index=True)
    return events.time_us_f[first]
