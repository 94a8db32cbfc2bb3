"""Amount laws: ranges to the cent, exact counts, and distributions against their closed forms."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import (
    AmountConfig,
    Bucket,
    BucketsConfig,
    GammaConfig,
    LognormalConfig,
    MixtureConfig,
    MixturePart,
    ParetoConfig,
    make_law,
)

TABLE = [(0.05, 0.01, 1), (0.075, 1, 10), (0.525, 10, 100), (0.25, 100, 1000), (0.10, 1000, 10000)]

# Dvoretzky-Kiefer-Wolfowitz: the empirical distribution of n draws is off by more than e anywhere with probability
# 2 exp(-2 n e^2) at most; 20,000 draws and 0.02 give 2.3e-7.
DRAWS, FAR = 20_000, 0.02

money = st.integers(1, 10**6).map(lambda minor: minor / 100)
ranges = st.tuples(money, money).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: tuple(sorted(pair)))


def buckets(*rows: tuple[float, float, float]) -> BucketsConfig:
    return BucketsConfig(buckets=[Bucket(share=share, low=low, high=high) for share, low, high in rows])


def draw(config: AmountConfig, rows: int = DRAWS, seed: int = 0) -> np.ndarray:
    """One block of a run of one block."""
    law, rng = make_law(config), np.random.default_rng(seed)
    quota = law.plan(np.array([rows]), rng=rng)
    return law.draw(rows, rng=rng, quota=quota[0])


def farthest(minor: np.ndarray, cdf: Callable[[float], float]) -> float:
    """Largest distance between the empirical distribution of whole cents and P(amount < x) at x = each cent's end."""
    values, counts = np.unique(minor, return_counts=True)
    below = np.cumsum(counts) / len(minor)
    return max(
        abs(share - cdf((value + 1) / 100)) for value, share in zip(values.tolist(), below.tolist(), strict=True)
    )


def bounded(cdf: Callable[[float], float], low: float, high: float) -> Callable[[float], float]:
    return lambda x: (cdf(x) - cdf(low)) / (cdf(high) - cdf(low))


def problems(config: AmountConfig) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in config.problems()]


class TestBuckets:
    @given(
        st.lists(st.tuples(st.integers(1, 20), ranges), min_size=1, max_size=5),
        st.lists(st.integers(0, 60), min_size=1, max_size=6),
        st.integers(0, 2**32),
    )
    def test_a_run_has_each_bucket_in_its_exact_count(self, parts: Any, rows_b: list[int], seed: int) -> None:
        whole = sum(weight for weight, _ in parts)
        config = buckets(*((weight / whole, *pair) for weight, pair in parts))
        law, rng = make_law(config), np.random.default_rng(seed)
        quota_bk = law.plan(np.array(rows_b), rng=rng)
        rows = sum(rows_b)
        assert quota_bk.sum(axis=1).tolist() == rows_b
        for count, (weight, _) in zip(quota_bk.sum(axis=0).tolist(), parts, strict=True):
            assert abs(count - rows * weight / whole) < 1

    @given(st.permutations(range(3)), st.integers(1, 400))
    def test_a_block_holds_its_quota(self, order: list[int], scale: int) -> None:
        apart = [(0.2, 1.0, 2.0), (0.3, 5.0, 5.5), (0.5, 7.25, 7.26)]
        config = buckets(*(apart[i] for i in order))
        minor = draw(config, 10 * scale)
        found = [np.count_nonzero((minor >= low * 100) & (minor < high * 100)) for _, low, high in apart]
        assert found == [2 * scale, 3 * scale, 5 * scale]

    @given(ranges)
    def test_the_range_is_half_open_to_the_cent(self, pair: tuple[float, float]) -> None:
        low, high = pair
        minor = draw(buckets((1.0, low, high)), 200)
        assert minor.min() >= round(low * 100)
        assert minor.max() < round(high * 100)

    def test_every_cent_of_a_bucket_is_drawn_alike(self) -> None:
        """100 cents, 20,000 draws: Pearson's statistic has mean 99 and variance 198; six deviations above is 183."""
        minor = draw(buckets((1.0, 1, 2)))
        assert sorted(set(minor.tolist())) == list(range(100, 200))
        counts = np.bincount(minor - 100)
        assert ((counts - 200) ** 2 / 200).sum() < 183

    def test_without_a_quota_each_row_picks_its_bucket_by_share(self) -> None:
        law = make_law(buckets(*TABLE))
        minor = law.draw(DRAWS, rng=np.random.default_rng(3))
        edges = list(itertools.accumulate((share for share, _, _ in TABLE), initial=0.0))
        for (_, _, high), share in zip(TABLE, edges[1:], strict=True):
            assert abs(np.count_nonzero(minor < high * 100) / DRAWS - share) < FAR

    def test_the_buckets_are_shuffled(self) -> None:
        """The first 10,000 of 20,000 rows hold 5,000 small ones, sd sqrt(10,000 / 4 / 2) = 35; six of them are 212."""
        minor = draw(buckets((0.5, 1, 2), (0.5, 3, 4)))
        assert abs(np.count_nonzero(minor[: DRAWS // 2] < 200) - 5000) < 212

    def test_draw_from_takes_the_given_buckets_in_their_order(self) -> None:
        law: Any = make_law(buckets((0.5, 1, 2), (0.5, 3, 4)))
        minor = law.draw_from(np.array([0, 1, 1, 0]), rng=np.random.default_rng(0))
        assert (minor // 100).tolist() == [1, 3, 3, 1]


class TestContinuousLaws:
    def test_lognormal(self) -> None:
        def cdf(x: float) -> float:
            return 0.5 * (1 + math.erf(math.log(x / 35) / 1.2 / math.sqrt(2)))

        wide = LognormalConfig(median=35, sigma=1.2, low=0.01, high=10_000)
        assert farthest(draw(wide), bounded(cdf, 0.01, 10_000)) < FAR
        narrow = LognormalConfig(median=35, sigma=1.2, low=20, high=50)
        assert farthest(draw(narrow), bounded(cdf, 20, 50)) < FAR

    @pytest.mark.parametrize("shape", [1, 3])
    def test_gamma(self, shape: int) -> None:
        """Of whole shape k: Erlang, 1 - sum of the first k terms of a Poisson law."""

        def cdf(x: float) -> float:
            rate = x * shape / 65
            return 1 - math.exp(-rate) * sum(rate**i / math.factorial(i) for i in range(shape))

        config = GammaConfig(mean=65, shape=shape, low=5, high=200)
        assert farthest(draw(config), bounded(cdf, 5, 200)) < FAR

    @pytest.mark.parametrize(
        ("alpha", "low", "high"), [(0.9, 1, 10_000), (1.1, 200, 10_000), (3, 0.5, 2), (0.01, 1, 100)]
    )
    def test_pareto(self, alpha: float, low: float, high: float) -> None:
        def cdf(x: float) -> float:
            return (1 - (low / x) ** alpha) / (1 - (low / high) ** alpha)

        assert farthest(draw(ParetoConfig(alpha=alpha, low=low, high=high)), cdf) < FAR

    @given(ranges, st.floats(0.1, 5), st.integers(0, 100))
    def test_no_pareto_draw_leaves_its_bounds(self, pair: tuple[float, float], alpha: float, seed: int) -> None:
        low, high = pair
        minor = draw(ParetoConfig(alpha=alpha, low=low, high=high), 100, seed)
        assert minor.min() >= round(low * 100)
        assert minor.max() < round(high * 100)

    @given(st.floats(1, 100), st.floats(0.1, 2), st.integers(0, 100))
    def test_no_redrawn_amount_leaves_its_bounds(self, middle: float, spread: float, seed: int) -> None:
        low, high = math.floor(middle * 50) / 100, math.ceil(middle * 150) / 100
        for config in (
            LognormalConfig(median=middle, sigma=spread, low=max(low, 0.01), high=high),
            GammaConfig(mean=middle, shape=1 / spread, low=max(low, 0.01), high=high),
        ):
            minor = draw(config, 50, seed)
            assert minor.min() >= round(config.low * 100)
            assert minor.max() < round(high * 100)

    def test_they_plan_nothing(self) -> None:
        law = make_law(ParetoConfig(alpha=1, low=1, high=2))
        assert law.plan(np.array([3, 4]), rng=np.random.default_rng(0)).shape == (2, 0)


class TestMixture:
    LAWS = (
        ("dear", 0.25, ParetoConfig(alpha=1.1, low=200, high=10_000)),
        ("cheap", 0.75, LognormalConfig(median=25, sigma=0.9, low=0.01, high=100)),
    )

    def config(self, *laws: Any) -> MixtureConfig:
        return MixtureConfig(parts={name: MixturePart(share=share, law=law) for name, share, law in laws})

    @given(st.lists(st.integers(0, 80), min_size=1, max_size=5), st.integers(0, 2**32))
    def test_each_part_has_its_exact_count_over_the_run(self, rows_b: list[int], seed: int) -> None:
        law, rng = make_law(self.config(*self.LAWS)), np.random.default_rng(seed)
        quota_bk = law.plan(np.array(rows_b), rng=rng)
        blocks = [law.draw(n, rng=rng, quota=quota) for n, quota in zip(rows_b, quota_bk, strict=True)]
        assert [len(block) for block in blocks] == rows_b
        dear = np.count_nonzero(np.concatenate(blocks) >= 20_000)
        assert abs(dear - sum(rows_b) / 4) <= 0.5

    def test_the_order_of_the_parts_does_not_matter(self) -> None:
        there, back = self.config(*self.LAWS), self.config(*reversed(self.LAWS))
        assert draw(there, 500).tolist() == draw(back, 500).tolist()

    def test_each_part_keeps_its_law(self) -> None:
        minor = draw(self.config(*self.LAWS), 4 * DRAWS)
        dear = minor[minor >= 20_000]
        assert len(dear) == DRAWS

        def cdf(x: float) -> float:
            return (1 - (200 / x) ** 1.1) / (1 - (200 / 10_000) ** 1.1)

        assert farthest(dear, cdf) < FAR

    def test_a_mixture_of_buckets(self) -> None:
        config = self.config(("a", 0.5, buckets((1.0, 1, 2))), ("b", 0.5, buckets((1.0, 5, 6))))
        minor = draw(config, 1000)
        assert np.count_nonzero(minor < 200) == np.count_nonzero(minor >= 500) == 500

    def test_without_a_quota_parts_come_by_share(self) -> None:
        minor = make_law(self.config(*self.LAWS)).draw(DRAWS, rng=np.random.default_rng(1))
        assert abs(np.count_nonzero(minor >= 20_000) / DRAWS - 0.25) < FAR


class TestProblems:
    def test_the_notebooks_table_has_none(self) -> None:
        assert problems(buckets(*TABLE)) == []

    @pytest.mark.parametrize(
        ("rows", "path"),
        [
            ([(1.0, 2, 1)], "buckets.0"),
            ([(1.0, 1, 1)], "buckets.0"),
            ([(0.5, 1, 2), (0.5, 1.001, 2)], "buckets.1.low"),
            ([(1.0, 1, 2.345)], "buckets.0.high"),
            ([(0.5, 1, 2)], "buckets"),
            ([(0.5, 1, 2), (0.5 + 1e-6, 1, 2)], "buckets"),
        ],
    )
    def test_what_is_wrong_with_buckets(self, rows: Any, path: str) -> None:
        assert [p for p, _ in problems(buckets(*rows))] == [path]

    def test_shares_that_sum_to_one_as_decimals_only(self) -> None:
        assert problems(buckets(*[(0.1, 1, 2)] * 10)) == []

    @pytest.mark.parametrize(
        "config",
        [
            LognormalConfig(median=1, sigma=0.1, low=100, high=200),
            GammaConfig(mean=1, shape=10, low=100, high=200),
        ],
    )
    def test_bounds_that_hardly_any_draw_meets(self, config: AmountConfig) -> None:
        [(path, message)] = problems(config)
        assert path == ""
        assert "fewer than 1 %" in message

    def test_a_mixture_reports_its_parts(self) -> None:
        part = MixturePart(share=0.9, law=ParetoConfig(alpha=1, low=2, high=1))
        assert [path for path, _ in problems(MixtureConfig(parts={"x": part}))] == ["parts.x.law", "parts"]
