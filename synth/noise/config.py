"""The keys of noise: which kinds, how often, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from synth.errors import Problem
from synth.timeline import US_PER_S

Share = Annotated[float, Field(ge=0, le=1, description="share of the transactions")]
DelayS = Annotated[float, Field(ge=0, le=31_536_000, description="seconds of event time")]


@dataclass(frozen=True, kw_only=True)
class DelayConfig:
    """A range of delays; each is as likely as another."""

    min: DelayS
    max: DelayS


@dataclass(frozen=True, kw_only=True)
class DelayedConfig:
    """Some rows, delayed."""

    share: Share
    delay_s: Annotated[DelayConfig, Field(description="delay in seconds of event time")]


@dataclass(frozen=True, kw_only=True)
class DropsConfig:
    """Some rows, lost."""

    share: Share


@dataclass(frozen=True, kw_only=True)
class NoiseConfig:
    """What goes wrong on the way. A transaction meets one kind at most; the truth tables know nothing of it."""

    disorder: Annotated[DelayedConfig, Field(description="out of order, within what a reader's watermark allows")]
    late: Annotated[DelayedConfig, Field(description="later than a reader's watermark allows")]
    duplicates: Annotated[DelayedConfig, Field(description="sent in time, and once more after the delay")]
    drops: Annotated[DropsConfig, Field(description="never sent")]

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """Shares of the kinds, in the order of ``synth.tables.declared.NOISE_KINDS``."""
        return self.disorder.share, self.late.share, self.duplicates.share, self.drops.share

    @property
    def silent(self) -> bool:
        """Whether nothing goes wrong."""
        return not any(self.shares)

    @property
    def longest_us(self) -> int:
        """The longest delay of any row."""
        delayed = (self.disorder, self.late, self.duplicates)
        return round(max((each.delay_s.max for each in delayed if each.share), default=0.0) * US_PER_S)

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        for name in ("disorder", "late", "duplicates"):
            delay = getattr(self, name).delay_s
            if delay.min > delay.max:
                message = f"min {delay.min:g} is above max {delay.max:g}"
                yield Problem(path=f"{name}.delay_s", message=message, allowed=("min at most max",))
        if sum(self.shares) > 1:
            yield Problem(
                path="",
                message=f"the shares sum to {sum(self.shares):g}: a transaction meets one kind at most",
                allowed=("at most 1 in all",),
            )
        if self.disorder.share and self.late.share and self.late.delay_s.min < self.disorder.delay_s.max:
            message = f"late rows are {self.late.delay_s.min:g} s late at least, disordered ones up to "
            message += f"{self.disorder.delay_s.max:g} s"
            yield Problem(
                path="late.delay_s.min",
                message=f"{message}: no watermark tells them apart",
                allowed=("disorder.delay_s.max or more",),
            )
