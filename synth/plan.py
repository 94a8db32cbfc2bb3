"""Everything that spans blocks, decided once: row counts, quotas and every fraud episode with its event times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.amount import HIGHEST
from synth.cast import Cast
from synth.clashes import Spans, settle
from synth.errors import RefusedError, RunError, blaming
from synth.events import PLAIN_NAME
from synth.generators.contract import BlockPlan, Int64, broken_own
from synth.injectors.contract import FraudEvents, broken_arrays
from synth.render import EpisodeRows
from synth.rng import Streams
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Plan:
    """The decisions of a run.

    Attributes:
        blocks: slices and genuine rows of each block.
        fraud: scenario name → its planned events, sorted by time.
        episode_ids: scenario name → (e,) run-wide episode ids by the scenario's own episode numbers.
        roles_of: scenario name → its injector's roles.
        rows_b: (b,) emitted rows of each block, exact.
    """

    blocks: BlockPlan
    fraud: Mapping[str, FraudEvents]
    episode_ids: Mapping[str, Int64]
    rows_b: Int64
    roles_of: Mapping[str, tuple[str, ...]]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Scenario names, in name order."""
        return tuple(self.fraud)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of all scenarios, one after the other."""
        return tuple(role for name in self.fraud for role in self.roles_of[name])

    @cached_property
    def first_event_b(self) -> Int64:
        """(b,) event id of each block's first row."""
        return np.cumsum(self.rows_b) - self.rows_b

    def fraud_rows(self) -> int:
        """Fraud rows of all scenarios."""
        return sum(len(events.time_us_f) for events in self.fraud.values())

    def fraud_here(self, name: str, block: int) -> FraudEvents:
        """A scenario's planned events that fall into one block."""
        events = self.fraud[name]
        first, last = np.searchsorted(events.time_us_f, self.blocks.edge_s_b[block : block + 2] * US_PER_S)
        return events.take(np.arange(first, last))

    def truth_of(self, name: str, events: FraudEvents) -> Int64:
        """(3, f) the truth of a scenario's events: index of the scenario, run-wide episode id, index of the role."""
        place = self.scenarios.index(name)
        first_role = sum(len(self.roles_of[earlier]) for earlier in self.scenarios[:place])
        scenario_f = np.full(len(events.role_f), place)
        return np.stack([scenario_f, self.episode_ids[name][events.episode_f], events.role_f + first_role])

    @cached_property
    def episodes(self) -> EpisodeRows:
        """All episodes of the run, in order of their ids, and so of their first events."""
        parts = [_summarise(i, self.episode_ids[name], self.fraud[name]) for i, name in enumerate(self.scenarios)]
        columns = np.concatenate(parts, axis=1) if parts else np.empty((7, 0), dtype=np.int64)
        return EpisodeRows(self.scenarios, *columns[:, np.argsort(columns[0])])

    def episodes_starting(self, block: int) -> EpisodeRows:
        """The episodes whose first event falls into one block."""
        first, last = np.searchsorted(self.episodes.first_us_e, self.blocks.edge_s_b[block : block + 2] * US_PER_S)
        return self.episodes[first:last]


def _summarise(scenario: int, ids: Int64, events: FraudEvents) -> Int64:
    """(7, e) the columns of EpisodeRows."""
    spans = Spans.of(events)
    return np.stack(
        [
            ids,
            np.full(len(ids), scenario),
            spans.card_e,
            spans.first_s_e * US_PER_S,
            spans.last_s_e * US_PER_S,
            np.bincount(events.episode_f, minlength=len(ids)),
            np.bincount(events.episode_f, weights=events.amount_minor_f, minlength=len(ids)).astype(np.int64),
        ]
    )


def make_plan(cast: Cast) -> Plan:
    """Plans the genuine blocks, then the scenarios, settles clashes and counts.

    Raises:
        RefusedError: episodes cannot be placed, or a block has fewer genuine rows than fraud would replace.
    """
    blocks, scene = cast.blocks, cast.scene
    planned = {}
    for name, injector in cast.injectors.items():
        with blaming(f"scenario {name!r}: its injector {type(injector).__name__}"):
            if cast.generator.rows() is None:
                _refuse_totals(name, injector.violations(scene))
            planned[name] = injector.plan(scene, streams=Streams(cast.seed, f"scenario/{name}"))
            _refuse_broken(name, planned[name], cast)
    settled = settle(planned, cast, blocks)
    fraud = {name: events.take(np.lexsort((events.card_f, events.time_us_f))) for name, events in settled.items()}
    roles_of = {name: cast.injectors[name].roles for name in fraud}
    return Plan(blocks, fraud, _number_episodes(fraud), _count_rows(cast, blocks, fraud), roles_of)


def _refuse_totals(name: str, problems: Iterator[tuple[str, str, str]]) -> None:
    """What was checked with expected rows is checked again with those that the plan counts."""
    for path, message, allowed in problems:
        raise RefusedError(f"scenario.{name}.{path}: {message}; allowed: {allowed}")


def _refuse_broken(name: str, events: FraudEvents, cast: Cast) -> None:
    """Holds an injector to its contract, before its events are taken for granted."""
    timeline, injector = cast.world.timeline, cast.injectors[name]
    for broken in broken_arrays(events):
        raise RunError(f"scenario {name!r}: its injector {type(injector).__name__} plans {broken}")
    filled = [column for column in cast.generator.columns if column.name in events.own]
    for broken in broken_own(filled, events.own, len(events.role_f)):
        kind, generator = type(injector).__name__, type(cast.generator).__name__
        raise RunError(f"scenario {name!r}: its injector {kind} does not fit the generator {generator}: {broken}")
    order = np.lexsort((events.time_us_f, events.episode_f))
    episode_f, time_us_f = events.episode_f[order], events.time_us_f[order]
    rules = {
        "episodes that are not numbered from 0 without gaps": np.diff(episode_f, prepend=-1) > 1,
        "an episode with a negative number": episode_f < 0,
        "two events of an episode in one second": (np.diff(episode_f) == 0) & (np.diff(time_us_f) == 0),
        "an event outside the window": (events.time_us_f < timeline.start_s * US_PER_S)
        | (events.time_us_f >= timeline.end_s * US_PER_S),
        "a time that is no whole second": events.time_us_f % US_PER_S != 0,
        "a card that does not exist": (events.card_f < 0) | (events.card_f >= cast.world.cards),
        "an amount out of range": (events.amount_minor_f < 0) | (events.amount_minor_f >= HIGHEST * 100),
        "a role that it does not declare": (events.role_f < 0) | (events.role_f >= len(injector.roles)),
        "an episode on two cards": (np.diff(episode_f) == 0) & (np.diff(events.card_f[order]) != 0),
        "a role that is no plain word": np.array([not PLAIN_NAME.fullmatch(role) for role in injector.roles]),
    }
    for rule, broken_f in rules.items():
        if broken_f.any():
            kind = type(injector).__name__
            raise RunError(f"scenario {name!r}: its injector {kind} plans {rule}; that is an error in its code")


def _count_rows(cast: Cast, blocks: BlockPlan, fraud: Mapping[str, FraudEvents]) -> Int64:
    rows_b = blocks.rows_b.copy()
    replaced_b = np.zeros_like(rows_b)
    for name, events in fraud.items():
        fraud_b = np.diff(np.searchsorted(events.time_us_f, blocks.edge_s_b * US_PER_S))
        rows_b += fraud_b
        replaced_b += fraud_b if cast.injectors[name].replaces else 0
    short = np.flatnonzero(replaced_b > blocks.rows_b)
    if short.size:
        block = int(short[0])
        raise RefusedError(
            f"block {block} has {blocks.rows_b[block]:,} genuine rows, and {replaced_b[block]:,} fraud rows "
            "would take their place: lower the ratio, use mode add, or raise block_rows"
        )
    return rows_b - replaced_b


def _number_episodes(fraud: Mapping[str, FraudEvents]) -> dict[str, Int64]:
    """Run-wide ids in order of first event: an id must not tell the scenario."""
    firsts = [Spans.of(events).first_s_e for events in fraud.values()]
    if not firsts:
        return {}
    ids = np.empty(sum(map(len, firsts)), dtype=np.int64)
    ids[np.argsort(np.concatenate(firsts), kind="stable")] = np.arange(len(ids))
    return dict(zip(fraud, np.split(ids, np.cumsum(list(map(len, firsts)))[:-1]), strict=True))
