"""Everything that spans blocks, decided once: row counts, quotas and every fraud episode with its event times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synth.amount import HIGHEST
from synth.errors import RefusedError, RunError, blaming
from synth.events import PLAIN_NAME
from synth.generators.contract import BlockPlan, Generator, Int64, World, broken_own, rows_with, sort_code
from synth.injectors.contract import FraudEvents, Injector, Scene
from synth.render import EpisodeRows
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cast:
    """Who plays in a run: the generator and the injectors by scenario name, in name order."""

    seed: int
    world: World
    generator: Generator
    injectors: Mapping[str, Injector]

    @property
    def genuine_streams(self) -> Streams:
        """The generator's streams."""
        return Streams(self.seed, "generator")

    @cached_property
    def blocks(self) -> BlockPlan:
        """The generator's plan."""
        with blaming("the generator"):
            return self.generator.plan(self.world, streams=self.genuine_streams)

    @cached_property
    def scene(self) -> Scene:
        """What injectors may know."""
        world, blocks = self.world, self.blocks
        return Scene(
            cards=world.cards,
            timeline=world.timeline,
            amount=self.generator.amounts(blocks, world=world),
            rows=int(blocks.rows_b.sum()),
            columns=tuple(column.name for column in self.generator.columns),
            census=world.census,
            population=world.population,
        )


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


@dataclass(frozen=True)
class Spans:
    """Episodes as closed intervals on their cards: (e,) victim, first and last second."""

    card_e: Int64
    first_s_e: Int64
    last_s_e: Int64

    @classmethod
    def of(cls, events: FraudEvents) -> "Spans":
        """The spans of a scenario's episodes, by episode number."""
        episodes = int(events.episode_f.max(initial=-1)) + 1
        card = np.zeros(episodes, dtype=np.int64)
        first, last = np.full(episodes, np.iinfo(np.int64).max), np.full(episodes, np.iinfo(np.int64).min)
        card[events.episode_f] = events.card_f
        np.minimum.at(first, events.episode_f, events.time_us_f // US_PER_S)
        np.maximum.at(last, events.episode_f, events.time_us_f // US_PER_S)
        return cls(card, first, last)

    def joined(self, other: "Spans") -> "Spans":
        """These spans, then the other ones."""
        return Spans(*(np.concatenate([getattr(self, f), getattr(other, f)]) for f in self.__dataclass_fields__))


#: How often a clashing episode is moved, each time within twice the distance, before the run is refused.
_MOVES = 24


def settle(planned: Mapping[str, FraudEvents], cast: Cast, blocks: BlockPlan) -> dict[str, FraudEvents]:
    """Moves whole episodes until none overlaps another on its card, and in mode add none meets a genuine event.

    Scenarios settle in name order, whatever order the recipe gives them in: an episode gives way to those of earlier
    scenarios. It moves by a few random seconds, more with each try, inside the window, and keeps its own shape.

    Raises:
        RefusedError: an episode finds no room.
    """
    settled: dict[str, FraudEvents] = {}
    taken = Spans(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    for name in sorted(planned):
        events = planned[name]
        streams = Streams(cast.seed, f"settle/{name}")
        fresh_f = np.arange(0 if cast.injectors[name].replaces else len(events.time_us_f))
        for move in range(_MOVES + 1):
            spans = Spans.of(events)
            clashing_e = _overlapping(taken, spans)
            met_f = fresh_f[_meets_genuine(events.take(fresh_f), cast, blocks)]
            clashing_e[events.episode_f[met_f]] = True
            if not clashing_e.any():
                break
            if move == _MOVES:
                raise RefusedError(f"scenario {name!r} finds no free time on its cards: add cards or lower its ratio")
            shift_s_e = _draw_shifts(spans, 60 << move, cast.world.timeline, rng=streams.draw("move", move))
            events = events.moved(np.where(clashing_e, shift_s_e, 0)[events.episode_f] * US_PER_S)
            fresh_f = fresh_f[:0] if cast.injectors[name].replaces else np.flatnonzero(clashing_e[events.episode_f])
        settled[name] = events
        taken = taken.joined(spans)
    return settled


def _overlapping(taken: Spans, spans: Spans) -> Mask:
    """(e,) bool: the episodes that overlap one in ``taken``, or an earlier one of their own."""
    both = taken.joined(spans)
    own = np.arange(len(both.card_e)) >= len(taken.card_e)
    order = np.lexsort((own, both.first_s_e, both.card_e))
    before, after = order[:-1], order[1:]
    pairs = (both.card_e[before] == both.card_e[after]) & (both.first_s_e[after] <= both.last_s_e[before])
    clashing = np.zeros(len(own), dtype=bool)
    clashing[np.where(own[after], after, before)[pairs]] = True
    return clashing[len(taken.card_e) :]


def _meets_genuine(events: FraudEvents, cast: Cast, blocks: BlockPlan) -> Mask:
    """(f,) bool: the events whose (second, card) the control world has, too. Draws the keys of their blocks."""
    code_f = sort_code(events.time_us_f, events.card_f, cast.world.cards)
    block_f = np.searchsorted(blocks.edge_s_b, events.time_us_f // US_PER_S, side="right") - 1
    meets_f = np.zeros(len(code_f), dtype=bool)
    for block in np.unique(block_f):
        keys = cast.generator.draw_keys(blocks, int(block), world=cast.world, streams=cast.genuine_streams)
        here = block_f == block
        _, meets_f[here] = rows_with(sort_code(keys.time_us_t, keys.card_t, cast.world.cards), code_f[here])
    return meets_f


def _draw_shifts(spans: Spans, reach_s: int, timeline: Timeline, *, rng: np.random.Generator) -> Int64:
    """(e,) seconds by which each episode may move, up to ``reach_s`` either way, inside the window."""
    lowest_s = np.maximum(timeline.start_s - spans.first_s_e, -reach_s)
    highest_s = np.minimum(timeline.end_s - 1 - spans.last_s_e, reach_s)
    return rng.integers(lowest_s, highest_s, endpoint=True)
