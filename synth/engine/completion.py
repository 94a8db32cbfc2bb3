"""Has the generator complete the fraud of a run: the columns and amounts that patterns leave open."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64, Values
from synth.contracts.events import OPEN, Events, IncompleteEvents
from synth.contracts.generator import broken_own_columns
from synth.contracts.injector import FraudEvents
from synth.engine.components import Components
from synth.errors import RunError, blaming
from synth.tables.column import Column


def complete(components: Components, planned: Mapping[str, FraudEvents]) -> dict[str, FraudEvents]:
    """The same events with all own columns and all amounts.

    Args:
        planned: scenario → its events, at their times.

    Raises:
        RunError: the generator breaks its contract.
    """
    if not components.generator.columns or not any(len(events.card_f) for events in planned.values()):
        return dict(planned)
    episode_f, scenario_f = _run_wide(planned)
    joined = _joined(planned, episode_f, components.generator.columns)
    order = np.lexsort((joined.time_us_t, episode_f))
    with blaming("the generator"):
        streams = components.genuine_streams
        ordered = joined.take(order)
        events = components.generator.complete(components.blocks, ordered, world=components.world, streams=streams)
        for broken in _broken(components, ordered, events):
            name = type(components.generator).__name__
            raise RunError(f"the generator {name} broke its contract when it completed fraud: {broken}")
    events = events.take(np.argsort(order))
    return {
        name: replace(
            each,
            amount_minor_f=events.amount_minor_t[scenario_f == i],
            own={column: values[scenario_f == i] for column, values in events.own.items()},
        )
        for i, (name, each) in enumerate(planned.items())
    }


def _run_wide(planned: Mapping[str, FraudEvents]) -> tuple[Int64, Int64]:
    """(f,) episodes numbered over all scenarios, and (f,) the scenario, one after the other."""
    first, episodes, scenarios = 0, [], []
    for i, events in enumerate(planned.values()):
        episodes.append(events.episode_f + first)
        scenarios.append(np.full(len(events.episode_f), i))
        first += int(events.episode_f.max(initial=-1)) + 1
    return np.concatenate(episodes), np.concatenate(scenarios)


def _joined(planned: Mapping[str, FraudEvents], episode_f: Int64, columns: tuple[Column, ...]) -> IncompleteEvents:
    """The events of all scenarios, one after the other, with every column that one of them sets."""
    each = list(planned.values())
    own = {
        column.name: np.concatenate([events.own.get(column.name, _open(column, len(events.card_f))) for events in each])
        for column in columns
        if any(column.name in events.own for events in each)
    }
    return IncompleteEvents(
        time_us_t=np.concatenate([events.time_us_f for events in each]),
        card_t=np.concatenate([events.card_f for events in each]),
        amount_minor_t=np.concatenate([events.amount_minor_f for events in each]),
        own=own,
        episode_t=episode_f,
        times_t=np.concatenate([np.ones(len(e.card_f)) if e.times_f is None else e.times_f for e in each]),
        refused_t=np.concatenate([np.zeros(len(e.card_f)) if e.refused_f is None else e.refused_f for e in each]),
    )


def _open(column: Column, rows: int) -> Values:
    """(rows,) open values of a column."""
    if column.arrow == "double":
        return np.full(rows, np.nan)
    return np.full(rows, OPEN, dtype=np.int8 if column.arrow == "int8" else np.int64)


def _broken(components: Components, given: IncompleteEvents, events: Events) -> list[str]:
    """What is wrong with completed events."""
    found = list(broken_own_columns(components.generator.columns, events.own, len(given)))
    if not found:
        for name, values in given.own.items():
            if not np.array_equal(given.completed(events.own).own[name], events.own[name]):
                found.append(f"column {name!r} is not what the pattern set, {values[0]!r} in the first row")
    changed = [n for n in ("time_us_t", "card_t") if not np.array_equal(getattr(events, n), getattr(given, n))]
    found += [f"{name} is changed" for name in changed]
    if ((events.amount_minor_t < 0) | (events.amount_minor_t >= HIGHEST * 100)).any():
        found.append("an amount out of range")
    return found
