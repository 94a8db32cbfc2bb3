"""Spells away from home, and the currencies that people meet there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.arrays import Int64, Mask
from synth.config.recipe import load_recipe
from synth.contracts.population import Population
from synth.engine.prepare import Prepared, prepare
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.travel import Trips
from tests.worlds import tables_of

EUROPE = (
    "population=retail_eu",
    "population.cards=2500",
    "population.customers.number=2000",
    "population.merchants.number=1500",
    "population.merchants.terminals=3000",
    "population.cities.number=30",
    "generator=spending",
    "generator.currency.billing=EUR",
    "columns=payments",
    "timeline.start=2023-03-01",
    "timeline.end=2023-06-01",
    "block_rows=40000",
)
DAY_S = 86_400


@pytest.fixture(scope="module")
def world() -> Prepared:
    return prepare(load_recipe([*EUROPE, "generator.travel.per_year=8"])[0])


@pytest.fixture(scope="module")
def people(world: Prepared) -> Population:
    population = world.make_block.components.world.population
    assert population is not None
    return population


@pytest.fixture(scope="module")
def trips(world: Prepared) -> Trips:
    plan = world.make_block.plan.blocks
    assert isinstance(plan, SpendingPlan)
    return plan.trips


@pytest.fixture(scope="module")
def spring(world: Prepared) -> pd.DataFrame:
    return tables_of(world)["transactions"]


def seconds(frame: pd.DataFrame) -> Int64:
    since = (frame.time - pd.Timestamp("1970-01-01", tz="UTC")) // pd.Timedelta(seconds=1)
    return np.asarray(since, dtype=np.int64)


def is_away(frame: pd.DataFrame, trips: Trips) -> Mask:
    """Spell by spell, as slowly as it can be said."""
    away = np.zeros(len(frame), dtype=bool)
    second, customer = seconds(frame), frame.customer_id.to_numpy()
    for who, start, end in zip(trips.customer_j, trips.start_s_j, trips.end_s_j, strict=True):
        away |= (customer == who) & (second >= start) & (second < end)
    return away


class TestSpells:
    @given(st.data())
    def test_who_is_away_is_found(self, data: st.DataObject) -> None:
        trips: list[tuple[int, int, int, int]] = []
        for u in range(3):
            edges = sorted(data.draw(st.sets(st.integers(0, 60), max_size=8)))
            trips += [(a, u, b, 10 * u + a) for a, b in zip(edges[::2], edges[1::2], strict=False)]
        trips.sort()
        start_s, who, end_s, city = (np.array([s[i] for s in trips], dtype=np.int64) for i in range(4))
        events = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=20))
        customer_t, second_t = (np.array([e[i] for e in events], dtype=np.int64) for i in range(2))
        row, where = Trips(who, start_s, end_s, city, 3).away(customer_t, second_t)
        expected = {t: c for t, (u, s) in enumerate(events) for a, v, b, c in trips if v == u and a <= s < b}
        assert dict(zip(row.tolist(), where.tolist(), strict=True)) == expected

    def test_spells_of_a_customer_do_not_overlap(self, trips: Trips) -> None:
        order = np.lexsort((trips.start_s_j, trips.customer_j))
        who, start, end = trips.customer_j[order], trips.start_s_j[order], trips.end_s_j[order]
        assert ((who[1:] != who[:-1]) | (start[1:] >= end[:-1])).all()
        assert (end > start).all()
        assert (end - start).max() <= 30 * DAY_S

    def test_rates_lengths_and_segments(self, trips: Trips, people: Population) -> None:
        names = np.array(people.census.segments)[people.customers.segment_u]
        began = trips.start_s_j >= trips.start_s_j.max() - 92 * DAY_S
        counts = np.bincount(trips.customer_j[began], minlength=len(names))
        regular = counts[names == "regular"]
        # 8 a year, but for those that would begin during another: one in ten or so; 800 customers have about 1,600
        # spells, six standard deviations are 6 sqrt(1600) / 800 = 0.3
        assert 8 * 92 / 365.25 * 0.85 - 0.3 < regular.mean() < 8 * 92 / 365.25 + 0.3
        assert counts[names == "homebody"].mean() < 0.5 * regular.mean()
        assert counts[names == "traveller"].mean() > 2 * regular.mean()
        days = (trips.end_s_j - trips.start_s_j)[began] / DAY_S
        assert 3.2 < np.median(days) < 4.0

    def test_nobody_goes_home_to_travel_and_some_go_abroad(self, trips: Trips, people: Population) -> None:
        home = people.customers.city_u[trips.customer_j]
        assert (trips.city_j != home).all()
        country = np.array(people.cities.countries)
        cities = {code: int((country == code).sum()) for code in set(country)}
        stayed = np.isin(country[home], [code for code, n in cities.items() if n > 1])
        abroad = (country[trips.city_j] != country[home])[stayed]
        # some 4,000 spells: six standard deviations are 6 sqrt(0.27 x 0.73 / 4000) = 0.042
        assert abs(abroad.mean() - 0.27) < 0.042


class TestPurchases:
    def test_in_a_spell_people_shop_elsewhere_and_come_back(
        self, spring: pd.DataFrame, trips: Trips, people: Population
    ) -> None:
        in_shop = spring[spring.channel.isin(["chip", "contactless"])]
        away = is_away(in_shop, trips)
        assert 0.05 < away.mean() < 0.25
        homes, places = people.customers, people.terminals
        apart = np.hypot(
            homes.x_u[in_shop.customer_id] - places.x_p[in_shop.terminal_id],
            homes.y_u[in_shop.customer_id] - places.y_p[in_shop.terminal_id],
        )
        elsewhere = places.city_p[in_shop.terminal_id] != homes.city_u[in_shop.customer_id]
        # some cities are next to each other; and who wants what nobody sells where they are goes to another city
        assert elsewhere[away].mean() > 0.95
        assert elsewhere[~away].mean() < 0.2
        assert np.median(apart[away]) > 10 * np.median(apart[~away])
        last = in_shop.assign(away=away, apart=apart).groupby("customer_id")
        came_back = last.away.transform(lambda a: a.cummax()).to_numpy().astype(bool) & ~away
        assert came_back.sum() > 1000
        assert np.median(apart[came_back]) < 12

    def test_the_web_is_as_near_as_at_home(self, spring: pd.DataFrame, trips: Trips) -> None:
        away = is_away(spring, trips)
        shares = [
            part[part.channel != "recurring"].channel.eq("online").mean() for part in (spring[away], spring[~away])
        ]
        # travellers buy more on the web than others: 1.4 times as much, or less
        assert 0.9 < shares[0] / shares[1] < 1.6

    def test_where_nobody_can_go_everybody_stays(self) -> None:
        square = ("population.cities=null", "+population.grid={side_km: 30}")
        for where in (square, ("population.cities.number=1",)):
            world = prepare(load_recipe([*EUROPE, *where, "timeline.end=2023-03-08"])[0])
            plan = world.make_block.plan.blocks
            assert isinstance(plan, SpendingPlan)
            assert len(plan.trips.customer_j) == 0
            assert len(tables_of(world)["transactions"]) > 5000


class TestCurrency:
    def test_it_is_that_of_the_terminals_country(self, spring: pd.DataFrame, people: Population) -> None:
        country = np.array(people.cities.countries)[people.terminals.city_p[spring.terminal_id]]
        expected = np.select([country == "GB", country == "PL"], ["GBP", "PLN"], "EUR")
        assert (spring.currency == expected).all()
        assert set(spring.currency) == {"EUR", "GBP", "PLN"}

    def test_a_square_has_the_billing_currency(self) -> None:
        square = ("population.cities=null", "+population.grid={side_km: 30}")
        frame = synth.generate(*EUROPE, *square, "timeline.end=2023-03-03")
        assert set(frame.currency) == {"EUR"}

    def test_without_it_there_is_no_column(self) -> None:
        view = "columns.fields=[{name: currency, source: currency}]"
        with pytest.raises(synth.ConfigError, match="no event column named 'currency'"):
            load_recipe([*EUROPE, "generator.currency=null", view])
