"""Places in which people live and shop: a plain square, or cities of real countries with their coordinates.

Arrays end in their axis: ``_a`` per city, ``_n`` per point.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated

import numpy as np
from pydantic import Field

from synth.arrays import Float, Int16
from synth.contracts.population import KM_PER_DEGREE, Cities
from synth.errors import Problem
from synth.wording import nearest

Country = Annotated[str, Field(description="ISO 3166 code of two letters, e.g. US")]
Spread = Annotated[float, Field(ge=0, le=1000)]


@dataclass(frozen=True, kw_only=True)
class GridConfig:
    """Homes and stores uniform over a square, as in the Fraud Detection Handbook."""

    side_km: Annotated[float, Field(gt=0, le=10_000, description="length of a side, in km")]


@dataclass(frozen=True, kw_only=True)
class CitiesConfig:
    """Homes and stores normal around the centres of cities, names and coordinates from Faker's own list."""

    countries: Annotated[list[Country], Field(min_length=1, description="countries, as ISO 3166 codes, e.g. US, DE")]
    number: Annotated[int, Field(ge=1, le=1000, description="cities, picked at random among those of the countries")]
    exponent: Annotated[float, Field(ge=0, le=5, description="Zipf exponent of their sizes; 0: all of one size")]
    home_km: Annotated[Spread, Field(description="standard deviation of homes, north and east of the centre, in km")]
    store_km: Annotated[Spread, Field(description="the same of stores, in km; smaller: more central")]

    @property
    def in_known_states(self) -> bool:
        """Whether state and inhabitants of every city are known."""
        return {*self.countries} == {"US"}

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        known = cities_by_country()
        for i, country in enumerate(self.countries):
            if country not in known:
                hint = f"did you mean {code!r}?" if (code := _code_near(country)) else ""
                most_first = sorted(known, key=lambda code: -len(known[code]))
                allowed = (f"an ISO 3166 code, e.g. {', '.join(sorted(most_first[:12]))}",)
                message = f"Faker knows no city in {country!r}"
                yield Problem(path=f"countries.{i}", message=message, allowed=allowed, hint=hint)
            elif country in self.countries[:i]:
                yield Problem(
                    path=f"countries.{i}", message=f"{country!r} is there twice", allowed=("each country once",)
                )
        most = sum(len(known.get(country, ())) for country in {*self.countries})
        if most and self.number > most:
            listed = " and ".join(sorted({*self.countries}))
            yield Problem(
                path="number",
                message=f"{self.number} cities, but Faker knows {most} in {listed}",
                allowed=(f"at most {most}",),
            )


@cache
def cities_by_country() -> dict[str, tuple[tuple[str, float, float], ...]]:
    """Country → its cities in name order: name, latitude, longitude."""
    from faker.providers.geo import Provider

    found: dict[str, set[tuple[str, float, float]]] = {}
    for latitude, longitude, name, country, _ in Provider.land_coords:
        found.setdefault(country, set()).add((name, float(latitude), float(longitude)))
    return {country: tuple(sorted(cities)) for country, cities in found.items()}


@cache
def us_places() -> dict[str, tuple[str, int]]:
    """State, as USPS code, and inhabitants of each city of the USA that Faker knows.

    Source: Census 2020 (US Census Bureau) for incorporated places; GeoNames (2012, CC BY 4.0, counts of 2010) for
    places that are none. Parts of a city, and suburbs without a count, have the inhabitants of the city.
    """
    with resources.files("synth.population").joinpath("us_places.csv").open(encoding="utf-8") as file:
        return {row["city"]: (row["state"], int(row["inhabitants"])) for row in csv.DictReader(file)}


def _code_near(country: str) -> str:
    """The code that somebody meant by a name, or by small letters; empty for none."""
    from faker.providers.date_time import Provider

    codes = {each.name.lower(): each.alpha_2_code for each in Provider.countries} | {"uk": "GB", "usa": "US"}
    codes |= {code.lower(): code for code in cities_by_country()}
    found = nearest(country.lower(), codes)
    code = codes[found.split("'")[1]] if found else ""
    return code if code in cities_by_country() else ""


def draw_cities(config: CitiesConfig | None, *, rng: "np.random.Generator") -> Cities:
    """Picks the cities and puts them into one plane; none where there is no config."""
    if config is None:
        empty = np.empty(0)
        return Cities((), (), (), empty.astype(np.int64), empty, empty, empty, empty, empty)
    known = cities_by_country()
    listed = [(country, *city) for country in sorted({*config.countries}) for city in known[country]]
    countries, names, latitude, longitude = zip(
        *(listed[i] for i in rng.permutation(len(listed))[: config.number]), strict=True
    )
    latitude_a, longitude_a = np.array(latitude), np.array(longitude)
    weight_a = np.arange(1, config.number + 1) ** -config.exponent
    x_a, y_a = project(latitude_a, longitude_a)
    known_a = [us_places()[name] for name in names] if config.in_known_states else []
    states, inhabitants_a = tuple(state for state, _ in known_a), np.array([n for _, n in known_a], dtype=np.int64)
    shares_a = weight_a / weight_a.sum()
    return Cities(names, countries, states, inhabitants_a, shares_a, latitude_a, longitude_a, x_a, y_a)


def project(latitude_a: Float, longitude_a: Float) -> tuple[Float, Float]:
    """Points of the globe in a plane around their middle: the azimuthal equidistant projection.

    Distances from the middle are true; two points of a country as large as the USA are wrong by a few per cent.

    Returns:
        (a,) km east and (a,) km north of the middle, to the metre.
    """
    phi, lam = np.radians(latitude_a), np.radians(longitude_a)
    middle = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]).mean(axis=1)
    phi0, lam0 = np.arctan2(middle[2], np.hypot(middle[0], middle[1])), np.arctan2(middle[1], middle[0])
    east = np.cos(phi) * np.sin(lam - lam0)
    north = np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(lam - lam0)
    away = np.arctan2(
        np.hypot(east, north), np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(lam - lam0)
    )
    stretch = np.degrees(away / np.maximum(np.sin(away), 1e-12)) * KM_PER_DEGREE
    return np.round(stretch * east, 3), np.round(stretch * north, 3)


def draw_points(
    count: int, cities: Cities, grid: GridConfig | None, spread_km: float, *, rng: "np.random.Generator"
) -> tuple[Int16, Float, Float]:
    """Draws points of the square, or around the cities, these by their sizes.

    Returns:
        (n,) int16 index of the city, -1 on the square; (n,) km east and (n,) km north, to the metre.
    """
    if grid is not None:
        x_n, y_n = rng.random((2, count)) * grid.side_km
        return np.full(count, -1, dtype=np.int16), np.round(x_n, 3), np.round(y_n, 3)
    city_n = rng.choice(len(cities), size=count, p=cities.share_a).astype(np.int16)
    x_n, y_n = rng.normal(scale=spread_km, size=(2, count))
    return city_n, np.round(cities.x_a[city_n] + x_n, 3), np.round(cities.y_a[city_n] + y_n, 3)


def place_problems(grid: GridConfig | None, cities: CitiesConfig | None) -> Iterator[Problem]:
    """What is wrong with the places of a population that has customers or merchants."""
    if grid is None and cities is None:
        yield Problem(
            path="cities", message="customers and merchants need a place to be", allowed=("one of grid and cities",)
        )
    if grid is not None and cities is not None:
        yield Problem(
            path="grid",
            message="people live on a grid or in cities, not both",
            allowed=("one of grid and cities; the other null",),
        )
