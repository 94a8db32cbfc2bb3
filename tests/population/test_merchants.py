"""Merchants and terminals: exact counts, Zipf's law, places, hours, and names that are no two alike."""

from typing import Any

import numpy as np
import pytest
from faker.config import AVAILABLE_LOCALES
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.contracts.population import Population
from synth.population import phrases
from synth.population.names import draw_names
from synth.rng import split_exactly
from tests.population.people import draw, people, problems


@pytest.fixture(scope="module")
def large() -> Population:
    return draw(people("retail_us", {"merchants.terminals": 20_000}))


def test_categories_have_their_exact_shares(large: Population) -> None:
    config = people("retail_us").merchants
    assert config is not None
    kinds = [config.categories[name] for name in large.census.categories]
    counts = np.bincount(large.merchants.category_m)
    assert counts.tolist() == split_exactly(5_000, [kind.share for kind in kinds]).tolist()
    for code, kind in enumerate(kinds):
        these = large.merchants.category_m == code
        assert abs(np.count_nonzero(large.merchants.online_m[these]) - kind.online * counts[code]) < 1
        assert {*large.merchants.mcc_m[these].tolist()} == {*map(int, kind.mcc)}
        assert {*large.merchants.opens_m[these].tolist()} == {kind.opens}
        assert {*large.merchants.closes_m[these].tolist()} == {kind.closes}
        # A standard deviation of n values is off by sigma / sqrt(2 n); five of them, and the rounding.
        prices = np.log(large.merchants.price_level_m[these])
        assert abs(prices.std() - kind.price_sigma) < 5 * kind.price_sigma / np.sqrt(2 * counts[code]) + 0.001


def test_sizes_follow_zipfs_law(large: Population) -> None:
    size_m = np.sort(large.merchants.size_m)[::-1]
    assert size_m.mean() == pytest.approx(1)
    assert np.allclose(size_m[0] / size_m[[0, 9, 99, 999]], np.array([1, 10, 100, 1000]) ** 0.9, rtol=1e-4)
    # Neither kind nor index tells the size: rank correlations have sd 1 / sqrt(n - 1) = 0.0141; five of them.
    rank_m = np.argsort(np.argsort(large.merchants.size_m))
    for column in (large.merchants.category_m, np.arange(5_000)):
        assert abs(np.corrcoef(rank_m, column)[0, 1]) < 0.071


def test_terminals_go_by_size(large: Population) -> None:
    count_m = np.bincount(large.terminals.merchant_p, minlength=5_000)
    assert count_m.min() == 1
    assert count_m.sum() == 20_000
    online, size_m = large.merchants.online_m, large.merchants.size_m
    assert (count_m[online] == 1).all()
    quota_m = 15_000 * size_m[~online] / size_m[~online].sum()
    assert np.abs(count_m[~online] - 1 - quota_m).max() < 1
    assert (np.diff(large.terminals.merchant_p) >= 0).all()


def test_a_store_has_so_many_terminals_at_most(large: Population) -> None:
    terminals, merchants = large.terminals, large.merchants
    first = np.searchsorted(terminals.merchant_p, np.arange(5_000))
    assert np.array_equal(terminals.x_p[first], merchants.x_m)
    assert np.array_equal(terminals.y_p[first], merchants.y_m)
    assert np.array_equal(terminals.city_p[first], merchants.city_m)
    biggest = int(np.argmax(np.bincount(terminals.merchant_p)))
    rows = np.flatnonzero(terminals.merchant_p == biggest)
    spots = np.unique(np.stack([terminals.x_p[rows], terminals.y_p[rows]]), axis=1, return_counts=True)[1]
    assert spots.max() == 3
    assert len(spots) == -(-len(rows) // 3)
    assert len({*terminals.city_p[rows].tolist()}) > 10


def test_where_all_sell_on_the_web_they_have_all_terminals() -> None:
    category = {"share": 1.0, "mcc": ["5964"], "online": 1, "price_sigma": 0, "opens": 0, "closes": 24}
    population = draw(people(changes={"merchants.categories": {"web": category}}))
    assert population.merchants.online_m.all()
    assert len(population.terminals) == 40
    assert (population.merchants.price_level_m == 1).all()


@settings(max_examples=40)
@given(
    merchants=st.integers(1, 200),
    more=st.integers(0, 300),
    per_store=st.integers(1, 5),
    exponent=st.floats(0, 5),
    online=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_any_sizes_are_exact(
    merchants: int, more: int, per_store: int, exponent: float, online: float, seed: int
) -> None:
    changes = {
        "customers": None,
        "merchants.number": merchants,
        "merchants.terminals": merchants + more,
        "merchants.terminals_per_store": per_store,
        "merchants.exponent": exponent,
        "merchants.categories.grocery.online": online,
    }
    config = people("tiny", changes, cities=None, grid={"side_km": 1})
    assert problems(config) == {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrases, "_POOL", 20)
        population = draw(config, seed)
    assert {*population.terminals.merchant_p.tolist()} == {*range(merchants)}
    assert len(population.terminals) == merchants + more
    assert len({*population.merchants.name_m.to_pylist()}) == merchants
    assert population.merchants.size_m.min() > 0
    for x in (population.merchants.x_m, population.merchants.y_m, population.terminals.x_p, population.terminals.y_p):
        assert ((x >= 0) & (x <= 1)).all()


@pytest.mark.filterwarnings("ignore:fr_QC locale is deprecated")
@pytest.mark.parametrize("locale", sorted(AVAILABLE_LOCALES))
def test_names_of_every_locale_are_no_two_alike(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "_POOL", 20)
    monkeypatch.setattr(phrases, "_WHOLE_POOL", 40)
    names = draw_names(700, locale, rng=np.random.default_rng(3)).to_pylist()
    assert len({*names}) == 700
    assert all(name.strip() and "{{" not in name and "\n" not in name for name in names)


def test_a_hundred_thousand_names_need_no_numbers() -> None:
    names = draw_names(100_000, "en_US", rng=np.random.default_rng(0)).to_pylist()
    assert len({*names}) == 100_000
    assert not any(character.isdigit() for name in names for character in name)


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"merchants.terminals": 19}, "merchants.terminals", "19 terminals, but 20 merchants, each with one or more"),
        ({"merchants.categories.grocery.share": 0.4}, "merchants.categories", "the shares sum to 0.9, not 1"),
        (
            {"merchants.categories.grocery.closes": 7},
            "merchants.categories.grocery",
            "opens 7 is not before closes 7",
        ),
        ({"locale": "en_UX"}, "locale", "Faker has no locale 'en_UX'"),
    ],
)
def test_problems(changes: dict[str, Any], path: str, message: str) -> None:
    assert problems(people(changes=changes)) == {path: message}
