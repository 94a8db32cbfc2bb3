"""The contract of an injector: plan every episode of the run, then say what a block gets.

An injector never touches the table and never writes truth; ``synth.engine.block`` does both from what it returns.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from synth.arrays import Float, Int64, Mask, Values
from synth.contracts.context import PEOPLE_WORLD, PlanContext, lacking
from synth.contracts.overridable import overridable
from synth.errors import Problem
from synth.rng import Streams

#: The column of the labels that tells what a claimed row cost before.
BEFORE = "amount_before_minor"


@dataclass(frozen=True)
class FraudEvents:
    """Fraud events of one scenario, columnar, in any order.

    Attributes:
        episode_f: (f,) int64 episode number, from 0 without gaps.
        time_us_f: (f,) int64 microseconds since 1970-01-01 UTC, whole seconds.
        card_f: (f,) int64 index into the population's cards; one card an episode, unless the pattern spans cards.
        amount_minor_f: (f,) int64 minor units; ``OPEN`` where it is left to a generator that prices fraud.
        role_f: (f,) int64 index into the injector's ``roles``.
        own: (f,) values of some of the generator's own columns, ``OPEN`` where they are left to it; it completes them
            as it would for honest events.
        times_f: (f,) float64 multiple of what is usual that an open amount comes to; None: of none.
        refused_f: (f,) float64 chance that the issuer refuses, beside what it refuses of honest payments and for the
            same reasons; None: of none.
    """

    episode_f: Int64
    time_us_f: Int64
    card_f: Int64
    amount_minor_f: Int64
    role_f: Int64
    own: Mapping[str, Values] = field(default_factory=dict)
    times_f: Float | None = None
    refused_f: Float | None = None

    def take(self, rows: Mask | Int64) -> "FraudEvents":
        """The events of a mask or an index, in that order."""
        return FraudEvents(
            self.episode_f[rows],
            self.time_us_f[rows],
            self.card_f[rows],
            self.amount_minor_f[rows],
            self.role_f[rows],
            {name: values[rows] for name, values in self.own.items()},
            None if self.times_f is None else self.times_f[rows],
            None if self.refused_f is None else self.refused_f[rows],
        )

    def moved(self, by_us_f: Int64) -> "FraudEvents":
        """The same events at shifted times."""
        return replace(self, time_us_f=self.time_us_f + by_us_f)


def broken_arrays(events: object) -> Iterator[str]:
    """Yields what is wrong with the form of what an injector plans."""
    if not isinstance(events, FraudEvents):
        yield f"{type(events).__name__} instead of FraudEvents"
        return
    optional = ("times_f", "refused_f")
    names = [name for name in events.__dataclass_fields__ if name != "own" and name not in optional]
    episode_f: Any = events.episode_f
    rows = len(episode_f) if isinstance(episode_f, np.ndarray) else -1
    for name in (*names, *(name for name in optional if getattr(events, name) is not None)):
        values, wanted = getattr(events, name), "float64" if name in optional else "int64"
        if not isinstance(values, np.ndarray):
            yield f"{name} as {type(values).__name__}, not as a NumPy array"
        elif values.dtype != np.dtype(wanted) or values.shape != (rows,):
            yield f"{name} as {values.dtype} of shape {values.shape}, not {wanted} of shape ({max(rows, 0)},)"


@dataclass(frozen=True)
class Injection:
    """What a scenario wants of one block.

    Attributes:
        added: fraud events to add.
        replaced: how many genuine rows of this block give way; ``synth.engine.block`` chooses them.
    """

    added: FraudEvents
    replaced: int


class Pattern(ABC):
    """What every fraud pattern says of itself: one that adds rows is an ``Injector``, one that claims a ``Claimer``.

    Attributes:
        roles: what an event can be within its episode.
        expected_signal: what may tell a single fraud row from a genuine one, e.g. ``("amount",)``. ``synth.testing``
            takes every other difference for a leak.
        sessions: role → what the visit to a shop that leads to such an event has of its own, for recipes with clicks.
            Other added online events come from visits as honest customers make them.
        needs: choices that a recipe needs beside it, e.g. ``("generator=spending",)``; ``synth.testing`` makes them.
        uses: what there must be in a world for it, e.g. ``("shops", "channel")``: ``"customers"``, ``"merchants"``,
            ``"terminals"``, ``"web"`` for shops on the web; ``"habits"`` and ``"shops"``, see ``Generator.tells``;
            ``"amounts"`` where it sets amounts, see ``Generator.fixed_prices``; columns of the generator. A recipe that
            lacks one is refused before ``problems`` is asked.
    """

    roles = overridable(tuple, list, wanted="a tuple of names such as ('probe', 'spend')")
    expected_signal = overridable(tuple, list, default=(), wanted="a tuple of names such as ('amount',)")
    sessions = overridable(Mapping, wanted="a mapping of roles to synth.Session", default=MappingProxyType({}))
    needs = overridable(tuple, list, default=(), wanted="a tuple of choices such as ('generator=spending',)")
    uses = overridable(tuple, list, default=(), wanted="a tuple of names such as ('shops', 'channel')")

    @property
    def declared(self) -> tuple[str, ...]:
        """What a manifest says of the pattern: its expected signal, and what its sessions have of their own."""
        changed = {name for session in self.sessions.values() for name in session.own}
        return (*dict.fromkeys(self.expected_signal), *sorted(changed - {*self.expected_signal}))

    @property
    @abstractmethod
    def adds(self) -> bool:
        """Whether a run has more rows with the pattern than without."""

    def problems(self, context: PlanContext) -> Iterator[Problem]:
        """Yields what only the whole recipe shows, with paths below the scenario."""
        yield from ()

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields what is wrong with finished episodes, read back from an output and sorted by (episode, time).

        Args:
            events: their ``own`` has the generator's columns that the view shows, and in ``BEFORE`` what each row cost
                before it was claimed, ``OPEN`` for an added one.
        """
        yield from ()


def problems_of(pattern: Pattern, context: PlanContext) -> Iterator[Problem]:
    """Yields what a pattern lacks in a world, or else what is wrong with it there."""
    lacks = [*lacking(pattern.uses, context, pattern.needs or PEOPLE_WORLD)]
    yield from lacks or pattern.problems(context)


class Injector(Pattern):
    """A fraud pattern of rows of its own. ``plan`` is the pattern; the other methods have defaults.

    Attributes:
        replaces: whether fraud rows take the place of genuine ones; if not, the control world stays untouched.
        spans_cards: whether the events of an episode may lie on several cards.
    """

    replaces = overridable(bool)
    spans_cards = overridable(bool, default=False)

    @property
    def adds(self) -> bool:
        """Whether a run has more rows with the pattern than without."""
        return not self.replaces

    @abstractmethod
    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Every event of the run with its absolute time, so that no block has to look into its neighbour.

        Events of one episode lie on one card, unless the pattern spans cards, in different seconds, inside the window.
        Episodes of one plan should not overlap in time on a card: one that overlaps another, of this or an earlier
        scenario, is moved in time as a whole.

        Raises:
            RefusedError: the episodes cannot be placed.
        """

    def inject(self, here: FraudEvents) -> Injection:
        """What a block gets of the planned events that fall into it: all; as many genuine rows may give way."""
        return Injection(here, replaced=len(here.time_us_f) if self.replaces else 0)
