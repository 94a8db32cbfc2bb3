"""Customers, cards and devices, counted by plain NumPy: exact totals and shares, and laws within derived bounds."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.contracts.population import Population, first_of
from synth.rng import split_exactly
from tests.population.people import DAY_S, START_S, draw, people, problems

LARGE = {"customers.number": 20_000, "merchants": None}


@pytest.fixture(scope="module")
def large() -> Population:
    return draw(people(changes=LARGE, cards=26_000))


def arrays(population: Population) -> dict[str, Any]:
    """Every array of a population by name."""
    found = {}
    for part in fields(population):
        table = getattr(population, part.name)
        for column in fields(table):
            found[f"{part.name}.{column.name}"] = getattr(table, column.name)
    return found


def as_bytes(population: Population) -> dict[str, Any]:
    return {name: v.tobytes() if isinstance(v, np.ndarray) else v for name, v in arrays(population).items()}


def test_types_and_shapes(large: Population) -> None:
    expected = {
        "customers": ("int8", "int8", "int8", "int8", "int64", "int16", "float64", "float64"),
        "cards": ("int64", "bool", "int64", "int64", "int8"),
        "devices": ("int64", "int8"),
    }
    for table, kinds in expected.items():
        found = [v for name, v in arrays(large).items() if name.startswith(table) and isinstance(v, np.ndarray)]
        assert tuple(str(values.dtype) for values in found) == kinds
        assert {values.shape for values in found} == {(len(getattr(large, table)),)}
    assert (len(large.customers), len(large.cards)) == (20_000, 26_000)
    assert (len(large.merchants), len(large.terminals)) == (0, 0)


def test_shares_are_exact(large: Population) -> None:
    customers = large.customers
    for codes, shares in (
        (customers.segment_u, [0.3, 0.7]),  # online_first, regular
        (customers.age_band_u, [0.6, 0.4]),  # older, younger
        (customers.income_band_u, [0.4, 0.6]),  # high, low
    ):
        assert np.bincount(codes).tolist() == [round(20_000 * share) for share in shares]
    assert np.count_nonzero(large.cards.credit_c) == round(26_000 * 0.4)
    assert np.bincount(large.devices.kind_d).tolist() == split_exactly(len(large.devices), [0.4, 0.6]).tolist()


def test_segment_age_and_income_are_independent(large: Population) -> None:
    customers = large.customers
    codes = [customers.segment_u, customers.age_band_u, customers.income_band_u, np.arange(20_000)]
    # Under a shuffle a correlation has sd 1 / sqrt(n - 1) = 0.0071; five of them.
    off = np.asarray(np.corrcoef(np.array(codes, dtype=np.float64)))[np.triu_indices(4, 1)]
    assert np.abs(off).max() < 0.036


def test_ages_fill_their_bands(large: Population) -> None:
    age, band = large.customers.age_u, large.customers.age_band_u
    assert large.census.age_bands == ("older", "younger")
    assert {*age[band == 0].tolist()} == {*range(40, 91)}
    assert {*age[band == 1].tolist()} == {*range(18, 40)}


def test_incomes_lie_around_their_medians(large: Population) -> None:
    income, band = large.customers.income_minor_u, large.customers.income_band_u
    assert not (income % 10_000).any()
    # The log of a median of n lognormal values has sd 1.2533 sigma / sqrt(n); five of them, and the rounding.
    for code, median in ((0, 9_000_000), (1, 3_000_000)):
        drawn = income[band == code]
        assert abs(np.log(np.median(drawn) / median)) < 5 * 1.2533 * 0.25 / np.sqrt(len(drawn)) + 0.002
        assert abs(np.log(drawn / median).std() / 0.25 - 1) < 0.05


def test_limits_follow_the_holders_income(large: Population) -> None:
    cards = large.cards
    monthly_c = large.customers.income_minor_u[cards.customer_c] / 12
    for these, incomes, sigma, most in ((cards.credit_c, 1.5, 0.5, 5_000_000), (~cards.credit_c, 1.0, 0.3, 2_000_000)):
        limit, middle = cards.limit_minor_c[these], monthly_c[these] * incomes
        assert (limit.min() >= 50_000) & (limit.max() <= most)
        inside = (limit > 50_000) & (limit < most) & (middle < most / 4)
        assert (
            abs(np.median(np.log(limit[inside] / middle[inside]))) < 5 * 1.2533 * sigma / np.sqrt(inside.sum()) + 0.01
        )


def test_everybody_holds_a_card_and_few_hold_many(large: Population) -> None:
    held_u = np.bincount(large.cards.customer_c, minlength=20_000)
    assert held_u.min() == 1
    assert held_u.sum() == 26_000
    # Of 6,000 cards dealt evenly nobody of 20,000 would get more than five: P(Poisson(0.3) > 5) = 6e-7 each.
    assert held_u.max() > 6
    first = first_of(large.cards.customer_c, 20_000)
    assert np.diff(first).tolist() == held_u.tolist()


def test_cards_are_opened_before_the_window_and_after_childhood(large: Population) -> None:
    opened_s = large.cards.opened_s_c
    assert not (opened_s % DAY_S).any()
    years_c = (START_S - opened_s) / DAY_S / 365.25
    assert years_c.min() > 0
    assert (years_c <= large.customers.age_u[large.cards.customer_c] - 15 + 2 / 365).all()
    old = large.customers.age_u[large.cards.customer_c] > 60
    # Cut at 45 years and more, a mean of 4 years stays 4 years; sd 4 / sqrt(n), five of them; floored to days, + 1.
    assert abs(years_c[old].mean() - 4) < 5 * 4 / np.sqrt(old.sum()) + 1 / 365


def test_everybody_has_a_device(large: Population) -> None:
    owned_u = np.bincount(large.devices.customer_d, minlength=20_000)
    assert owned_u.min() == 1
    # Poisson(0.8): the mean of 20,000 has sd sqrt(0.8 / 20000) = 0.0063; five of them.
    assert abs(owned_u.mean() - 1.8) < 0.032


def test_cards_as_many_as_customers_are_theirs_in_order() -> None:
    population = draw(people("handbook"))
    assert population.cards.customer_c.tolist() == list(range(5_000))
    assert not population.cards.credit_c.any()
    assert population.devices.customer_d.tolist() == list(range(5_000))


@pytest.mark.parametrize("place", ["handbook", "tiny"])
def test_one_customer(place: str) -> None:
    population = draw(people(place, {"customers.number": 1, "merchants": None}, cards=3))
    assert population.cards.customer_c.tolist() == [0, 0, 0]
    assert len(population.customers) == 1


def test_merchants_without_customers() -> None:
    population = draw(people(customers=None))
    assert (len(population.customers), len(population.cards), len(population.devices)) == (0, 0, 0)
    assert len(population.merchants) == 20


@pytest.mark.parametrize("start_s", [START_S + 1, START_S + DAY_S - 1, 0, -DAY_S // 2])
def test_no_card_is_opened_in_the_window_whenever_it_begins(start_s: int) -> None:
    opened_s = draw(people(), start_s=start_s).cards.opened_s_c
    assert (opened_s < start_s).all()
    assert not (opened_s % DAY_S).any()


def test_the_same_seed_gives_the_same_people_and_another_one_others() -> None:
    first, again, other = draw(people(), 1), draw(people(), 1), draw(people(), 2)
    assert as_bytes(first) == as_bytes(again)
    same = {name for name, v in as_bytes(first).items() if v == as_bytes(other)[name]}
    # What the recipe alone says.
    fixed = {f"census.{field.name}" for field in fields(first.census)}
    assert same == fixed | {"cards.networks", "cities.countries", "cities.share_a"}


def test_the_order_in_yaml_does_not_matter() -> None:
    config = people()
    turned = {
        f"{section}.{key}": dict(reversed(mapping.items()))
        for section, key, mapping in (
            ("customers", "segments", {"regular": {"share": 0.7}, "online_first": {"share": 0.3}}),
            ("customers.devices", "kinds", {"phone": 0.6, "desktop": 0.4}),
        )
    }
    assert as_bytes(draw(people(changes=turned))) == as_bytes(draw(config))


@settings(max_examples=40)
@given(
    customers=st.integers(1, 400),
    more=st.integers(0, 300),
    share=st.floats(0.01, 0.99),
    credit=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_any_sizes_and_shares_are_exact(customers: int, more: int, share: float, credit: float, seed: int) -> None:
    changes = {
        "customers.number": customers,
        "customers.segments": {"a": {"share": share}, "b": {"share": 1 - share}},
        "customers.credit_share": credit,
        "merchants": None,
    }
    config = people(changes=changes, cards=customers + more)
    assert problems(config) == {}
    population = draw(config, seed)
    assert len(population.cards) == customers + more
    assert {*population.cards.customer_c.tolist()} == {*range(customers)}
    assert {*population.devices.customer_d.tolist()} == {*range(customers)}
    segments = np.bincount(population.customers.segment_u, minlength=2)
    assert abs(segments[0] - customers * share) < 1
    assert abs(np.count_nonzero(population.cards.credit_c) - (customers + more) * credit) < 1


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"customers.number": 131}, "customers.number", "131 customers, but only 130 cards: each holds at least one"),
        ({"customers.segments.regular.share": 0.6}, "customers.segments", "the shares sum to 0.9, not 1"),
        ({"customers.age_bands.older.share": 0.7}, "customers.age_bands", "the shares sum to 1.1, not 1"),
        ({"customers.income_bands.low.share": 0.5}, "customers.income_bands", "the shares sum to 0.9, not 1"),
        ({"customers.devices.kinds": {"phone": 0.5}}, "customers.devices.kinds", "the shares sum to 0.5, not 1"),
        (
            {"customers.age_bands.older.oldest": 39},
            "customers.age_bands.older",
            "youngest 40 is above oldest 39",
        ),
        (
            {"customers.debit_limit.min_minor": 3_000_000},
            "customers.debit_limit",
            "min_minor 3,000,000 is above max_minor 2,000,000",
        ),
        ({"cities": None}, "cities", "customers and merchants need a place to be"),
        ({"grid": {"side_km": 1}}, "grid", "people live on a grid or in cities, not both"),
        (
            {"merchants": None, "tables": ["cards", "terminals"]},
            "tables.1",
            "there is no table 'terminals' without population.merchants",
        ),
    ],
)
def test_problems(changes: dict[str, Any], path: str, message: str) -> None:
    assert problems(people(changes=changes)) == {path: message}


def test_the_census_is_known_before_anybody_is_drawn() -> None:
    config = people()
    census = config.census()
    assert census == draw(config).census
    assert (census.customers, census.merchants, census.terminals) == (100, 20, 40)
    assert census.segments == ("online_first", "regular")
    assert census.categories == ("grocery", "restaurant", "web_shop")
    assert people("visa").census().customers == 0
