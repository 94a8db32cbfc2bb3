"""Attacks: entities that are in the wrong hands for a while, and whose genuine rows a scenario claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.contracts.claimer import Targets
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.contracts.population import expand_slices
from synth.contracts.rhythms import DAY_S
from synth.injectors.pattern import first_of
from synth.timeline import US_PER_S
from synth.wording import counted


@dataclass(frozen=True, kw_only=True)
class ClaimConfig:
    """Which of the rows that a scenario could claim it does."""

    share: Annotated[float, Field(gt=0, le=1, description="chance of each such purchase to be fraud")]
    order: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="scenarios claim rows in this order; of two that claim a row the later one keeps it",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class AttackConfig(ClaimConfig):
    """How many attacks there are, and how long they last."""

    per_day: Annotated[int, Field(ge=1, le=1_000_000, description="attacks that begin on each day")]
    days: Annotated[int, Field(ge=1, le=3650, description="how long an attack lasts, in days")]
    early: Annotated[bool, Field(description="whether attacks that began before the window reach into it")]


def broken_attacks(config: AttackConfig, events: FraudEvents, entity_f: Int64 | None, what: str) -> Iterator[str]:
    """Yields which finished episodes are no attacks: longer than one lasts, or on several entities.

    Args:
        events: sorted by (episode, time).
        entity_f: (f,) whom each is on; None where that is not known.
        what: they are, e.g. ``terminal``.
    """
    if not len(events.episode_f):
        return
    head = np.flatnonzero(np.diff(events.episode_f, prepend=-1))
    last = np.append(head[1:], len(events.episode_f)) - 1
    span_us_e = events.time_us_f[last] - events.time_us_f[head]
    names = events.episode_f[head]
    yield from first_of(
        names, span_us_e >= config.days * DAY_S * US_PER_S, f"is longer than {counted(config.days, 'day')}"
    )
    if entity_f is not None:
        several_e = np.maximum.reduceat(entity_f, head) != np.minimum.reduceat(entity_f, head)
        yield from first_of(names, several_e, f"is on more than one {what}")


@dataclass(frozen=True)
class Attacks(Targets):
    """Entities that are under attack for a while: an episode each.

    Attributes:
        entity_e: (e,) int64 index of the card, terminal or the like.
        start_s_e, end_s_e: (e,) int64 seconds since 1970-01-01 UTC, [start, end).
    """

    entity_e: Int64
    start_s_e: Int64
    end_s_e: Int64

    @classmethod
    def daily(cls, config: AttackConfig, context: PlanContext, entities: int, *, rng: "np.random.Generator") -> Self:
        """Each day some different entities come under attack, out of ``entities``, all as likely.

        A claim takes a share of an entity's own rows: of one that has more rows more are fraud, by itself.
        """
        start_s = context.timeline.start_s
        days = np.arange(1 - config.days if config.early else 0, -(-context.timeline.seconds // DAY_S))
        drawn = [rng.choice(entities, size=config.per_day, replace=False) for _ in days]
        start_s_e = start_s + np.repeat(days, config.per_day) * DAY_S
        return cls(len(start_s_e), np.concatenate(drawn), start_s_e, start_s_e + config.days * DAY_S)

    def find(self, entity_t: Int64, time_us_t: Int64) -> tuple[Int64, Int64]:
        """The rows of entities that are under attack at their time.

        Args:
            entity_t: (t,) int64 entity of each row.
            time_us_t: (t,) int64 microseconds, ascending.

        Returns:
            (r,) rows, ascending, and (r,) their episodes, ascending within a row; a row may have several.
        """
        if not len(time_us_t):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        first_s, last_s = time_us_t[0] // US_PER_S, time_us_t[-1] // US_PER_S
        active = np.flatnonzero((self.start_s_e <= last_s) & (self.end_s_e > first_s))
        active = active[np.argsort(self.entity_e[active], kind="stable")]
        entity_a = self.entity_e[active]
        row_r = np.flatnonzero(np.isin(entity_t, entity_a))
        low_r = np.searchsorted(entity_a, entity_t[row_r])
        found_r = np.searchsorted(entity_a, entity_t[row_r], side="right") - low_r
        found, place = expand_slices(low_r, found_r)
        row_r, episode_r = row_r[found], active[place]
        second_r = time_us_t[row_r] // US_PER_S
        inside = (self.start_s_e[episode_r] <= second_r) & (second_r < self.end_s_e[episode_r])
        return row_r[inside], episode_r[inside]
