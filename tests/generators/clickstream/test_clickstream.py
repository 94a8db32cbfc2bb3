"""A web shop's events as a whole: they hang together, and follow the YAML."""

import math

import numpy as np
import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError
from tests.chi_square import far
from tests.generators.clickstream.shop import SESSION, SHOP, broken, built_in, sessions
from tests.worlds import digest_of

WEEKS = ("timeline.start=2024-02-26", "timeline.end=2024-03-18", "generator.transactions=300000", "block_rows=20000")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Three whole weeks, with a leap day."""
    return synth.generate(*SHOP, *WEEKS)


@pytest.fixture(scope="module")
def visits(frame: pd.DataFrame) -> pd.DataFrame:
    return sessions(frame)


class TestIntegrity:
    def test_rows_and_keys(self, frame: pd.DataFrame) -> None:
        assert len(frame) == 300_000
        assert frame.timestamp.is_monotonic_increasing
        assert not frame.duplicated(["timestamp", "customer_id"]).any()
        assert set(frame.customer_id) <= set(range(1, 1001))
        assert set(frame.product_id) <= set(range(1, 501))
        assert frame.notna()[["session_id", "device_id", "event_type", "price"]].all(axis=None)

    def test_a_product_has_one_category_and_one_price(self, frame: pd.DataFrame) -> None:
        products = frame.groupby("product_id")
        assert (products.product_category.nunique() == 1).all()
        assert (products.price.nunique() == 1).all()
        assert frame.groupby("price").product_id.nunique().max() == 1
        assert set(products.product_category.first().value_counts()) == {100}
        assert frame.price.between(10, 500).all()

    def test_a_session_has_one_customer_and_one_device(self, frame: pd.DataFrame) -> None:
        each = frame.groupby("session_id")
        assert (each.customer_id.nunique() == 1).all()
        assert (each.device_id.nunique() == 1).all()
        assert (each.timestamp.max() - each.timestamp.min()).max() < pd.Timedelta("2h")

    def test_sessions_keep_their_order_over_the_edges_of_blocks(self, visits: pd.DataFrame) -> None:
        """But for those which the window or the count of a block cuts off."""
        inside = visits[visits["first"] >= visits["first"].min() + pd.Timedelta("2h")]
        wrong = [broken(*story) for story in zip(inside.steps, inside.products, strict=True)]
        # two parts in each of 15 blocks, each of which breaks off in one session at most; and the end of the window
        assert len(inside) > 50_000
        assert sum(wrong) < 30 + 5

    def test_blocks_are_the_same_in_any_order(self) -> None:
        recipe = load_recipe([*SHOP, *WEEKS, "generator.transactions=20000", "block_rows=3000"])[0]
        first = prepare(recipe)
        blocks = range(len(first.plan.rows_b))
        assert len(blocks) == 7
        assert digest_of(first) == digest_of(prepare(recipe), reversed(blocks))


class TestBehaviour:
    def test_sessions_begin_in_the_rhythm_of_days_and_weeks(self, visits: pd.DataFrame) -> None:
        begin = visits["first"].dt
        for found, weights in ((begin.hour, built_in().hours), (begin.day_of_week, built_in().weekday)):
            counts = found.value_counts().reindex(range(len(weights)), fill_value=0).to_numpy()
            expected = np.array(weights) / sum(weights) * len(visits)
            # whole weeks: sessions are independent, so that Pearson's statistic is that of chi-square
            assert ((counts - expected) ** 2 / expected).sum() < far(len(weights))

    def test_gaps_are_lognormal(self, frame: pd.DataFrame) -> None:
        gap_s = frame.groupby("session_id").timestamp.diff().dropna().dt.total_seconds()
        gap = built_in().gap
        assert gap_s.min() >= 1
        assert gap_s.max() <= gap.most_s + 60  # moved where two sessions of a customer meet
        # rounding lifts gaps below 1.5 s and moves others by half a second; 240,000 gaps leave the quantiles to 1 %
        for share in (0.25, 0.5, 0.75, 0.95):
            z = {0.25: -0.6745, 0.5: 0.0, 0.75: 0.6745, 0.95: 1.6449}[share]
            wanted = gap.median_s * math.exp(gap.sigma * z)
            assert abs(gap_s.quantile(share) - wanted) < 0.5 + 0.03 * wanted

    def test_lengths_of_sessions(self, visits: pd.DataFrame) -> None:
        """By the YAML alone: 1 / (1 - another) products, less one where a login takes its place, and what follows."""
        config = built_in()
        funnel, login = config.funnel, config.login
        pages = 1 / (1 - funnel.another) - login.share
        # of who logs in, fails (1 - retry) / (1 - fails retry) leave after a failed attempt, without any product
        leaving = login.share * login.fails * (1 - login.retry) / (1 - login.fails * login.retry)
        pages -= leaving * (1 / (1 - funnel.another) - 1)
        wanted = pages * (1 + funnel.click * (1 + funnel.add_to_cart * (1 + funnel.purchase)))
        wanted += login.share / (1 - login.fails * login.retry)
        # 61,000 sessions with a standard deviation below 5: six of their mean's are 0.12
        assert abs(visits.steps.str.len().mean() - wanted) < 0.12

    def test_products_are_looked_at_by_zipfs_law(self, frame: pd.DataFrame) -> None:
        pages = frame[frame.event_type == "page_view"].product_id.value_counts().to_numpy()
        weight = np.arange(1, 501) ** -built_in().popularity
        expected = weight / weight.sum() * pages.sum()
        # the first twenty ranks are far enough apart to be seen in their order: six standard deviations each
        assert (abs(pages[:20] - expected[:20]) < 6 * np.sqrt(expected[:20]) + 0.02 * expected[:20]).all()
        slope = np.polyfit(np.log(np.arange(1, 101)), np.log(pages[:100]), 1)[0]
        assert abs(slope + built_in().popularity) < 0.03

    def test_customers_return_at_rates_of_their_own(self, visits: pd.DataFrame, frame: pd.DataFrame) -> None:
        per_customer = frame.groupby("customer_id").session_id.nunique()
        # lognormal of sigma 1 over 1,000 customers: the busiest tenth makes P(Z > 1.2816 - 1) = 0.389 of the sessions
        assert abs(per_customer.nlargest(100).sum() / len(visits) - 0.389) < 0.06
        assert len(per_customer) > 950

    def test_devices_are_the_customers_own_and_few_are_shared(self, frame: pd.DataFrame) -> None:
        sessions_of = frame.drop_duplicates("session_id")
        users = sessions_of.groupby("device_id").customer_id.nunique()
        shared = sessions_of.device_id.map(users) > 1
        assert abs(shared.mean() - 0.03) < 6 * math.sqrt(0.03 * 0.97 / len(sessions_of))
        assert (users > 1).sum() == 1000 // 20
        own = sessions_of[~shared]
        assert own.groupby("customer_id").device_id.nunique().max() == 2
        main = own.groupby("customer_id").device_id.agg(lambda ids: ids.value_counts().iloc[0])
        assert abs(main.sum() / len(own) - 0.8) < 0.02


class TestEdges:
    @pytest.mark.parametrize(
        ("window", "rows"),
        [
            (("2024-02-29", "2024-03-01"), 5000),
            (("2023-12-31T23:00:00", "2024-01-01T01:00:00"), 1000),
            (("2024-02-29T12:00:00", "2024-02-29T12:01:00"), 200),
            (("2024-02-29T12:00:00", "2024-02-29T12:00:01"), 1),
        ],
    )
    def test_short_windows(self, window: tuple[str, str], rows: int) -> None:
        start, end = window
        frame = synth.generate(
            *SHOP, f"timeline.start={start}", f"timeline.end={end}", f"generator.transactions={rows}", "block_rows=300"
        )
        assert len(frame) == rows
        assert frame.timestamp.min() >= pd.Timestamp(start, tz="UTC")
        assert frame.timestamp.max() < pd.Timestamp(end, tz="UTC")
        assert not frame.duplicated(["timestamp", "customer_id"]).any()

    def test_one_customer_and_one_product(self) -> None:
        one = ("population.cards=1", "generator.products=1", "generator.categories=[books]")
        frame = synth.generate(*SHOP, *one, "generator.transactions=5000")
        assert len(frame) == 5000
        assert set(frame.customer_id) == set(frame.product_id) == {1}
        assert frame.price.nunique() == 1

    def test_more_than_somebody_can_click_is_refused(self) -> None:
        crowd = ("population.cards=10", "timeline.end=2022-01-02", "generator.transactions=400000")
        with pytest.raises(synth.RefusedError, match="of the busiest customer do not fit into 86,400 seconds"):
            synth.generate(*SHOP, *crowd, "generator.spread=3")

    @pytest.mark.parametrize(
        ("overrides", "path", "told"),
        [
            (("generator.hours=" + str([0] * 24).replace(" ", ""),), "generator.hours", "nobody ever visits"),
            (("generator.weekday=[0,0,0,0,0,0,0]",), "generator.weekday", "nobody ever visits"),
            (
                ("generator.weekday=[1,0,0,0,0,0,0]", "timeline.start=2022-01-01", "timeline.end=2022-01-03"),
                "generator.hours",
                "nobody visits at any time of the window",
            ),
            (("generator.categories=[a,b,a]",), "generator.categories.2", "two categories are named 'a'"),
            (("generator.funnel.another=1",), "generator.funnel.another", "is 1"),
            (("generator.login.share=0",), "generator.login.share", "is 0"),
        ],
    )
    def test_what_does_not_fit_is_told_with_its_path(self, overrides: tuple[str, ...], path: str, told: str) -> None:
        with pytest.raises(ConfigError) as refused:
            load_recipe([*SHOP, *overrides])
        assert path in {problem.path for problem in refused.value.problems}
        assert told in str(refused.value)


class TestForeignFraud:
    def test_a_pattern_that_knows_no_shop_gets_sessions_products_and_types(self) -> None:
        chains = ("scenario=card_chain", "scenario.card_chain.mode=add", "scenario.card_chain.ratio=0.05")
        frame = synth.generate(*SHOP, *WEEKS, "generator.transactions=50000", *chains)
        assert frame.groupby("product_id").price.nunique().max() == 1
        fraud, genuine = (frame[frame.fraud_label == label] for label in (1, 0))
        assert len(fraud) == 2500
        assert not set(fraud.session_id) & set(genuine.session_id)
        # the victims' devices, as far as ten sessions of a customer, or fewer, have shown them
        assert fraud.device_id.isin(genuine.device_id).mean() > 0.75
        assert (fraud.groupby("episode_id").device_id.nunique() == 1).all()
        # a chain is a session after the other, as long as honest ones are
        walks = sessions(fraud)
        assert all(SESSION.fullmatch(steps) for steps in walks.steps)
        assert (fraud.groupby("session_id").episode_id.nunique() == 1).all()
        assert 1.5 < walks.steps.str.len().mean() < sessions(genuine).steps.str.len().mean()
