"""Amount laws: how much one purchase costs. All draws are whole minor units (cents), all ranges are half-open."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Protocol

import numpy as np
from pydantic import Field

from synth.arrays import Float, Int64
from synth.errors import Problem
from synth.rng import Streams, deal_exactly, split_exactly

#: Texts of amounts and their sums stay exact below this many major units.
HIGHEST = 100_000_000

Low = Annotated[float, Field(ge=0.01, lt=HIGHEST, description="lower bound in major units, included")]
High = Annotated[float, Field(gt=0.01, le=HIGHEST, description="upper bound in major units, excluded")]
Share = Annotated[float, Field(gt=0, le=1, description="share of the rows; all shares sum to 1")]


class AmountLaw(ABC):
    """Draws amounts for rows; independent ones, except where a law promises exact counts over the run."""

    def plan(self, rows_b: Int64, *, rng: "np.random.Generator") -> Int64:
        """(b, k) quotas, row b being what ``draw`` needs to make block b alone; here k is 0: nothing to plan."""
        return np.zeros((len(rows_b), 0), dtype=np.int64)

    @abstractmethod
    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """(rows,) int64 amounts in minor units, in random order; with a block's quota, exactly to it."""


def to_minor(major: float) -> int:
    """Cents of an amount that a config gives in major units."""
    return round(major * 100)


def range_problems(path: str, low: float, high: float) -> Iterator[Problem]:
    """What is wrong with a [low, high) range of a config."""
    dot = f"{path}." if path else ""
    for name, value in (("low", low), ("high", high)):
        if abs(value * 100 - round(value * 100)) > 1e-6:
            yield Problem(
                path=f"{dot}{name}", message=f"{value:,.15g} is finer than a cent", allowed=("at most two decimals",)
            )
    if to_minor(low) >= to_minor(high):
        yield Problem(path=path, message=f"low {low:,.15g} is not below high {high:,.15g}", allowed=("low < high",))


def share_problems(path: str, shares: list[float]) -> Iterator[Problem]:
    """What is wrong with the shares of a partition."""
    total = math.fsum(shares)
    if shares and abs(total - 1) > 1e-9:
        yield Problem(path=path, message=f"the shares sum to {total:.10g}, not 1", allowed=("shares that sum to 1",))


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One range of amounts and its share of the rows."""

    share: Share
    low: Low
    high: High


@dataclass(frozen=True, kw_only=True)
class BucketsConfig:
    """Exact shares of amount ranges, uniform to the cent inside each range. Ranges may overlap."""

    kind: Literal["buckets"] = "buckets"
    buckets: Annotated[list[Bucket], Field(min_length=1, description="ranges with shares that sum to 1")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        for i, bucket in enumerate(self.buckets):
            yield from range_problems(f"buckets.{i}", bucket.low, bucket.high)
        yield from share_problems("buckets", [bucket.share for bucket in self.buckets])


class BucketLaw(AmountLaw):
    """Counts per bucket are exact over the run (largest remainder), and dealt to blocks as a global shuffle would."""

    def __init__(self, config: BucketsConfig) -> None:
        self.buckets = tuple(config.buckets)

    @cached_property
    def share_k(self) -> Float:
        """(k,) share of each bucket."""
        return np.array([b.share for b in self.buckets])

    @cached_property
    def low_k(self) -> Int64:
        """(k,) the lowest amount, in minor units."""
        return np.array([to_minor(b.low) for b in self.buckets], dtype=np.int64)

    @cached_property
    def high_k(self) -> Int64:
        """(k,) one more than the highest amount, in minor units."""
        return np.array([to_minor(b.high) for b in self.buckets], dtype=np.int64)

    def plan(self, rows_b: Int64, *, rng: "np.random.Generator") -> Int64:
        """(b, k) rows of each bucket in each block."""
        return deal_exactly(split_exactly(int(rows_b.sum()), self.share_k), rows_b, rng=rng)

    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """Amounts by quota, shuffled; without a quota each row picks its bucket by share."""
        if quota is None:
            return self.draw_from(
                rng.choice(len(self.share_k), size=rows, p=self.share_k / self.share_k.sum()), rng=rng
            )
        parts = [rng.integers(low, high, size=n) for low, high, n in zip(self.low_k, self.high_k, quota, strict=True)]
        amounts = np.concatenate(parts)
        rng.shuffle(amounts)
        return amounts

    def draw_from(self, bucket_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """One amount from each of the given buckets, in their order."""
        return rng.integers(self.low_k[bucket_t], self.high_k[bucket_t])


@dataclass(frozen=True, kw_only=True)
class LognormalConfig:
    """exp(N(ln median, sigma)), redrawn inside [low, high): skewed with a long tail, as purchases are."""

    kind: Literal["lognormal"] = "lognormal"
    median: Annotated[float, Field(gt=0, lt=HIGHEST, description="half of the amounts lie below, in major units")]
    sigma: Annotated[float, Field(gt=0, le=10, description="standard deviation of the logarithm")]
    low: Low
    high: High

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        yield from _redraw_problems(self.sample, self.low, self.high)

    def sample(self, rows: int, rng: "np.random.Generator") -> Float:
        """(rows,) amounts in major units, before the bounds."""
        return rng.lognormal(math.log(self.median), self.sigma, rows)


@dataclass(frozen=True, kw_only=True)
class GammaConfig:
    """Gamma by mean and shape, redrawn inside [low, high): skewed, with a lighter tail than the lognormal."""

    kind: Literal["gamma"] = "gamma"
    mean: Annotated[float, Field(gt=0, lt=HIGHEST, description="mean before the bounds, in major units")]
    shape: Annotated[float, Field(gt=0, le=1000, description="1 is the exponential law; larger is more symmetric")]
    low: Low
    high: High

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        yield from _redraw_problems(self.sample, self.low, self.high)

    def sample(self, rows: int, rng: "np.random.Generator") -> Float:
        """(rows,) amounts in major units, before the bounds."""
        return rng.gamma(self.shape, self.mean / self.shape, rows)


@dataclass(frozen=True, kw_only=True)
class ParetoConfig:
    """Power law between two bounds, density ~ x^-(alpha + 1) on [low, high), drawn by its inverse."""

    kind: Literal["pareto"] = "pareto"
    alpha: Annotated[float, Field(ge=0.01, le=100, description="tail index; smaller is heavier")]
    low: Low
    high: High

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        yield from range_problems("", self.low, self.high)

    def sample(self, rows: int, rng: "np.random.Generator") -> Float:
        """(rows,) amounts in major units; F^-1(u) = low (1 - u (1 - (low / high)^alpha))^(-1 / alpha)."""
        reach = 1.0 - (self.low / self.high) ** self.alpha
        amounts: Float = self.low * (1.0 - rng.random(rows) * reach) ** (-1.0 / self.alpha)
        return amounts


#: Redrawing is refused where fewer than one draw in this many would lie inside the bounds.
_REDRAWS = 100


def _redraw_problems(sample: "Sampler", low: float, high: float) -> Iterator[Problem]:
    bad_range = list(range_problems("", low, high))
    yield from bad_range
    if not bad_range:
        probe = np.floor(sample(10_000, Streams(0, "amount").draw("probe")) * 100)
        inside = np.count_nonzero((probe >= to_minor(low)) & (probe < to_minor(high)))
        if inside * _REDRAWS < len(probe):
            first, last = np.percentile(probe, [5, 95]) / 100
            message = f"fewer than 1 % of the draws lie between low {low:,.15g} and high {high:,.15g}"
            yield Problem(
                path="",
                message=message,
                allowed=(f"bounds around the bulk: 90 % of the draws lie between {first:,.2f} and {last:,.2f}",),
            )


class Sampler(Protocol):
    """Draws (rows,) float64 amounts in major units."""

    def __call__(self, rows: int, rng: "np.random.Generator", /) -> Float:
        """Draws ``rows`` amounts."""


class BoundedLaw(AmountLaw):
    """Independent amounts of a continuous law, floored to the cent and redrawn until they lie in [low, high)."""

    def __init__(self, config: LognormalConfig | GammaConfig | ParetoConfig) -> None:
        self.sample: Sampler = config.sample
        self.low, self.high = to_minor(config.low), to_minor(config.high)

    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """(rows,) amounts in minor units."""
        minor = np.empty(rows, dtype=np.int64)
        todo = np.arange(rows)
        while todo.size:
            drawn = np.floor(np.minimum(self.sample(todo.size, rng), HIGHEST) * 100).astype(np.int64)
            good = (drawn >= self.low) & (drawn < self.high)
            minor[todo[good]] = drawn[good]
            todo = todo[~good]
        return minor


PartLaw = Annotated[BucketsConfig | LognormalConfig | GammaConfig | ParetoConfig, Field(discriminator="kind")]


@dataclass(frozen=True, kw_only=True)
class MixturePart:
    """One law of a mixture and its share of the rows."""

    share: Share
    law: Annotated[PartLaw, Field(description="any other law, with its kind")]


@dataclass(frozen=True, kw_only=True)
class MixtureConfig:
    """Several laws, each with an exact share of the rows."""

    kind: Literal["mixture"] = "mixture"
    parts: Annotated[dict[str, MixturePart], Field(min_length=1, description="laws by name, shares sum to 1")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        for name, part in self.parts.items():
            for problem in part.law.problems():
                yield problem.below(f"parts.{name}.law")
        yield from share_problems("parts", [part.share for part in self.parts.values()])


class MixtureLaw(AmountLaw):
    """Counts per part are exact over the run; the parts are independent laws."""

    def __init__(self, config: MixtureConfig) -> None:
        parts = [config.parts[name] for name in sorted(config.parts)]
        self.share_k = np.array([part.share for part in parts])
        self.laws = [make_law(part.law) for part in parts]

    def plan(self, rows_b: Int64, *, rng: "np.random.Generator") -> Int64:
        """(b, k) rows of each part in each block."""
        return deal_exactly(split_exactly(int(rows_b.sum()), self.share_k), rows_b, rng=rng)

    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """(rows,) amounts in minor units, the parts shuffled."""
        if quota is None:
            quota = rng.multinomial(rows, self.share_k / self.share_k.sum()).astype(np.int64)
        amounts = np.concatenate([law.draw(int(n), rng=rng) for law, n in zip(self.laws, quota, strict=True)])
        rng.shuffle(amounts)
        return amounts


AmountConfig = Annotated[
    BucketsConfig | LognormalConfig | GammaConfig | ParetoConfig | MixtureConfig, Field(discriminator="kind")
]
"""Any built-in law, as a field of another component's config."""


def make_law(config: AmountConfig) -> AmountLaw:
    """The law of a built-in config.

    >>> from synth.amount import LognormalConfig
    >>> law = synth.make_law(LognormalConfig(median=20.0, sigma=0.5, low=10.0, high=40.0))
    >>> cents = law.draw(3, rng=np.random.default_rng(1))
    >>> cents.dtype, bool(((cents >= 1000) & (cents < 4000)).all())
    (dtype('int64'), True)

    Args:
        config: what a field of type ``synth.AmountConfig`` holds.
    """
    if isinstance(config, BucketsConfig):
        return BucketLaw(config)
    if isinstance(config, MixtureConfig):
        return MixtureLaw(config)
    return BoundedLaw(config)
