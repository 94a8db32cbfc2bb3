"""Reports of fraud: they come late, some never, some are wrong. Observation beside the truth, never in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Float, Int8, Int64
from synth.errors import Problem
from synth.rng import Streams
from synth.timeline import US_PER_S
from synth.wording import nearest

_SECONDS_PER_DAY = 86_400

#: The time of a report that never comes.
NEVER = -1


@dataclass(frozen=True, kw_only=True)
class LognormalDelay:
    """Days from the event to its report: half of them are shorter than the median, a few are very long."""

    kind: Literal["lognormal"] = "lognormal"
    median_days: Annotated[float, Field(gt=0, le=3650, description="half of the reports come sooner")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]

    def draw(self, reports: int, *, rng: "np.random.Generator") -> Float:
        """(n,) float64 days."""
        return self.median_days * np.exp(self.sigma * rng.standard_normal(reports))


@dataclass(frozen=True, kw_only=True)
class UniformDelay:
    """Days from the event to its report: any between two bounds is as likely."""

    kind: Literal["uniform"] = "uniform"
    min_days: Annotated[float, Field(ge=0, le=3650, description="shortest delay")]
    max_days: Annotated[float, Field(gt=0, le=3650, description="longest delay")]

    def draw(self, reports: int, *, rng: "np.random.Generator") -> Float:
        """(n,) float64 days."""
        return rng.uniform(self.min_days, self.max_days, reports)


Delay = Annotated[LognormalDelay | UniformDelay, Field(discriminator="kind")]
Rate = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """How fraud becomes known."""

    delay: Annotated[Delay | None, Field(description="from the event to its report; null: nothing is reported")]
    by_scenario: Annotated[dict[str, Delay], Field(description="other delays, by scenario")]
    missed: Annotated[Rate, Field(description="share of fraud events that nobody ever reports")]
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
                    allowed="min_days <= max_days",
                )

    def problems_with(self, scenarios: Sequence[str]) -> Iterator[Problem]:
        """Yields what only the whole recipe shows."""
        for name in self.by_scenario:
            if name not in scenarios:
                yield Problem(
                    path=f"by_scenario.{name}",
                    message=f"the recipe has no scenario {name!r}",
                    allowed=", ".join(scenarios) or "none: the recipe has no scenario",
                    hint=nearest(name, scenarios),
                )


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
    def draw(
        cls,
        config: ReportingConfig,
        block: int,
        time_us_t: Int64,
        row_f: Int64,
        names_f: Mapping[str, Int64],
        *,
        streams: Streams,
    ) -> "Reports":
        """Draws the reports of a block.

        Args:
            time_us_t: (t,) time of each row.
            row_f: (f,) the fraud rows, ascending.
            names_f: scenario → which of them are its own.
        """
        fraud_us_f = np.full(len(row_f), NEVER)
        nobody = np.empty(0, dtype=np.int64)
        if config.delay is None:
            return cls(fraud_us_f, nobody, nobody)
        for name, mine in names_f.items():
            law = config.by_scenario.get(name, config.delay)
            days = law.draw(len(mine), rng=streams.draw(f"delays/{name}", block))
            fraud_us_f[mine] = _later(time_us_t[row_f[mine]], days)
        fraud_us_f[streams.draw("missed", block).random(len(row_f)) < config.missed] = NEVER
        rng = streams.draw("false alarms", block)
        genuine_t = np.delete(np.arange(len(time_us_t)), row_f)
        alarms = rng.binomial(len(genuine_t), config.false_alarms)
        alarm_row_r = np.sort(rng.choice(genuine_t, size=alarms, replace=False))
        return cls(fraud_us_f, alarm_row_r, _later(time_us_t[alarm_row_r], config.delay.draw(alarms, rng=rng)))

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


def _later(time_us: Int64, days: Float) -> Int64:
    """Times so many days later, in whole seconds, one at least."""
    seconds = np.maximum(np.rint(days * _SECONDS_PER_DAY), 1).astype(np.int64)
    return time_us + seconds * US_PER_S
