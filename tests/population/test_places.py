"""Cities and squares: where points lie, and that the plane's distances are those of the globe."""

import numpy as np
import pytest

from synth.contracts.population import Cities
from synth.population.places import CitiesConfig, GridConfig, cities_by_country, draw_cities, draw_points, project
from tests.population.people import draw, people, problems

EARTH_KM = 6371.0


def haversine_km(lat1: np.ndarray, lon1: np.ndarray, lat2: np.ndarray, lon2: np.ndarray) -> np.ndarray:
    """The textbook distance on a sphere."""
    lat1, lon1, lat2, lon2 = map(np.radians, (lat1, lon1, lat2, lon2))
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(a)))


def cities(number: int = 50, *countries: str, exponent: float = 1.0, seed: int = 0) -> Cities:
    config = CitiesConfig(countries=list(countries) or ["US"], number=number, exponent=exponent, home_km=10, store_km=5)
    assert list(config.problems()) == []
    return draw_cities(config, rng=np.random.default_rng(seed))


def test_cities_are_real_and_different() -> None:
    drawn = cities(140, "DE", "ES", "FR", "IT", "NL")
    known = cities_by_country()
    found = [*zip(drawn.countries, drawn.names, drawn.latitude_a, drawn.longitude_a, strict=True)]
    assert len({*found}) == 140
    assert all((name, latitude, longitude) in known[country] for country, name, latitude, longitude in found)
    assert drawn.share_a.sum() == pytest.approx(1)
    assert drawn.share_a[0] / drawn.share_a[9] == pytest.approx(10)


@pytest.mark.parametrize("countries", [("US",), ("DE", "FR", "IT"), ("JP",), ("AU", "NZ"), ("FI",)])
def test_the_plane_is_as_wide_as_the_globe(countries: tuple[str, ...]) -> None:
    known = cities_by_country()
    drawn = cities(sum(len(known[country]) for country in countries), *countries)
    i, j = np.triu_indices(len(drawn), 1)
    plane = np.hypot(drawn.x_a[i] - drawn.x_a[j], drawn.y_a[i] - drawn.y_a[j])
    globe = haversine_km(drawn.latitude_a[i], drawn.longitude_a[i], drawn.latitude_a[j], drawn.longitude_a[j])
    # An equidistant plane of radius c is stretched by c / sin c across: by 8 % at 4,400 km (Hawaii, New Zealand).
    assert np.abs(plane / globe - 1).max() < 0.08


def test_east_is_right_and_north_is_up() -> None:
    x, y = project(np.array([10.0, 10.0, 12.0]), np.array([179.0, -179.0, 180.0]))
    assert x[0] < x[2] < x[1]
    assert y[2] > max(y[0], y[1])
    assert x[1] - x[0] == pytest.approx(2 * 111.195 * np.cos(np.radians(10)), rel=1e-3)


def test_a_single_city_is_the_middle() -> None:
    drawn = cities(1)
    assert (drawn.x_a.tolist(), drawn.y_a.tolist()) == ([0], [0])


def test_homes_lie_around_their_cities_in_both_systems() -> None:
    drawn = cities(20, exponent=0.0)
    city, x, y = draw_points(40_000, drawn, None, 10.0, rng=np.random.default_rng(1))
    # Binomial(40000, 1/20): sd = 43.6; five of them.
    assert np.abs(np.bincount(city) - 2_000).max() < 218
    for offset in (x - drawn.x_a[city], y - drawn.y_a[city]):
        # sd / sqrt(2 n) = 0.035; five of them.
        assert abs(offset.std() - 10) < 0.18
        assert abs(offset.mean()) < 0.25
    latitude, longitude = drawn.degrees(city, x, y)
    far = haversine_km(latitude, longitude, drawn.latitude_a[city], drawn.longitude_a[city])
    near = np.hypot(x - drawn.x_a[city], y - drawn.y_a[city])
    # Degrees have five decimals, about a metre; a degree of longitude changes its width over 40 km.
    assert np.abs(far - near).max() < 0.2


def test_points_of_a_square_fill_it() -> None:
    none = draw_cities(None, rng=np.random.default_rng(0))
    city, x, y = draw_points(40_000, none, GridConfig(side_km=100), 0, rng=np.random.default_rng(1))
    assert {*city.tolist()} == {-1}
    counts = np.histogram2d(x, y, bins=10, range=[[0, 100], [0, 100]])[0]
    # Binomial(40000, 1/100): sd = 19.9; five of them.
    assert np.abs(counts - 400).max() < 100
    assert not len(none)


def test_a_square_of_side_one() -> None:
    population = draw(people("handbook", grid={"side_km": 1}))
    for points in (population.customers.x_u, population.customers.y_u, population.terminals.x_p):
        assert 0 <= points.min() < points.max() <= 1
    assert population.cities.names == ()


@pytest.mark.parametrize(
    ("countries", "near"),
    [
        (["us"], " (did you mean 'US'?)"),
        (["Germany"], " (did you mean 'DE'?)"),
        (["UK"], " (did you mean 'GB'?)"),
        (["QQ"], ""),
        (["nowhere at all"], ""),
    ],
)
def test_an_unknown_country(countries: list[str], near: str) -> None:
    found = problems(people(changes={"cities.countries": countries}))
    assert found == {"cities.countries.0": f"Faker knows no city in {countries[0]!r}{near}"}


def test_more_cities_than_there_are() -> None:
    known = cities_by_country()
    most = len(known["NL"]) + len(known["BE"])
    found = problems(people(changes={"cities.countries": ["NL", "BE"], "cities.number": most + 1}))
    assert found == {"cities.number": f"{most + 1} cities, but Faker knows {most} in BE and NL"}
    assert problems(people(changes={"cities.countries": ["NL", "BE"], "cities.number": most})) == {}


def test_a_country_twice() -> None:
    found = problems(people(changes={"cities.countries": ["US", "US"]}))
    assert found == {"cities.countries.1": "'US' is there twice"}
