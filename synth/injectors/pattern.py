"""A fraud pattern made of episodes: exact totals, the mode, and the rules that every such pattern keeps.

A pattern derives its config from ``EpisodeConfig`` and its injector from ``EpisodeInjector``, and says in ``plan`` what
happens in an episode, in the words of ``synth.injectors.episodes``.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Generic, Literal

import numpy as np
from pydantic import Field
from typing_extensions import TypeVar

from synth.arrays import Int64, Mask
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents, Injector
from synth.contracts.overridable import overridable
from synth.errors import Problem
from synth.injectors.choices import draw_lengths
from synth.injectors.episodes import Episodes
from synth.rng import Streams
from synth.timeline import US_PER_S
from synth.wording import counted

#: The field ``ratio`` of an ``EpisodeConfig``, for a pattern with another default.
Ratio = Annotated[
    float | None,
    Field(gt=0, le=0.5, description="fraud rows as a share of all, with mode add of the genuine ones; rounded down"),
]
PerThousand = Annotated[
    float | None,
    Field(gt=0, le=100_000, description="episodes for each 1,000 cards, in place of a ratio; rounded down"),
]
Count = Annotated[int | None, Field(ge=1, le=10**9, description="number of episodes, in place of a ratio")]
Mode = Annotated[Literal["replace", "add"], Field(description="replace genuine rows, or add to all of them")]


@dataclass(frozen=True, kw_only=True)
class Length:
    """Events of an episode; uniform between the bounds, both included."""

    min: Annotated[int, Field(ge=1, le=1000, description="fewest events")]
    max: Annotated[int, Field(ge=1, le=1000, description="most events")]


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """Whole seconds; uniform between the bounds, both included."""

    min: Annotated[int, Field(ge=1, le=31_536_000, description="shortest, in seconds")]
    max: Annotated[int, Field(ge=1, le=31_536_000, description="longest, in seconds")]


@dataclass(frozen=True, kw_only=True)
class EpisodeConfig:
    """How much fraud there is, by exactly one of three totals, and what happens to genuine rows."""

    ratio: Ratio = None
    per_1000_cards: PerThousand = None
    episodes: Count = None
    mode: Mode = "replace"

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        totals = {name: getattr(self, name) for name in ("ratio", "per_1000_cards", "episodes")}
        given = [name for name, total in totals.items() if total is not None]
        one = ("exactly one of ratio, per_1000_cards and episodes; null for the others",)
        if not given:
            yield Problem(path="", message="no total says how much fraud there is", allowed=one)
        elif len(given) > 1:
            message = " and ".join(f"{name} {totals[name]!r}" for name in given)
            yield Problem(path=given[-1], message=f"{message} are {len(given)} totals", allowed=one)
        for name, bounds in self._bounds():
            if bounds.min > bounds.max:
                yield Problem(
                    path=name, message=f"min {bounds.min:,} is above max {bounds.max:,}", allowed=("min <= max",)
                )

    def _bounds(self) -> Iterator[tuple[str, Length | Seconds]]:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Length | Seconds):
                yield each.name, value

    def path_of(self, bounds: Length | Seconds | None, side: str) -> str:
        """Where the config holds these bounds; empty when they are the pattern's own."""
        return next((f"{name}.{side}" for name, value in self._bounds() if value is bounds), "")


Config = TypeVar("Config", bound=EpisodeConfig, default=EpisodeConfig)


class EpisodeInjector(Injector, Generic[Config]):
    """Episodes of a pattern, as many as the config's total says, exactly.

    ``EpisodeInjector[MyConfig]`` tells type checkers that ``self.config`` is a ``MyConfig``. What stands below, and
    what every pattern says of itself, is a plain attribute of a class or, where the config sets it, a property.

    Attributes:
        config: the scenario's, as its ``Spec`` names it.
        length: fewest and most events of an episode, a ``Length``.
        gap_s: shortest and longest gap within an episode, ``Seconds``, where the pattern has such bounds, or None. Then
            ``problems`` sees that an episode fits into the window, and ``check`` that finished ones keep them.
    """

    length = overridable(Length, wanted="a synth.Length")
    gap_s = overridable(Seconds, default=None, wanted="synth.Seconds, or None")

    def __init__(self, config: Config) -> None:
        self.config = config
        self.replaces = config.mode == "replace"

    def episodes(self, context: PlanContext, streams: Streams) -> Episodes:
        """The run's episodes with their lengths, to be laid out by ``plan``."""
        low, high, rng = self.length.min, self.length.max, streams.draw("lengths")
        count = self._count(context)
        if count is None:
            length_e = draw_lengths(self._fraud_rows(context), low, high, rng=rng)
        else:
            length_e = rng.integers(low, high, size=count, endpoint=True)
        bounds = (self.gap_s.min, self.gap_s.max) if self.gap_s else None
        return Episodes(context, streams, self.roles, length_e, bounds)

    def _count(self, context: PlanContext) -> int | None:
        """Episodes of the run; None where the ratio sets the rows."""
        if self.config.per_1000_cards is None:
            return self.config.episodes
        return int(Decimal(str(self.config.per_1000_cards)) * context.cards / 1000)

    def _fraud_rows(self, context: PlanContext) -> int:
        """int(ratio x rows), in exact arithmetic."""
        return int(Decimal(str(self.config.ratio)) * context.rows)

    def problems(self, context: PlanContext) -> Iterator[Problem]:
        """Yields when no whole episodes make the total, or one is longer than the window."""
        if self.config.ratio is not None:
            yield from self._ratio_problems(context)
        elif not self._count(context):
            message = (
                f"per_1000_cards {self.config.per_1000_cards!r} of {counted(context.cards, 'card')} makes no episode"
            )
            yield Problem(
                path="per_1000_cards", message=message, allowed=(f"at least {Decimal(1000) / context.cards:g}",)
            )
        longest_s = (self.length.max - 1) * self.gap_s.max if self.gap_s else 0
        if longest_s >= context.timeline.seconds:
            message = f"an episode of {self.length.max} events can last {longest_s:,} s, longer than the window"
            yield Problem(
                path=self.config.path_of(self.gap_s, "max"),
                message=message,
                allowed=(f"episodes shorter than {context.timeline.seconds:,} s",),
            )

    def _ratio_problems(self, context: PlanContext) -> Iterator[Problem]:
        low, high, fraud = self.length.min, self.length.max, self._fraud_rows(context)
        message = (
            f"ratio {self.config.ratio!r} of {counted(context.rows, 'transaction')} is {counted(fraud, 'fraud row')}"
        )
        episodes = -(-fraud // high)
        if fraud < low:
            least = _ratios(context.rows, low)
            yield Problem(
                path="ratio",
                message=f"{message}, less than one episode of {low:,}",
                allowed=(f"at least {least}" if "ratio" in least else least,),
            )
        elif episodes * low > fraud:
            lengths = f"{low:,} to {high:,}" if low < high else f"{low:,}"
            message += f", which episodes of {lengths} events cannot add up to"
            near = _ratios(context.rows, (episodes - 1) * high, episodes * low)
            yield Problem(path="ratio", message=message, allowed=(near,))

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields broken rules: total, length, gaps, one card, window, overlap on a card."""
        names, length_e = np.unique(events.episode_f, return_counts=True)
        count = self._count(context)
        if count is None and len(events.episode_f) != self._fraud_rows(context):
            yield f"{len(events.episode_f):,} fraud rows instead of {self._fraud_rows(context):,}"
        if count is not None and len(names) != count:
            yield f"{len(names):,} episodes instead of {count:,}"
        if not len(names):
            return
        within_f = np.diff(events.episode_f) == 0
        yield from first_of(
            names, (length_e < self.length.min) | (length_e > self.length.max), "has a length out of bounds"
        )
        if self.gap_s:
            gap_s_f = np.diff(events.time_us_f) / US_PER_S
            bad_gap_f = within_f & ((gap_s_f < self.gap_s.min) | (gap_s_f > self.gap_s.max))
            yield from first_of(events.episode_f[1:], bad_gap_f, "has a gap out of bounds")
        if not self.spans_cards:
            two_f = within_f & (np.diff(events.card_f) != 0)
            yield from first_of(events.episode_f[1:], two_f, "is on more than one card")
        second_f = events.time_us_f // US_PER_S
        outside_f = (second_f < context.timeline.start_s) | (second_f >= context.timeline.end_s)
        yield from first_of(events.episode_f, outside_f, "leaves the window")
        yield from first_of(*_overlaps(events), "overlaps another one on its card")


def first_of(names_e: Int64, bad_e: Mask, what: str) -> Iterator[str]:
    """Yields the first episode that breaks a rule, if one does, and how many do."""
    if bad_e.any():
        yield f"episode {int(names_e[np.argmax(bad_e)])} {what} ({int(np.count_nonzero(bad_e)):,} in all)"


def _overlaps(events: FraudEvents) -> tuple[Int64, Mask]:
    """Episodes by card and time but the first, and whether they begin before the one before them on their card ends."""
    order = np.lexsort((events.time_us_f, events.episode_f, events.card_f))
    episode_f, card_f, time_us_f = events.episode_f[order], events.card_f[order], events.time_us_f[order]
    head_s = np.flatnonzero(np.append(True, (np.diff(card_f) != 0) | (np.diff(episode_f) != 0)))
    end_us_s = time_us_f[np.append(head_s[1:], len(order)) - 1]
    by_start = np.lexsort((time_us_f[head_s], card_f[head_s]))
    head_s, end_us_s = head_s[by_start], end_us_s[by_start]
    early_s = (np.diff(card_f[head_s]) == 0) & (time_us_f[head_s][1:] <= end_us_s[:-1])
    return episode_f[head_s][1:], early_s


def _ratios(rows: int, *counts: int) -> str:
    """Ratios that make the given counts of fraud rows, with as few decimals as possible: ``10 rows: ratio 0.01``."""
    found = []
    for count in counts:
        if not 0 < 2 * count <= rows:
            continue
        places = next(n for n in itertools.count(1) if -(-count * 10**n // rows) * rows // 10**n == count)
        found.append((f"{count:,}", f"{Decimal(-(-count * 10**places // rows)).scaleb(-places):f}"))
    if not found:
        return "shorter episodes, or more transactions"
    return f"{' or '.join(count for count, _ in found)} rows: ratio {' or '.join(ratio for _, ratio in found)}"
