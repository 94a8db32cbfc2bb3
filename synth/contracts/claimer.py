"""The contract of a pattern that claims genuine rows: the victim's own purchases turn out to be fraud.

A claimer says which rows of a block are its own and what they cost then. ``synth.engine.block`` applies that, writes
the truth and keeps what was before; what a claimer leaves alone stays bit for bit.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth.arrays import Int64, Values
from synth.contracts.context import PlanContext
from synth.contracts.injector import Pattern
from synth.contracts.overridable import overridable
from synth.rng import Streams


@dataclass(frozen=True)
class Genuine:
    """The genuine rows of a block, as the claims of earlier scenarios left them: (t,) each, in order of time.

    Attributes:
        number_t: (t,) int64 position in the control world of the whole run.
        time_us_t: (t,) int64 microseconds since 1970-01-01 UTC.
        card_t: (t,) int64 index into the population's cards.
        amount_minor_t: (t,) int64 minor units.
        own: (t,) values of the generator's own columns.
    """

    number_t: Int64
    time_us_t: Int64
    card_t: Int64
    amount_minor_t: Int64
    own: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Claims:
    """Which rows of a block a scenario claims, in any order.

    Attributes:
        row_r: (r,) int64 position in ``Genuine``, each at most once.
        episode_r: (r,) int64 episode number, below ``Targets.episodes``.
        role_r: (r,) int64 index into the claimer's ``roles``.
        amount_minor_r: (r,) int64 what the row costs now, in minor units.
    """

    row_r: Int64
    episode_r: Int64
    role_r: Int64
    amount_minor_r: Int64


@dataclass(frozen=True)
class Targets:
    """What a scenario is after, decided once a run.

    Attributes:
        episodes: how many episodes there can be; one that finds no row is none.
    """

    episodes: int


class Claimer(Pattern):
    """A fraud pattern of genuine rows, which it may make dearer or cheaper.

    Attributes:
        order: scenarios claim in this order, those of one order by name; of two that claim a row the later one
            keeps it.
    """

    order = overridable(int, default=0)

    @property
    def adds(self) -> bool:
        """It never adds rows."""
        return False

    @abstractmethod
    def plan(self, context: PlanContext, *, streams: Streams) -> Targets:
        """What the scenario is after in the whole run."""

    @abstractmethod
    def claim(self, targets: Any, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """What it claims of one block, on any worker, from nothing but these arguments.

        Args:
            targets: what ``plan`` returned.
            streams: draw from them by block.
        """


def broken_claims(claims: object, targets: Targets, genuine: Genuine, roles: int, highest_minor: int) -> str:
    """What is wrong with a claimer's claims; empty where nothing is."""
    if not isinstance(claims, Claims):
        return f"{type(claims).__name__} instead of Claims"
    limits = {
        "row_r": len(genuine.time_us_t),
        "episode_r": targets.episodes,
        "role_r": roles,
        "amount_minor_r": highest_minor,
    }
    for name, below in limits.items():
        values = getattr(claims, name)
        if not isinstance(values, np.ndarray) or values.dtype != np.int64 or values.shape != np.shape(claims.row_r):
            return f"{name} that is no int64 array as long as row_r"
        if ((values < 0) | (values >= below)).any():
            return f"{name} out of range"
    if len(np.unique(claims.row_r)) < len(claims.row_r):
        return "a row twice"
    return ""
