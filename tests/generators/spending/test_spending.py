"""People who buy by habit."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.arrays import Int64
from synth.config.recipe import load_recipe
from synth.contracts.population import Population
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError
from synth.generators.spending.keys import separate
from tests.worlds import TOWNS

PEOPLE = (
    *TOWNS,
    "columns=spending",
)
#: Shopping, and nothing else.
HOME = ("generator.standing=null", "generator.travel=null")
MONTH = ("timeline.start=2023-03-01", "timeline.end=2023-04-01", "block_rows=15000")


def prepared(*overrides: str) -> Prepared:
    return prepare(load_recipe([*PEOPLE, *HOME, *MONTH, *overrides])[0])


@pytest.fixture(scope="module")
def world() -> Prepared:
    return prepared()


@pytest.fixture(scope="module")
def march() -> pd.DataFrame:
    return synth.generate(*PEOPLE, *HOME, *MONTH)


class TestIntegrity:
    def test_every_id_leads_to_the_next(self, world: Prepared, march: pd.DataFrame) -> None:
        people = world.make_block.components.world.population
        assert people is not None
        assert (people.cards.customer_c[march.card_id] == march.customer_id).all()
        assert (people.terminals.merchant_p[march.terminal_id] == march.merchant_id).all()
        names = np.array(people.census.categories)
        assert (names[people.merchants.category_m[march.merchant_id]] == march.category).all()
        assert ((march.channel == "online") == people.merchants.online_m[march.merchant_id]).all()
        assert march.card_id.nunique() > 2000

    def test_no_card_is_in_two_places_in_a_second(self, march: pd.DataFrame) -> None:
        assert not march.duplicated(["time", "card_id"]).any()
        assert march.time.is_monotonic_increasing
        assert march.time.min() >= pd.Timestamp("2023-03-01", tz="UTC")
        assert march.time.max() < pd.Timestamp("2023-04-01", tz="UTC")

    def test_shops_are_near_and_open(self, world: Prepared, march: pd.DataFrame) -> None:
        people = world.make_block.components.world.population
        assert people is not None
        in_shop = march[march.channel != "online"]
        homes, places = people.customers, people.terminals
        apart = np.hypot(
            homes.x_u[in_shop.customer_id] - places.x_p[in_shop.terminal_id],
            homes.y_u[in_shop.customer_id] - places.y_p[in_shop.terminal_id],
        )
        # from the middle of the homes in a square of 4 km: 12 km and half a square's diagonal more; who wants what
        # nobody sells there goes to the nearest shop
        far = apart > 12 + 4 * 2**0.5
        assert far.mean() < 0.15
        nearest = [
            np.hypot(homes.x_u[u] - places.x_p[of], homes.y_u[u] - places.y_p[of]).min()
            for u, of in self.sold(people, in_shop[far][:200])
        ]
        assert (apart[far][:200] < np.array(nearest) + 2 * 4 * 2**0.5).all()
        assert np.median(apart) < 10
        hour = in_shop.time.dt.hour.to_numpy()
        opens, closes = people.merchants.opens_m, people.merchants.closes_m
        assert (hour >= opens[in_shop.merchant_id]).all()
        assert (hour < closes[in_shop.merchant_id]).all()

    @staticmethod
    def sold(people: Population, rows: pd.DataFrame) -> Iterator[tuple[int, Int64]]:
        """Customer, and the terminals in shops that sell what was bought, row by row."""
        category_p = people.merchants.category_m[people.terminals.merchant_p]
        online_p = people.merchants.online_m[people.terminals.merchant_p]
        for customer, category in zip(rows.customer_id, rows.category, strict=True):
            yield customer, np.flatnonzero((category_p == people.census.categories.index(category)) & ~online_p)


class TestBehaviour:
    def test_rates_have_a_heavy_tail(self, march: pd.DataFrame) -> None:
        per_customer = march.groupby("customer_id").size()
        # lognormal rates of sigma 0.6 to 0.8: the busiest tenth buys about a quarter to two fifths
        assert 0.22 < per_customer.nlargest(200).sum() / len(march) < 0.45

    def test_weekdays_follow_their_weights(self) -> None:
        even = "[1,1,1,1,1,1,1]"
        weights = [*(f"generator.segments.{s}.weekday={even}" for s in SEGMENTS), "generator.pay_day=null", *HOME]
        weights[0] = "generator.segments.regular.weekday=[1,1,1,1,1,3,0]"
        frame = synth.generate(*PEOPLE, "timeline.start=2023-05-01", "timeline.end=2023-05-29", *weights)
        days = frame.groupby(frame.time.dt.day_of_week).size().reindex(range(7), fill_value=0)
        # 40 % of the people are regular, with a mean rate of 1.1 against 1.21 of all: their share of the purchases is
        # estimated from a Sunday, on which they do not buy; Memorial Day is a day later
        regular = 1 - days[6] / (days.sum() / 7)
        assert 0.25 < regular < 0.45
        assert abs(days[5] / (days.sum() / 7) - (1 + 2 * regular)) < 0.15

    @pytest.mark.parametrize(("share", "slots", "low", "high"), [(0.0, 1, 0, 0.6), (1.0, 1, 0.999, 1.0)])
    def test_favourites_are_visited_again(self, share: float, slots: int, low: float, high: float) -> None:
        memory = (f"generator.favourites.share={share}", f"generator.favourites.slots={slots}")
        frame = synth.generate(*PEOPLE, *HOME, *MONTH, *memory)
        frame = frame[(frame.category == "grocery") & (frame.channel != "online")]
        visits = frame.groupby("customer_id").terminal_id
        busy = visits.size() >= 10
        top = visits.agg(lambda t: t.value_counts().iloc[0] / len(t))[busy]
        assert busy.sum() > 100
        assert low <= top.mean() <= high

    def test_holidays_and_pay_days(self) -> None:
        quiet = ("generator.holidays.factor=0", "generator.pay_day.factor=3", "generator.pay_day.days=2")
        frame = synth.generate(*PEOPLE, "timeline.start=2023-06-25", "timeline.end=2023-07-08", *HOME, *quiet)
        days = frame.groupby(frame.time.dt.date.astype(str)).size()
        assert "2023-07-04" not in days.index
        usual = days[["2023-06-28", "2023-06-29", "2023-07-05", "2023-07-06"]].mean()
        # weekday weights differ by a quarter; the first and second of July are pay days
        assert days["2023-07-01"] > 2 * usual
        assert days["2023-07-03"] < 1.6 * usual

    def test_amounts_follow_category_and_customer(self, march: pd.DataFrame) -> None:
        medians = march.groupby("category").amount.median()
        assert medians["fast_food"] < medians["restaurant"] < medians["travel"]
        assert 20 < medians["grocery"] < 50
        assert march.amount.min() >= 0.01


SEGMENTS = ("regular", "homebody", "commuter", "online_first", "night_owl", "traveller")


class TestFraud:
    def test_chains_hide_in_their_victims_habits(self) -> None:
        chains = ("scenario=card_chain", "scenario.card_chain.mode=add", "scenario.card_chain.follower_amount=run")
        frame = synth.generate(*PEOPLE, *MONTH, *chains, "scenario.card_chain.ratio=0.05")
        control = synth.generate(*PEOPLE, *MONTH)
        genuine = frame[frame.fraud_label == 0].reset_index(drop=True)
        for column in ("time", "card_id", "amount", "terminal_id", "channel"):
            np.testing.assert_array_equal(genuine[column], control[column])
        fraud = frame[frame.fraud_label == 1]
        assert len(fraud) == int(0.05 * len(control))
        shares = [part.category.value_counts(normalize=True).sort_index() for part in (fraud, genuine)]
        # about 3,500 fraud rows: six standard deviations of a share of 0.16 are 6 sqrt(0.16 x 0.84 / 3500) = 0.037, and
        # chains are dependent: times two
        assert (shares[0] - shares[1]).abs().max() < 0.075
        assert 0.7 < fraud.amount.median() / genuine.amount.median() < 1.4

    def test_exact_rows_can_be_asked_for(self) -> None:
        frame = synth.generate(*PEOPLE, *MONTH, "generator.transactions=20000", "scenario=card_chain")
        assert len(frame) == 20_000
        assert frame.fraud_label.sum() == 50

    def test_a_ratio_that_the_drawn_rows_cannot_meet_is_refused(self) -> None:
        single = (
            "scenario=card_chain",
            "scenario.card_chain.ratio=0.002",
            "scenario.card_chain.chain_length={min: 9, max: 9}",
        )
        with pytest.raises((synth.RefusedError, ConfigError), match=r"cannot add up to|less than one episode"):
            synth.generate(*PEOPLE, *MONTH, *single)


class TestEdges:
    @pytest.mark.parametrize(
        "window",
        [
            ("2024-02-28", "2024-03-01"),
            ("2023-12-31T20:00:00", "2024-01-01T03:00:00"),
            ("2023-03-26T01:59:00", "2023-03-26T03:01:00"),
        ],
    )
    def test_leap_days_and_year_ends_are_days_like_others(self, window: tuple[str, str]) -> None:
        frame = synth.generate(
            *PEOPLE, f"timeline.start={window[0]}", f"timeline.end={window[1]}", "generator.transactions=500"
        )
        assert len(frame) == 500
        assert frame.time.min() >= pd.Timestamp(window[0], tz="UTC")
        assert frame.time.max() < pd.Timestamp(window[1], tz="UTC")

    def test_one_customer(self) -> None:
        one = (
            "population.cards=1",
            "population.customers.number=1",
            "population.customers.segments={regular: {share: 1.0}}",
        )
        frame = synth.generate(
            "population=tiny", "generator=spending", "columns=spending", *one[:2], "timeline.end=2022-03-01"
        )
        assert set(frame.customer_id) == {0}
        assert set(frame.card_id) == {0}

    def test_what_nobody_sells_is_not_bought(self) -> None:
        frame = synth.generate("population=tiny", "generator=spending", "columns=spending", "timeline.end=2022-03-01")
        assert set(frame.category) == {"grocery", "restaurant", "web_shop"}
        assert set(frame[frame.channel == "online"].category) == {"web_shop"}

    def test_who_avoids_the_web_still_buys_there_what_is_sold_nowhere_else(self) -> None:
        frame = synth.generate(*PEOPLE, *MONTH, *(f"generator.segments.{name}.online=0" for name in SEGMENTS))
        # nobody has a shop for these two
        assert {"digital", "web_shop"} <= set(frame[frame.channel == "online"].category)
        online = frame[frame.channel == "online"].category.value_counts(normalize=True)
        assert online[["digital", "web_shop"]].sum() == 1

    def test_who_has_no_shop_in_reach_buys_on_the_web_or_not_at_all(self) -> None:
        reach = ("generator.reach.km=0.001", "generator.reach.exact=true", "generator.reach.nearest=false")
        frame = synth.generate(*PEOPLE, *HOME, *MONTH, *reach)
        offered = set(frame[frame.channel == "online"].category)
        assert set(frame[frame.channel != "online"].category) & offered == set()
        square = ("population=handbook", "generator=handbook", "columns=spending", "timeline.end=2022-01-15")
        without_any_shop = synth.generate(
            *square, "population.merchants.number=200", "population.merchants.terminals=200"
        )
        everybody = synth.generate(*square)
        assert 0.6 < without_any_shop.customer_id.nunique() / everybody.customer_id.nunique() < 0.95

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=12))
    def test_events_of_a_card_are_separated(self, events: list[tuple[int, int]]) -> None:
        second, card = (np.array([e[i] for e in events], dtype=np.int64) for i in range(2))
        code = separate(second, card, 12, 3)
        assert len(set(code.tolist())) == len(code)
        assert (np.diff(code) > 0).all()
        assert np.bincount(code % 3, minlength=3).tolist() == np.bincount(card, minlength=3).tolist()
        assert ((code >= 0) & (code < 36)).all()


#: Every weight of a mix, at nothing.
NOTHING = tuple(
    f"generator.segments.regular.mix.{category}=0"
    for category in (
        *("grocery", "restaurant", "fast_food", "bar", "bakery", "fuel", "pharmacy", "department", "clothing"),
        *("electronics", "home", "health", "beauty", "leisure", "transport", "travel", "digital", "web_shop"),
    )
)


class TestProblems:
    @pytest.mark.parametrize(
        ("overrides", "path", "told"),
        [
            (("population=visa",), "generator", "the population has only cards"),
            (
                ("+generator.segments.regular.mix.grocer=1",),
                "generator.segments.regular.mix.grocer",
                "did you mean 'grocery'?",
            ),
            (NOTHING, "generator.segments.regular.mix", "segment 'regular' buys nothing that"),
            (("~generator.segments.night_owl",), "generator.segments", "have no behaviour here: night_owl"),
            (("~generator.categories.bar",), "generator.categories", "have no behaviour here: bar"),
            (("generator.holidays.country=XX",), "generator.holidays.country", "no holidays are known of country 'XX'"),
            (("generator.months=[0,0,0,0,0,0,0,0,0,0,0,0]",), "generator.months", "no month has any activity"),
            (("generator.segments.regular.weekday=[0,0,0,0,0,0,0]",), "generator.segments.regular", "is never active"),
            (("generator.segments.regular.rate.mean=-1",), "generator.segments.regular.rate.mean", "is -1"),
            (("generator.contactless=2",), "generator.contactless", "is 2"),
        ],
    )
    def test_what_does_not_fit_is_told_with_its_path(self, overrides: tuple[str, ...], path: str, told: str) -> None:
        people = ("population=retail_us", "generator=spending")
        with pytest.raises(ConfigError) as refused:
            load_recipe([*people, *overrides])
        assert path in {problem.path for problem in refused.value.problems}
        assert told in str(refused.value)
