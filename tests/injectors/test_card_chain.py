"""The card chain, from its description.

A chain is a head and its followers on one card, 3 to 10 events in all, uniform over the lengths; followers come 30 to
120 s after each other. The head's amount follows the run's law. The followers' amounts follow the notebook's chain
law: ceil(n x share) draws from each bucket, in bucket order, cut to n, shuffled; or, by option, the run's law.
int(ratio x transactions) rows, exactly.
"""

import math
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, make_law
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.errors import ConfigError, RefusedError
from synth.injectors.card_chain import CardChain, CardChainConfig
from synth.injectors.pattern import Length, Seconds
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline
from tests.chi_square import chi_square, far
from tests.worlds import START, chain, frame_of, make_recipe

SHARES = (0.05, 0.075, 0.525, 0.25, 0.10)
EDGES = (1, 100, 1_000, 10_000, 100_000, 1_000_000)
TRANSACTIONS, RATIO = 160_000, 0.25


def chain_law(followers: int) -> list[int]:
    """The buckets of a chain's followers, sorted."""
    drawn: list[int] = []
    for bucket, share in enumerate(SHARES):
        drawn += [bucket] * math.ceil(followers * share)
    return drawn[:followers]


def bucket_of(minor: int) -> int:
    return next(k for k in range(5) if EDGES[k] <= minor < EDGES[k + 1])


def seconds_of(time: "pd.Series[Any]") -> "pd.Series[int]":
    return (time - pd.Timestamp(START)) // pd.Timedelta(seconds=1)


def read_chains(frame: pd.DataFrame) -> list[pd.DataFrame]:
    fraud = frame[frame.fraud_label == 1]
    return [events.sort_values("time") for _, events in fraud.groupby("episode_id")]


def assert_chains(frame: pd.DataFrame, *, length: tuple[int, int], interval_s: tuple[int, int], seconds: int) -> None:
    """Everything that holds for each chain alone, and between chains of a card."""
    fraud = frame[frame.fraud_label == 1].sort_values(["episode_id", "time"])
    at, episode = seconds_of(fraud.time).to_numpy(), fraud.episode_id.to_numpy(dtype=np.int64)
    assert len(fraud)
    follows = np.r_[False, episode[1:] == episode[:-1]]
    first = np.flatnonzero(~follows)
    last, events = np.r_[first[1:], len(fraud)] - 1, np.diff(np.r_[first, len(fraud)])
    assert length[0] <= events.min() <= events.max() <= length[1]
    assert (fraud.role.to_numpy() == np.where(follows, "follower", "head")).all()
    card = fraud.card_id.to_numpy()
    assert (card[1:] == card[:-1])[follows[1:]].all()
    gaps = np.diff(at)[follows[1:]]
    assert ((interval_s[0] <= gaps) & (gaps <= interval_s[1])).all()
    assert at.min() >= 0
    assert at.max() < seconds
    order = np.lexsort((at[first], card[first]))
    same = np.diff(card[first][order]) == 0
    assert (at[first][order][1:] > at[last][order][:-1])[same].all()


@pytest.fixture(scope="module")
def big() -> pd.DataFrame:
    """40,000 fraud rows, some 6,000 chains, on 500 cards over 30 days."""
    scenario = chain(ratio=RATIO, mode="add")
    recipe = make_recipe(
        scenarios={"c": scenario}, cards=500, transactions=TRANSACTIONS, block_rows=40_000, seconds=30 * 86_400, seed=7
    )
    return frame_of(recipe)


@pytest.fixture(scope="module")
def chains(big: pd.DataFrame) -> pd.DataFrame:
    """One row a chain: events, card, first second, and the events' amounts and gaps in order."""
    fraud = big[big.fraud_label == 1].sort_values(["episode_id", "time"])
    fraud = fraud.assign(second=seconds_of(fraud.time))
    grouped = fraud.groupby("episode_id")
    return pd.DataFrame(
        {
            "events": grouped.size(),
            "card": grouped.card_id.first(),
            "start": grouped.second.first(),
            "minor": grouped.amount_minor.agg(list),
            "gaps": grouped.second.agg(lambda s: np.diff(s).tolist()),
        }
    )


class TestSignature:
    def test_every_chain_keeps_its_rules(self, big: pd.DataFrame) -> None:
        assert_chains(big, length=(3, 10), interval_s=(30, 120), seconds=30 * 86_400)

    def test_the_count_is_exact(self, big: pd.DataFrame) -> None:
        assert big.fraud_label.sum() == RATIO * TRANSACTIONS
        assert len(big) == TRANSACTIONS * (1 + RATIO)

    def test_lengths_are_uniform(self, chains: pd.DataFrame) -> None:
        counts = Counter(chains.events.tolist())
        assert chi_square(counts, dict.fromkeys(range(3, 11), len(chains) / 8)) < far(8)

    def test_intervals_are_uniform(self, chains: pd.DataFrame) -> None:
        gaps = Counter(gap for gaps in chains.gaps for gap in gaps)
        assert chi_square(gaps, dict.fromkeys(range(30, 121), gaps.total() / 91)) < far(91)

    def test_victims_are_uniform(self, chains: pd.DataFrame) -> None:
        assert chi_square(Counter(chains.card.tolist()), dict.fromkeys(range(500), len(chains) / 500)) < far(500)

    def test_starts_are_uniform_over_the_window(self, chains: pd.DataFrame) -> None:
        days = Counter((chains.start // 86_400).tolist())
        assert chi_square(days, dict.fromkeys(range(30), len(chains) / 30)) < far(30)

    def test_heads_follow_the_runs_law(self, chains: pd.DataFrame) -> None:
        heads = Counter(bucket_of(minor[0]) for minor in chains.minor)
        assert chi_square(heads, {k: len(chains) * share for k, share in enumerate(SHARES)}) < far(5)

    def test_followers_follow_the_chain_law(self, chains: pd.DataFrame) -> None:
        for minor in chains.minor:
            assert sorted(map(bucket_of, minor[1:])) == chain_law(len(minor) - 1)

    def test_small_amounts_dominate(self, big: pd.DataFrame) -> None:
        followers, genuine = big[big.role == "follower"].amount, big[big.fraud_label == 0].amount
        assert followers.max() < 1000
        # By the law 0.1 of genuine amounts lie below 8.8 or so, and 0.225 to 1 of a chain's followers lie below 10.
        assert (followers < 10).mean() > 2 * (genuine < 10).mean()

    def test_followers_are_shuffled(self, chains: pd.DataFrame) -> None:
        """Of nine followers exactly one costs less than 1: it is any of them."""
        place = Counter([b < 100 for b in minor[1:]].index(True) for minor in chains.minor if len(minor) == 10)
        assert place.total() > 500
        assert chi_square(place, dict.fromkeys(range(9), place.total() / 9)) < far(9)

    def test_amounts_are_uniform_within_a_bucket(self, chains: pd.DataFrame) -> None:
        cheapest = Counter(m // 10 for minor in chains.minor for m in minor[1:] if 100 <= m < 1000)
        assert chi_square(cheapest, dict.fromkeys(range(10, 100), cheapest.total() / 90)) < far(90)

    def test_by_option_followers_follow_the_runs_law(self) -> None:
        scenario = chain(ratio=0.25, mode="add", follower_amount="run")
        frame = frame_of(
            make_recipe(scenarios={"c": scenario}, transactions=40_000, block_rows=40_000, seconds=864_000)
        )
        followers = Counter(map(bucket_of, frame[frame.role == "follower"].amount_minor))
        assert chi_square(followers, {k: followers.total() * share for k, share in enumerate(SHARES)}) < far(5)

    def test_a_law_without_buckets_is_drawn_as_it_is(self) -> None:
        scenarios = {"c": chain(ratio=0.25, mode="add")}
        recipe = make_recipe(scenarios=scenarios, transactions=8000, block_rows=8000, seconds=864_000, amount="pareto")
        frame = frame_of(recipe)
        # Bounded Pareto of alpha 0.9 on [1, 10000): P(X < 10) = (1 - 10^-0.9) / (1 - 10^-3.6) = 0.8743; of some 1,700
        # followers, so that six standard deviations are 6 sqrt(0.8743 x 0.1257 / 1,700) = 0.049.
        followers = frame[frame.role == "follower"].amount
        assert len(followers) > 1600
        assert abs((followers < 10).mean() - 0.8743) < 0.049


class TestCounts:
    @pytest.mark.parametrize("mode", ["add", "replace"])
    @pytest.mark.parametrize(
        ("transactions", "ratio"), [(1000, 0.0125), (1000, 0.29), (997, 0.1), (100, 0.29), (600, 0.5)]
    )
    def test_fraud_rows_are_the_whole_part_of_ratio_times_transactions(
        self, mode: str, transactions: int, ratio: float
    ) -> None:
        scenarios = {"c": chain(ratio=ratio, mode=mode)}
        frame = frame_of(make_recipe(scenarios=scenarios, transactions=transactions, block_rows=10**6))
        wanted = int(Decimal(str(ratio)) * transactions)
        assert frame.fraud_label.sum() == wanted
        assert len(frame) == transactions + (wanted if mode == "add" else 0)
        assert_chains(frame, length=(3, 10), interval_s=(30, 120), seconds=86_400)

    @pytest.mark.parametrize(("events", "low", "high"), [(3, 3, 10), (5, 3, 10), (10, 10, 10), (7, 5, 8), (1, 1, 1)])
    def test_a_ratio_for_exactly_one_chain(self, events: int, low: int, high: int) -> None:
        scenario = chain(ratio=events / 1000, chain_length={"min": low, "max": high})
        [only] = read_chains(frame_of(make_recipe(scenarios={"c": scenario}, transactions=1000)))
        assert len(only) == events

    def test_one_card_with_many_chains(self) -> None:
        scenarios = {"c": chain(ratio=0.25)}
        frame = frame_of(
            make_recipe(scenarios=scenarios, cards=1, transactions=2000, block_rows=2000, seconds=2 * 86_400)
        )
        assert len(read_chains(frame)) > 50
        assert_chains(frame, length=(3, 10), interval_s=(30, 120), seconds=2 * 86_400)

    @pytest.mark.parametrize("mode", ["add", "replace"])
    def test_one_length_and_one_interval(self, mode: str) -> None:
        fixed = chain(ratio=0.1, mode=mode, chain_length={"min": 5, "max": 5}, interval_s={"min": 60, "max": 60})
        frame = frame_of(make_recipe(scenarios={"c": fixed}, block_rows=1000))
        assert len(read_chains(frame)) == 20
        assert_chains(frame, length=(5, 5), interval_s=(60, 60), seconds=86_400)

    def test_chains_of_one_event(self) -> None:
        single = chain(ratio=0.05, chain_length={"min": 1, "max": 1})
        frame = frame_of(make_recipe(scenarios={"c": single}))
        assert frame.role.dropna().tolist() == ["head"] * 50
        assert frame.episode_id.nunique() == 50

    def test_a_window_that_is_just_long_enough(self) -> None:
        tight = chain(ratio=0.05, chain_length={"min": 3, "max": 3}, interval_s={"min": 30, "max": 30})
        frame = frame_of(make_recipe(scenarios={"c": tight}, cards=50, transactions=120, seconds=61))
        for events in read_chains(frame):
            assert seconds_of(events.time).tolist() == [0, 30, 60]

    def test_a_window_that_is_a_second_too_short(self) -> None:
        tight = chain(ratio=0.05, chain_length={"min": 3, "max": 3}, interval_s={"min": 30, "max": 30})
        with pytest.raises(ConfigError, match="longer than the window"):
            make_recipe(scenarios={"c": tight}, cards=50, transactions=120, seconds=60)

    def test_chains_that_do_not_fit_on_their_cards_are_refused(self) -> None:
        wide = chain(ratio=0.05, chain_length={"min": 5, "max": 5}, interval_s={"min": 100, "max": 100})
        recipe = make_recipe(scenarios={"c": wide}, cards=1, transactions=400, seconds=1000)
        with pytest.raises(RefusedError, match="longer than the window of 1,000 s") as caught:
            frame_of(recipe)
        assert caught.value.exit_code == 3

    def test_chains_that_find_no_free_second_are_refused(self) -> None:
        """Half of all seconds of the one card are taken: ten events at once find a free place once in a thousand."""
        dense = chain(ratio=0.02, mode="add", chain_length={"min": 10, "max": 10}, interval_s={"min": 1, "max": 1})
        recipe = make_recipe(scenarios={"c": dense}, cards=1, transactions=500, seconds=1000)
        with pytest.raises(RefusedError, match=r"scenario\.c: its episodes find no free time on their cards") as caught:
            frame_of(recipe)
        assert caught.value.exit_code == 3


class TestTotals:
    @given(st.integers(1, 6), st.integers(0, 6), st.integers(1, 80))
    def test_a_sum_that_no_chains_add_up_to_is_a_problem(self, low: int, more: int, total: int) -> None:
        high = low + more
        reachable = any(k * low <= total <= k * high for k in range(1, total + 1))
        config = make_config(ratio=total / 1000, low=low, high=high)
        told = [problem.path for problem in CardChain(config).problems(make_scene(seconds=10**9))]
        assert told == ([] if reachable else ["ratio"])


class TestCheck:
    """The rules that a finished output is checked against."""

    def planned(self) -> tuple[CardChain, PlanContext, FraudEvents]:
        injector, context = CardChain(make_config(ratio=0.1, low=3, high=10)), make_scene(seconds=86_400)
        events = injector.plan(context, streams=Streams(1, "test"))
        return injector, context, events.take(np.lexsort((events.time_us_f, events.episode_f)))

    def test_a_plan_keeps_them(self) -> None:
        injector, context, events = self.planned()
        assert len(events.role_f) == 100
        assert list(injector.check(context, events)) == []

    def test_a_missing_event(self) -> None:
        injector, context, events = self.planned()
        assert any(
            "99 fraud rows instead of 100" in told for told in injector.check(context, events.take(np.arange(99)))
        )

    @pytest.mark.parametrize(
        ("field", "row", "by", "told"),
        [
            ("card_f", 1, 1, "on more than one card"),
            ("time_us_f", 1, 1000 * US_PER_S, "gap out of bounds"),
            ("time_us_f", 0, -(10**6) * US_PER_S, "leaves the window"),
            ("role_f", 0, 1, "does not start with its head"),
            ("episode_f", slice(0, 1), -1, "length out of bounds"),
        ],
    )
    def test_a_broken_chain(self, field: str, row: Any, by: int, told: str) -> None:
        injector, context, events = self.planned()
        getattr(events, field)[row] += by
        assert any(told in line for line in injector.check(context, events))

    def test_chains_on_top_of_each_other(self) -> None:
        injector, context, events = self.planned()
        first, second = (np.flatnonzero(events.episode_f == e) for e in (0, 1))
        events.card_f[second] = events.card_f[first[0]]
        events.time_us_f[second] += events.time_us_f[first[0]] - events.time_us_f[second[0]]
        assert any("overlaps another one on its card" in line for line in injector.check(context, events))


def make_config(*, ratio: float, low: int, high: int) -> CardChainConfig:
    return CardChainConfig(
        ratio=ratio,
        mode="replace",
        chain_length=Length(min=low, max=high),
        interval_s=Seconds(min=30, max=120),
        follower_amount="small_first",
    )


def make_scene(*, seconds: int) -> PlanContext:
    law = make_law(BucketsConfig(buckets=[Bucket(share=1.0, low=1, high=2)]))
    return PlanContext(cards=20, timeline=Timeline(0, seconds), amount=law, rows=1000)
