"""Scenes for an injector: its plan alone, and recipes in which it makes as many episodes as a check needs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from synth.config.typed import resolve, schema_of
from synth.contracts.injector import FraudEvents, Injector
from synth.engine.components import Cast
from synth.errors import SynthError
from synth.testing.stage import Size, Stage

#: The totals of which a scenario's config has one; the first that is set is tried first.
TOTALS = ("ratio", "per_1000_cards", "episodes")

#: The most fraud rows that a check asks for, as a share of the genuine ones.
MOST_FRAUD = 0.25


def injector_of(stage: Stage, cast: Cast) -> Injector:
    """The injector under test."""
    return cast.injectors[stage.name]


def plan_alone(stage: Stage, cast: Cast) -> FraudEvents:
    """What the injector plans, before anybody else has looked at it."""
    return injector_of(stage, cast).plan(cast.scene, streams=cast.streams_of(stage.name))


def episodes_in(events: FraudEvents) -> int:
    """How many episodes there are."""
    return len(np.unique(events.episode_f))


def rows_an_episode(events: FraudEvents) -> float:
    """How many events an episode has on average."""
    return len(events.episode_f) / max(1, episodes_in(events))


def _count(stage: Stage, size: Size) -> int:
    """Episodes of a size; 0 where it cannot be planned."""
    return _planned(stage, size)[0]


def _rows(stage: Stage, size: Size) -> int:
    """Fraud rows of a size; 0 where it cannot be planned. Few long episodes are a rough measure, their rows are not."""
    return _planned(stage, size)[1]


def _planned(stage: Stage, size: Size) -> tuple[int, int]:
    """Episodes and fraud rows of a size."""

    def count() -> tuple[int, int]:
        try:
            events = plan_alone(stage, stage.cast(size))
        except SynthError:
            return 0, 0
        return episodes_in(events), len(events.time_us_f)

    return stage.keep(("episodes", size), count)


def with_episodes(stage: Stage, wanted: int, size: Size | None = None) -> Size:
    """A size in which the injector plans about as many episodes as wanted; fewer where its config allows no more."""
    size = size or Size()
    return stage.keep(("with", wanted, size), lambda: _with_episodes(stage, wanted, size))


def _with_episodes(stage: Stage, wanted: int, size: Size) -> Size:
    have = _count(stage, size)
    if have >= wanted or not have:
        return size
    for key, value in _totals(stage, size):
        factor = wanted / have
        while factor > 1.2:
            more = size.changed(**{key: _times(stage, key, value, factor)})
            if _count(stage, more) > 1.1 * have and _has_room(stage, more):
                return more
            factor /= 2
    return size


def _has_room(stage: Stage, size: Size) -> bool:
    try:
        cast = stage.cast(size)
        if len(plan_alone(stage, cast).time_us_f) > MOST_FRAUD * cast.scene.rows:
            return False
        stage.prepared(size)
    except SynthError:
        return False
    return True


def grown(stage: Stage, size: Size, times: int) -> Size:
    """A size with ``times`` the rows, the cards and, where the config allows, the episodes, in as many blocks."""
    larger = replace(size, times=size.times * times)
    wanted = 0.75 * times * _rows(stage, size)
    if _rows(stage, larger) > wanted:
        return larger
    for key, value in _totals(stage, size):
        more = larger.changed(**{key: _times(stage, key, value, times)})
        if _rows(stage, more) > wanted:
            return more
    return larger


def _totals(stage: Stage, size: Size) -> Iterator[tuple[str, Any]]:
    """The numbers of the config, those first that may set how many episodes there are."""
    part = stage.part_of(stage.composed.config) | dict(size.part)
    numbers = {key: value for key, value in part.items() if isinstance(value, int | float) and value is not True}
    yield from sorted(numbers.items(), key=lambda item: item[0] not in TOTALS)


def _times(stage: Stage, key: str, value: Any, factor: float) -> Any:
    """A number of the config multiplied, inside its range."""
    root = schema_of(stage.spec.config)
    schema = resolve(root.get("properties", {}).get(key, {}), root)
    options = [resolve(option, root) for option in schema.get("anyOf", [schema])]
    most = min((option["maximum"] for option in options if "maximum" in option), default=float("inf"))
    larger = min(value * factor, most)
    return round(larger) if isinstance(value, int) else float(f"{larger:.6g}")
