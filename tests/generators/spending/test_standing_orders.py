"""Payments that come back each month."""

from calendar import monthrange
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.config.recipe import load_recipe
from synth.contracts.rhythms import DAY_S
from synth.engine.prepare import prepare
from synth.errors import RefusedError
from synth.generators.spending.keys import separate
from synth.generators.spending.standing_orders import StandingOrders
from tests.worlds import TOWNS, tables_of

PEOPLE = (
    *TOWNS,
    "columns=payments",
)
#: Over a year's end and a leap day.
WINTER = ("timeline.start=2023-11-20", "timeline.end=2024-04-10", "block_rows=40000")
CODE = ["customer_id", "card_id", "merchant_id", "terminal_id", "category", "amount"]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def orders_of(days: list[int], second: int = 0, spread_s: int = 0) -> StandingOrders:
    """Orders on given days of the month, each on a card of its own."""
    day_o = np.sort(np.array(days, dtype=np.int8))
    number_o, zero_o, orders = np.arange(len(days), dtype=np.int32), np.zeros(len(days), dtype=np.int32), len(days)
    second_o, spread_o = (np.full(orders, value, dtype=np.int32) for value in (second, spread_s))
    amount_o = np.full(orders, 100, dtype=np.int64)
    return StandingOrders(7, day_o, second_o, spread_o, number_o, zero_o.astype(np.int16), zero_o, amount_o)


def dates(orders: StandingOrders, start: str, end: str) -> list[str]:
    _, second = orders.due(seconds(start), seconds(end))
    return sorted(str(datetime.fromtimestamp(s, UTC).date()) for s in second.tolist())


@pytest.fixture(scope="module")
def winter() -> pd.DataFrame:
    return synth.generate(*PEOPLE, *WINTER)


@pytest.fixture(scope="module")
def bills(winter: pd.DataFrame) -> pd.DataFrame:
    return winter[winter.channel == "recurring"]


class TestDates:
    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            ("2024-01-01", "2024-04-01", ["2024-01-31", "2024-02-29", "2024-03-31"]),
            ("2023-02-01", "2023-05-01", ["2023-02-28", "2023-03-31", "2023-04-30"]),
            ("2023-12-31", "2024-01-01", ["2023-12-31"]),
            ("2024-02-29", "2024-03-01", ["2024-02-29"]),
            ("2024-02-28", "2024-02-29", []),
            ("2100-02-28", "2100-03-01", ["2100-02-28"]),
        ],
    )
    def test_the_31st_is_the_last_day(self, start: str, end: str, expected: list[str]) -> None:
        assert dates(orders_of([31], second=DAY_S - 1), start, end) == expected

    def test_in_february_four_days_become_one(self) -> None:
        assert dates(orders_of([28, 29, 30, 31]), "2023-02-01", "2023-03-01") == ["2023-02-28"] * 4
        assert dates(orders_of([28, 29, 30, 31]), "2024-02-01", "2024-03-01") == ["2024-02-28"] + ["2024-02-29"] * 3

    @given(
        st.lists(st.integers(1, 31), min_size=1, max_size=20),
        st.integers(0, DAY_S - 1),
        st.integers(0, DAY_S - 1),
        st.integers(0, 5_000_000_000),
        st.integers(1, 100 * DAY_S),
        st.lists(st.floats(0, 1), max_size=4),
    )
    def test_each_month_once_however_the_window_is_cut(
        self, days: list[int], second: int, spread_s: int, start: int, length: int, cuts: list[float]
    ) -> None:
        spread_s = min(spread_s, DAY_S - 1 - second)
        orders = orders_of(days, second, spread_s)
        order_d, second_d = orders.due(start, start + length)
        edges = sorted({start, start + length, *(start + int(cut * length) for cut in cuts)})
        parts = [orders.due(a, b) for a, b in pairwise(edges)]
        whole = sorted(zip(second_d.tolist(), order_d.tolist(), strict=True))
        pieces = sorted(pair for o, s in parts for pair in zip(s.tolist(), o.tolist(), strict=True))
        assert pieces == whole
        assert ((second_d >= start) & (second_d < start + length)).all()
        counted = orders.count(np.array(edges))
        assert counted.tolist() == [len(order) for order, _ in parts]
        for order, at in zip(order_d.tolist(), second_d.tolist(), strict=True):
            day = datetime.fromtimestamp(at, UTC)
            assert day.day == min(int(orders.day_o[order]), monthrange(day.year, day.month)[1])
            assert second <= at % DAY_S <= second + spread_s
        months = [(o, datetime.fromtimestamp(s, UTC).strftime("%Y-%m")) for s, o in whole]
        assert len(set(months)) == len(months)

    @given(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=10),
        st.sets(st.integers(0, 29), max_size=8),
    )
    def test_purchases_give_way_to_what_is_due(self, events: list[tuple[int, int]], taken: set[int]) -> None:
        second, card = (np.array([e[i] for e in events], dtype=np.int64) for i in range(2))
        due = np.array(sorted(taken), dtype=np.int64)
        code = separate(second, card, 12, 3, due)
        both = np.concatenate([code, due])
        assert len(set(both.tolist())) == len(both)
        assert np.bincount(code % 3, minlength=3).tolist() == np.bincount(card, minlength=3).tolist()


class TestPayments:
    def test_the_same_each_month(self, bills: pd.DataFrame) -> None:
        whole = bills[(bills.time >= "2023-12-01") & (bills.time < "2024-04-01")]
        times = whole.groupby(CODE).time.agg(["size", "nunique"])
        # two orders of a customer with one amount at one merchant are two orders; else one a month
        assert (times["size"] % 4 == 0).all()
        assert (times["size"] == 4).mean() > 0.99

    def test_days_and_hours_stay(self, bills: pd.DataFrame) -> None:
        whole = bills[(bills.time >= "2023-12-01") & (bills.time < "2024-04-01")]
        single = whole.groupby(CODE).filter(lambda rows: len(rows) == 4)
        day = single.time.dt.day.to_numpy().reshape(-1)
        last = single.time.dt.days_in_month.to_numpy()
        groups = single.assign(day=day, shown=np.where(day == last, 31, day)).groupby(CODE)
        most = groups.day.max()
        assert ((groups.day.min() == most) | (groups.shown.max() == 31)).all()
        second = single.time.dt.hour * 3600 + single.time.dt.minute * 60 + single.time.dt.second
        spread = single.assign(second=second).groupby(CODE).second.agg(lambda s: s.max() - s.min())
        assert spread.max() <= 7200
        assert spread.median() > 600

    def test_shares_of_customers(self, bills: pd.DataFrame) -> None:
        march = bills[(bills.time >= "2024-03-01") & (bills.time < "2024-04-01")]
        payers = march.groupby("category").customer_id.nunique()
        # a share of 2,000 customers: six standard deviations are at most 6 sqrt(0.25 / 2000) = 0.067
        for category, share in {"housing": 0.25, "utilities": 0.55, "telecom": 0.65, "leisure": 0.15}.items():
            assert abs(payers[category] / 2000 - share) < 0.067

    def test_rent_is_due_in_the_first_days(self, bills: pd.DataFrame) -> None:
        rent = bills[bills.category == "housing"]
        assert set(rent.time.dt.day) == {1, 2, 3, 4, 5}
        assert 0.7 < rent.drop_duplicates(CODE).amount.median() / 1100 < 1.4

    def test_no_key_is_there_twice(self, winter: pd.DataFrame) -> None:
        assert not winter.duplicated(["time", "card_id"]).any()
        assert winter.time.is_monotonic_increasing

    def test_blocks_of_any_size_hold_the_same_payments(self, bills: pd.DataFrame) -> None:
        other = synth.generate(*PEOPLE, *WINTER[:2], "block_rows=7000")
        again = other[other.channel == "recurring"]
        assert len(again) == len(bills)
        shown = [
            part.sort_values(["time", "card_id"])[["time", *CODE]].reset_index(drop=True) for part in (again, bills)
        ]
        # a payment may be a second later where two meet
        assert (shown[0] != shown[1]).any(axis=1).mean() < 0.001

    def test_exact_rows_count_them(self) -> None:
        month = ("timeline.start=2024-02-01", "timeline.end=2024-03-01", "generator.transactions=20000")
        frame = synth.generate(*PEOPLE, *month, "block_rows=3000")
        assert len(frame) == 20_000
        assert 5000 < (frame.channel == "recurring").sum() < 6500

    def test_fewer_rows_than_payments_are_refused(self) -> None:
        month = ("timeline.start=2024-02-01", "timeline.end=2024-03-01", "generator.transactions=3000")
        with pytest.raises(RefusedError, match=r"3,000 transactions, but 5,\d+ standing orders would be due"):
            synth.generate(*PEOPLE, *month)

    def test_nobody_has_an_order_for_what_nobody_sells(self) -> None:
        frame = synth.generate("population=tiny", "generator=spending", "columns=payments", "timeline.end=2022-03-01")
        assert "recurring" not in set(frame.channel)

    def test_segments_have_shares_of_their_own(self) -> None:
        only = [f"generator.standing.{name}.share=0" for name in ("rent", "power", "phone", "music", "club")]
        video = ["generator.standing.video.share=0", "+generator.standing.video.segments.night_owl=1"]
        nobody = [
            f"generator.standing.{name}.segments.{s}=0"
            for name in ("video", "music")
            for s in ("homebody", "online_first")
        ]
        world = prepare(load_recipe([*PEOPLE, *only, *video, *nobody, "timeline.end=2022-02-01"])[0])
        people = world.make_block.components.world.population
        assert people is not None
        frame = tables_of(world)["transactions"]
        payers = set(frame[frame.channel == "recurring"].customer_id)
        owls = people.census.segments.index("night_owl")
        assert payers == set(np.flatnonzero(people.customers.segment_u == owls).tolist())


class TestFraud:
    CHAINS = (
        "scenario=card_chain",
        "scenario.card_chain.mode=add",
        "scenario.card_chain.follower_amount=run",
        "scenario.card_chain.ratio=0.2",
    )
    ATTACKS = ("scenario=[stolen_card,compromised_terminal]", "scenario.stolen_card.share=0.9")

    @pytest.mark.parametrize("scenario", [CHAINS, ATTACKS])
    def test_no_fraud_is_one(self, scenario: tuple[str, ...]) -> None:
        """An order that somebody else paid once, or that begins in the middle of the window, would be certain fraud."""
        frame = synth.generate(*PEOPLE, "timeline.start=2024-02-01", "timeline.end=2024-04-01", *scenario)
        assert (frame.channel == "recurring").sum() > 1000
        assert (frame.fraud_label == 1).sum() > 300
        assert not ((frame.channel == "recurring") & (frame.fraud_label == 1)).any()
