"""Reports of fraud: they come late, some never, some are wrong. Observation beside the truth, never in it.

With ``by: holder`` a holder finds a thief once: the rows of an episode on one card are found together, or never. Of an
episode whose rows are planned they are reported in one moment, the delay after the last of them: the thief has had his
way, then the holder looks, and nothing follows, as a card is blocked that was reported. The rows of a claimer are known
only block by block, and go on whatever is reported, as the Handbook's attacks do: there every row of a holder is
reported with his one delay after itself. On top, each row of a small amount is overlooked by itself, and what a holder
overlooks he does not report when he finds the rest.

With ``by: row`` each row has a delay of its own and is missed by itself, as in the Handbook's world.

Small amounts are hardly ever reported: of 1.35 million cards that a ring charged once, with 20 cents to 10 dollars
each, 94 % never disputed it (FTC v. API Trade, LLC, N.D. Illinois, 2010; the share at second hand).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Float, Int8, Int64
from synth.errors import Problem
from synth.rng import Permutation, Streams
from synth.timeline import US_PER_S
from synth.wording import nearest

_SECONDS_PER_DAY = 86_400

#: The time of a report that never comes.
NEVER = -1

#: Numbers below this are permuted to make chances.
_CODES = 1 << 53


@dataclass(frozen=True, kw_only=True)
class LognormalDelay:
    """Days from the event to its report: half of them are shorter than the median, a few are very long."""

    kind: Literal["lognormal"] = "lognormal"
    median_days: Annotated[float, Field(gt=0, le=3650, description="half of the reports come sooner")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]

    def draw(self, reports: int, *, rng: "np.random.Generator") -> Float:
        """(n,) float64 days."""
        return self.median_days * np.exp(self.sigma * rng.standard_normal(reports))

    def settle(self, first_r: Float, second_r: Float) -> Float:
        """(r,) float64 days that follow from two chances in [0, 1) each, by the transform of Box and Muller (1958)."""
        normal_r = np.sqrt(-2 * np.log1p(-first_r)) * np.cos(2 * np.pi * second_r)
        days: Float = self.median_days * np.exp(self.sigma * normal_r)
        return days


@dataclass(frozen=True, kw_only=True)
class UniformDelay:
    """Days from the event to its report: any between two bounds is as likely."""

    kind: Literal["uniform"] = "uniform"
    min_days: Annotated[float, Field(ge=0, le=3650, description="shortest delay")]
    max_days: Annotated[float, Field(gt=0, le=3650, description="longest delay")]

    def draw(self, reports: int, *, rng: "np.random.Generator") -> Float:
        """(n,) float64 days."""
        return rng.uniform(self.min_days, self.max_days, reports)

    def settle(self, first_r: Float, second_r: Float) -> Float:
        """(r,) float64 days that follow from a chance in [0, 1) each; the second is not needed."""
        return self.min_days + (self.max_days - self.min_days) * first_r


Delay = Annotated[LognormalDelay | UniformDelay, Field(discriminator="kind")]
Rate = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True)
class Overlooked:
    """Small amounts that nobody notices."""

    below: Annotated[float, Field(ge=0, le=1_000_000, description="major units: what costs less is small")]
    share: Annotated[Rate, Field(description="share of small fraud events that are overlooked, each by itself")]


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """How fraud becomes known."""

    by: Annotated[
        Literal["holder", "row"],
        Field(description="holder: what happened to a card in an episode is found together; row: each event by itself"),
    ]
    delay: Annotated[Delay | None, Field(description="from the event to its report; null: nothing is reported")]
    by_scenario: Annotated[dict[str, Delay], Field(description="other delays, by scenario")]
    missed: Annotated[Rate, Field(description="share of what is found together, or of events, that is never reported")]
    overlooked: Annotated[Overlooked, Field(description="small amounts that their holder does not notice")]
    false_alarms: Annotated[Rate, Field(description="share of genuine events that are reported as fraud")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        for path, delay in {
            "delay": self.delay,
            **{f"by_scenario.{n}": d for n, d in self.by_scenario.items()},
        }.items():
            if isinstance(delay, UniformDelay) and delay.min_days > delay.max_days:
                yield Problem(
                    path=path,
                    message=f"min_days {delay.min_days:g} is above max_days {delay.max_days:g}",
                    allowed=("min_days <= max_days",),
                )

    def problems_with(self, scenarios: Sequence[str]) -> Iterator[Problem]:
        """Yields what only the whole recipe shows."""
        for name in self.by_scenario:
            if name not in scenarios:
                yield Problem(
                    path=f"by_scenario.{name}",
                    message=f"the recipe has no scenario {name!r}",
                    allowed=tuple(scenarios) or ("none: the recipe has no scenario",),
                    hint=nearest(name, scenarios),
                )


@dataclass(frozen=True)
class Suffered:
    """The fraud rows of one scenario in a block, as their holders come to see them: (f,) int64 each.

    Attributes:
        place_f: which of the block's fraud rows.
        episode_f: the scenario's own number of the episode.
        card_f: whose card.
        time_us_f: when it happened.
        last_us_f: when the episode last hits the card; the row's own time where that is not known.
        amount_minor_f: what it cost, in minor units.
    """

    place_f: Int64
    episode_f: Int64
    card_f: Int64
    time_us_f: Int64
    last_us_f: Int64
    amount_minor_f: Int64


@dataclass(frozen=True)
class Reports:
    """What is ever known of a block's rows.

    Attributes:
        fraud_us_f: (f,) int64 when each fraud row is reported, microseconds since 1970-01-01 UTC; ``NEVER``.
        alarm_row_r: (r,) int64 genuine rows that are reported, ascending.
        alarm_us_r: (r,) int64 when.
    """

    fraud_us_f: Int64
    alarm_row_r: Int64
    alarm_us_r: Int64

    @classmethod
    def none(cls, fraud: int) -> "Reports":
        """Nobody reports anything of so many fraud rows."""
        nobody = np.empty(0, dtype=np.int64)
        return cls(np.full(fraud, NEVER), nobody, nobody)

    @classmethod
    def draw(
        cls,
        config: ReportingConfig,
        delay: Delay,
        block: int,
        time_us_t: Int64,
        row_f: Int64,
        suffered: Mapping[str, Suffered],
        *,
        streams: Streams,
    ) -> "Reports":
        """Draws the reports of a block.

        Args:
            delay: that of scenarios which have none of their own.
            time_us_t: (t,) time of each row.
            row_f: (f,) the fraud rows, ascending.
            suffered: scenario → its fraud rows.
        """
        fraud_us_f = np.full(len(row_f), NEVER)
        for name, mine in suffered.items():
            law = config.by_scenario.get(name, delay)
            if config.by == "holder":
                fraud_us_f[mine.place_f] = _found(
                    law, config.missed, mine, streams=Streams(streams.seed, f"finds/{name}")
                )
            else:
                days = law.draw(len(mine.place_f), rng=streams.draw(f"delays/{name}", block))
                fraud_us_f[mine.place_f] = _later(mine.time_us_f, days)
            small_f = mine.amount_minor_f < config.overlooked.below * 100
            seen_f = streams.draw(f"overlooked/{name}", block).random(len(small_f)) >= config.overlooked.share
            fraud_us_f[mine.place_f[small_f & ~seen_f]] = NEVER
        if config.by == "row":
            fraud_us_f[streams.draw("missed", block).random(len(row_f)) < config.missed] = NEVER
        rng = streams.draw("false alarms", block)
        genuine_t = np.delete(np.arange(len(time_us_t)), row_f)
        alarms = rng.binomial(len(genuine_t), config.false_alarms)
        alarm_row_r = np.sort(rng.choice(genuine_t, size=alarms, replace=False))
        return cls(fraud_us_f, alarm_row_r, _later(time_us_t[alarm_row_r], delay.draw(alarms, rng=rng)))

    def known_before(self, end_us: int, rows: int, row_f: Int64) -> Int8:
        """(t,) int8: 1 where fraud has been reported before a time, rightly or not."""
        known_t = np.zeros(rows, dtype=np.int8)
        known_t[row_f[(self.fraud_us_f != NEVER) & (self.fraud_us_f < end_us)]] = 1
        known_t[self.alarm_row_r[self.alarm_us_r < end_us]] = 1
        return known_t

    def events(self, row_f: Int64) -> tuple[Int64, Int64]:
        """(n,) reported rows and (n,) when, in no order."""
        known_f = self.fraud_us_f != NEVER
        rows = np.concatenate([row_f[known_f], self.alarm_row_r])
        return rows, np.concatenate([self.fraud_us_f[known_f], self.alarm_us_r])


def _found(law: Delay, missed: float, suffered: Suffered, *, streams: Streams) -> Int64:
    """(f,) when rows are reported: what decides follows from episode and card alone, so that blocks agree."""
    first_f, second_f, missed_f = (
        _chances(suffered.episode_f, suffered.card_f, streams=Streams(streams.seed, f"{streams.name}/{purpose}"))
        for purpose in ("first", "second", "missed")
    )
    found_us_f = _later(suffered.last_us_f, law.settle(first_f, second_f))
    return np.where(missed_f < missed, NEVER, found_us_f)


def _chances(episode_f: Int64, card_f: Int64, *, streams: Streams) -> Float:
    """(f,) numbers in [0, 1), the same for the same episode and card."""
    episodes, both = (Permutation.draw(_CODES, rng=streams.draw(name)) for name in ("episodes", "cards"))
    chance_f: Float = both((episodes(episode_f) + card_f) % _CODES) / _CODES
    return chance_f


def _later(time_us: Int64, days: Float) -> Int64:
    """Times so many days later, in whole seconds, one at least."""
    seconds = np.maximum(np.rint(days * _SECONDS_PER_DAY), 1).astype(np.int64)
    return time_us + seconds * US_PER_S
