"""Scenes for an injector: its plan alone, and recipes in which it makes as many episodes as a check needs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from synth.config.typed import resolve, schema_of
from synth.contracts.injector import FraudEvents, Injector
from synth.engine.components import Components
from synth.errors import SynthError
from synth.testing.bench import Size, TestBench

#: The totals of which a scenario's config has one; the first that is set is tried first.
TOTALS = ("ratio", "per_1000_cards", "episodes")

#: The most fraud rows that a check asks for, as a share of the genuine ones.
MOST_FRAUD = 0.25


def injector_of(bench: TestBench, components: Components) -> Injector:
    """The injector under test."""
    return components.injectors[bench.name]


def plan_alone(bench: TestBench, components: Components) -> FraudEvents:
    """What the injector plans, before anybody else has looked at it."""
    return injector_of(bench, components).plan(components.context, streams=components.streams_of(bench.name))


def episodes_in(events: FraudEvents) -> int:
    """How many episodes there are."""
    return len(np.unique(events.episode_f))


def rows_an_episode(events: FraudEvents) -> float:
    """How many events an episode has on average."""
    return len(events.episode_f) / max(1, episodes_in(events))


def _count(bench: TestBench, size: Size) -> int:
    """Episodes of a size; 0 where it cannot be planned."""
    return _planned(bench, size)[0]


def _rows(bench: TestBench, size: Size) -> int:
    """Fraud rows of a size; 0 where it cannot be planned. Few long episodes are a rough measure, their rows are not."""
    return _planned(bench, size)[1]


def _planned(bench: TestBench, size: Size) -> tuple[int, int]:
    """Episodes and fraud rows of a size."""

    def count() -> tuple[int, int]:
        try:
            events = plan_alone(bench, bench.cast(size))
        except SynthError:
            return 0, 0
        return episodes_in(events), len(events.time_us_f)

    return bench.keep(("episodes", size), count)


def with_episodes(bench: TestBench, wanted: int, size: Size | None = None) -> Size:
    """A size in which the injector plans about as many episodes as wanted; fewer where its config allows no more."""
    size = size or Size()
    return bench.keep(("with", wanted, size), lambda: _with_episodes(bench, wanted, size))


def _with_episodes(bench: TestBench, wanted: int, size: Size) -> Size:
    have = _count(bench, size)
    if have >= wanted or not have:
        return size
    for key, value in _totals(bench, size):
        factor = wanted / have
        while factor > 1.2:
            more = size.changed(**{key: _times(bench, key, value, factor)})
            if _count(bench, more) > 1.1 * have and _has_room(bench, more):
                return more
            factor /= 2
    return size


def _has_room(bench: TestBench, size: Size) -> bool:
    try:
        components = bench.cast(size)
        if len(plan_alone(bench, components).time_us_f) > MOST_FRAUD * components.context.rows:
            return False
        bench.prepared(size)
    except SynthError:
        return False
    return True


def grown(bench: TestBench, size: Size, times: int) -> Size:
    """A size with ``times`` the rows, the cards and, where the config allows, the episodes, in as many blocks."""
    larger = replace(size, times=size.times * times)
    wanted = 0.75 * times * _rows(bench, size)
    if _rows(bench, larger) > wanted:
        return larger
    for key, value in _totals(bench, size):
        more = larger.changed(**{key: _times(bench, key, value, times)})
        if _rows(bench, more) > wanted:
            return more
    return larger


def _totals(bench: TestBench, size: Size) -> Iterator[tuple[str, Any]]:
    """The numbers of the config, those first that may set how many episodes there are."""
    part = bench.part_of(bench.composed.config) | dict(size.part)
    numbers = {key: value for key, value in part.items() if isinstance(value, int | float) and value is not True}
    yield from sorted(numbers.items(), key=lambda item: item[0] not in TOTALS)


def _times(bench: TestBench, key: str, value: Any, factor: float) -> Any:
    """A number of the config multiplied, inside its range."""
    root = schema_of(bench.spec.config)
    schema = resolve(root.get("properties", {}).get(key, {}), root)
    options = [resolve(option, root) for option in schema.get("anyOf", [schema])]
    most = min((option["maximum"] for option in options if "maximum" in option), default=float("inf"))
    larger = min(value * factor, most)
    return round(larger) if isinstance(value, int) else float(f"{larger:.6g}")
