"""Makes the plan of a run: asks generator and patterns, holds them to their contracts, settles clashes and counts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.events import OPEN
from synth.contracts.generator import BlockPlan, broken_own_columns
from synth.contracts.injector import FraudEvents, broken_arrays
from synth.contracts.runner import Runner
from synth.engine.clashes import settle
from synth.engine.completion import complete
from synth.engine.components import Components
from synth.engine.episodes import first_events
from synth.engine.moves import Moves
from synth.engine.plan import Plan
from synth.errors import Problem, RefusedError, RunError, blaming
from synth.tables.column import PLAIN_NAME, Column, Given
from synth.timeline import US_PER_S


def make_plan(components: Components, runner: Runner, recall: Callable[[], Moves | None] = lambda: None) -> Plan:
    """Plans the genuine blocks, then the scenarios, settles clashes and counts.

    Args:
        runner: draws the keys of genuine events that added ones could meet.
        recall: tells how episodes gave way, where somebody has planned the same before.

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
    moves, asks = None, any(not components.injectors[name].replaces for name in planned)
    if asks and (moves := recall()):
        settled = moves.applied(planned)
    else:
        settled = settle(planned, components, blocks, runner)
        moves = Moves.between(planned, settled) if asks else None
    roles_of = {name: pattern.roles for name, pattern in components.patterns.items()}
    sets = {name: tuple(events.own) for name, events in planned.items()}
    planned.clear()
    fraud = {}
    settled = complete(components, settled)
    for name in list(settled):  # one at a time: there may be as many as memory takes
        events = settled.pop(name)
        fraud[name] = events.take(np.lexsort((events.card_f, events.time_us_f)))
    rows_b = _count_rows(components, blocks, fraud)
    return Plan(blocks, fraud, _number_episodes(fraud), targets, rows_b, roles_of, sets, moves)


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
    firsts = [events.time_us_f[first_events(events.episode_f)] for events in fraud.values()]
    if not firsts:
        return {}
    ids = np.empty(sum(map(len, firsts)), dtype=np.int64)
    ids[np.argsort(np.concatenate(firsts), kind="stable")] = np.arange(len(ids))
    return dict(zip(fraud, np.split(ids, np.cumsum(list(map(len, firsts)))[:-1]), strict=True))
