"""What people pay: lognormal and gamma laws by category."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.amount import HIGHEST
from synth.arrays import Float
from synth.config.recipe import load_recipe
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError
from synth.generators.spending.config import GammaCategory, LognormalCategory
from synth.generators.spending.prices import Laws, Prices
from synth.rng import Streams
from tests.chi_square import chi_square, far

PEOPLE = (
    "population=tiny",
    "population.cards=1100",
    "population.customers.number=1000",
    "generator=spending",
    "generator.standing=null",
    "columns=spending",
    "timeline.end=2022-02-01",
    "block_rows=4000",
)
#: Nothing but the law of a category decides.
PLAIN = (
    "generator.amounts.income=0",
    *(f"population.merchants.categories.{name}.price_sigma=0" for name in ("grocery", "restaurant", "web_shop")),
)


def law(category: str, text: str) -> tuple[str, str]:
    """Overrides that give a category another law."""
    return (f"~generator.categories.{category}", f"+generator.categories.{category}={{{text}}}")


#: Of shape 2 and 1: their shares below an amount are sums of a few terms.
GAMMA = (
    *law("grocery", "kind: gamma, mean: 32, shape: 2, online: 0.06"),
    *law("web_shop", "kind: gamma, mean: 50, shape: 1, online: 1"),
)


def below(shape: float) -> Callable[[Float], Float]:
    """The share of a gamma law below x, in units of its scale, in closed form: of whole shapes, and of 1/2."""
    if shape == 0.5:
        return np.vectorize(lambda x: math.erf(math.sqrt(x)), otypes=[float])
    terms = range(int(shape))
    return lambda x: 1 - np.exp(-x) * sum((x**k / math.factorial(k) for k in terms), np.zeros_like(x))


def fits(amount_t: Float, scale: float, shape: float) -> None:
    """Whether amounts are those of a gamma law: counts in cells that are cut between cents."""
    edge_i = np.floor(np.quantile(amount_t, np.linspace(0.05, 0.95, 19)) * 100) / 100 + 0.005
    share_i = np.diff(below(shape)(edge_i / scale), prepend=0.0, append=1.0)
    counts = Counter(np.searchsorted(edge_i, amount_t).tolist())
    expected = dict(enumerate((share_i * len(amount_t)).tolist()))
    assert chi_square(counts, expected) < far(len(expected))


def gamma(mean: float, shape: float) -> GammaCategory:
    return GammaCategory(kind="gamma", mean=mean, shape=shape, online=0)


def lognormal(median: float, sigma: float) -> LognormalCategory:
    return LognormalCategory(median=median, sigma=sigma, online=0)


@pytest.fixture(scope="module")
def usual() -> pd.DataFrame:
    return synth.generate(*PEOPLE, *PLAIN)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*PEOPLE, *PLAIN, *GAMMA)


class TestLaws:
    @pytest.mark.parametrize("shape", [0.5, 1, 2, 7])
    def test_amounts_have_the_law_of_their_category(self, shape: float) -> None:
        laws = Laws.of([lognormal(20, 0.5), gamma(40, shape)])
        category_t = np.tile([0, 1], 50_000)
        major_t = laws.draw(category_t, rng=Streams(5, "test").draw("amounts"))
        fits(major_t[1::2], 40 / shape, shape)
        # the sample median of 50,000 lognormal amounts: six standard deviations of its logarithm
        off = abs(math.log(np.median(major_t[::2]) / 20))
        assert off < 6 * 0.5 * math.sqrt(math.pi / 2 / 50_000)

    @pytest.mark.parametrize("shape", [0.01, 0.3, 2.5, 1000])
    def test_mean_and_variance(self, shape: float) -> None:
        draws = 200_000
        major_t = Laws.of([gamma(40, shape)]).draw(np.zeros(draws, np.int64), rng=Streams(5, "test").draw("amounts"))
        # of variance 1 / shape and fourth central moment 3 / shape^2 + 6 / shape^3, in units of the mean
        assert abs(major_t.mean() / 40 - 1) < 6 * math.sqrt(1 / shape / draws)
        spread = math.sqrt((2 / shape**2 + 6 / shape**3) / draws)
        assert abs(major_t.var() / 40**2 - 1 / shape) < 6 * spread

    def test_another_category_draws_what_it_would_anyway(self) -> None:
        category_t = np.tile([0, 1, 1], 1000)
        one, other = (
            Laws.of([lognormal(20, 0.5), second]).draw(category_t, rng=Streams(5, "test").draw("amounts"))
            for second in (lognormal(9, 1), gamma(40, 2))
        )
        np.testing.assert_array_equal(one[::3], other[::3])

    @given(
        mean=st.floats(0.0001, 1_000_000),
        shape=st.floats(0.01, 1000),
        level=st.floats(1e-6, 1e6),
        seed=st.integers(0, 99),
    )
    def test_amounts_stay_in_range(self, mean: float, shape: float, level: float, seed: int) -> None:
        prices = Prices(np.array([level]), Laws.of([gamma(mean, shape)]), 0.0)
        who = np.zeros(200, dtype=np.int64)
        rng = Streams(seed, "test").draw("amounts")
        amount_t = prices.draw(who, who, np.full(200, level), np.full(200, 1000.0), rng=rng)
        assert amount_t.dtype == np.int64
        assert amount_t.min() >= 1
        assert amount_t.max() <= (HIGHEST - 1) * 100


class TestWorld:
    def test_categories_have_their_laws(self, frame: pd.DataFrame) -> None:
        for category, scale, shape in (("grocery", 16, 2), ("web_shop", 50, 1)):
            amount_t = frame.amount[frame.category == category].to_numpy()
            assert len(amount_t) > 4000
            fits(amount_t, scale, shape)

    def test_nothing_else_changes(self, frame: pd.DataFrame, usual: pd.DataFrame) -> None:
        amount = {"amount"}
        pd.testing.assert_frame_equal(frame.drop(columns=amount), usual.drop(columns=amount))
        other = frame.category == "restaurant"
        pd.testing.assert_series_equal(frame.amount[other], usual.amount[other])
        assert (frame.amount[~other] != usual.amount[~other]).mean() > 0.99

    def test_incomes_and_prices_scale_them(self) -> None:
        frame, people = self.world("generator.amounts.income=0.7", *GAMMA)
        level_u = people.customers.income_minor_u**0.7
        price_m = people.merchants.price_level_m
        level_t = (level_u / level_u.mean())[frame.customer_id] * price_m[frame.merchant_id]
        assert level_t.std() > 0.3
        for category, scale, shape in (("grocery", 16, 2), ("web_shop", 50, 1)):
            here = (frame.category == category).to_numpy()
            # cents matter to a level only where it is low
            for part in (here & (level_t < 1), here & (level_t >= 1)):
                fits(frame.amount.to_numpy()[part] / level_t[part], scale, shape)

    @staticmethod
    def world(*overrides: str) -> tuple[pd.DataFrame, synth.Population]:
        population = prepared(*overrides).make_block.components.world.population
        assert population is not None
        return synth.generate(*PEOPLE, *overrides), population

    def test_a_drift_scales_them(self, frame: pd.DataFrame) -> None:
        drift = "generator.drift={day: '2022-01-15', rate: 1, online: 1, amount: 1.25, mix: {}}"
        changed = synth.generate(*PEOPLE, *PLAIN, *GAMMA, drift)
        late = frame.time >= pd.Timestamp("2022-01-15", tz="UTC")
        # both are rounded to cents
        assert (changed.amount - np.where(late, 1.25, 1) * frame.amount).abs().max() < 0.012

    def test_fraud_hides_in_them(self, frame: pd.DataFrame) -> None:
        components = prepared(*PLAIN, *GAMMA).make_block.components
        drawn = components.context.amount.draw(60_000, rng=components.genuine_streams.draw("test")) / 100
        quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
        ratio = pd.Series(drawn).quantile(quantiles) / frame.amount.quantile(quantiles)
        # it knows no hours, so that shares of categories are about the same
        assert ratio.between(0.85, 1.15).all()

    def test_any_number_of_workers_makes_the_same(self, tmp_path: Path) -> None:
        recipe = (*PEOPLE, *GAMMA, "scenario=card_chain", "scenario.card_chain.ratio=0.01")
        runs = [
            synth.run(*recipe, f"runner.workers={workers}", f"sink.parquet.uri={tmp_path / str(workers)}")
            for workers in (1, 3)
        ]
        assert len({run.digest for run in runs}) == 1


def prepared(*overrides: str) -> Prepared:
    return prepare(load_recipe([*PEOPLE, *overrides])[0])


class TestConfig:
    def test_a_file_takes_back_what_another_one_has_set(self, tmp_path: Path, frame: pd.DataFrame) -> None:
        (tmp_path / "generator").mkdir()
        (tmp_path / "generator" / "thin.yaml").write_text(
            "defaults: [spending, _self_]\n"
            "standing: null\n"
            "categories:\n"
            "  grocery: {kind: gamma, mean: 32, shape: 2, median: null, sigma: null}\n"
            "  web_shop: {kind: gamma, mean: 50, shape: 1, median: null, sigma: null}\n"
        )
        overrides = [*PEOPLE, *PLAIN, "generator=thin"]
        overrides.remove("generator=spending")
        pd.testing.assert_frame_equal(synth.generate(*overrides, config_dirs=[tmp_path]), frame)

    def test_a_category_without_a_kind_is_lognormal(self, usual: pd.DataFrame) -> None:
        named = synth.generate(*PEOPLE, *PLAIN, "+generator.categories.grocery.kind=lognormal")
        pd.testing.assert_frame_equal(named, usual)

    @pytest.mark.parametrize(
        ("text", "path", "told"),
        [
            ("kind: gamma, mean: 32, shape: 0, online: 0", "shape", "a number from 0.01 to 1,000"),
            ("kind: gamma, mean: 0, shape: 1, online: 0", "mean", "a number above 0"),
            ("kind: gamma, shape: 1, online: 0", "mean", "is missing: mean of the purchases"),
            ("kind: gamma, mean: 32, online: 0", "shape", "is missing"),
            ("kind: gamma, mean: 32, shape: 1, median: 2, online: 0", "median", "null: a gamma law has mean and shape"),
            ("kind: gamma, mean: 32, shape: 1, scale: 2, online: 0", "scale", "unknown key"),
            ("mean: 32, shape: 1, online: 0", "kind", "is missing"),
            ("median: 32, sigma: 1, shape: 1, online: 0", "kind", "is missing"),
            ("kind: lognormal, median: 32, sigma: 1, shape: 1, online: 0", "shape", "unknown key"),
            ("kind: gama, mean: 32, shape: 1, online: 0", "kind", "did you mean 'gamma'?"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_path(self, text: str, path: str, told: str) -> None:
        with pytest.raises(ConfigError) as refused:
            load_recipe([*PEOPLE, *law("grocery", text)])
        (problem,) = [each for each in refused.value.problems if each.path == f"generator.categories.grocery.{path}"]
        assert told in str(problem)
        assert problem.where.startswith("command line: +generator.categories.grocery=")
