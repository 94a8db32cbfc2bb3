"""The tables of entities: each row an index and what it stands for, each name a column of ``synth.tables.people``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.arrays import Float, Int16
from synth.contracts.entities import Entities
from synth.contracts.population import Cities, Population
from synth.tables.people import ENTITY_COLUMNS
from synth.tables.registry import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_DAY_S = 86_400

Values = dict[str, Any]
"""Column name → numbers, an Arrow array, or codes with the names that they stand for."""


def make_tables(
    population: Population,
    card_number: "pa.StringArray",
    profile: "Mapping[str, pa.Array]",
    names: Sequence[str],
) -> Iterator[Entities]:
    """Makes the named tables.

    Args:
        card_number: (c,) texts.
        profile: column name → (u,) values that the customers' table has beside its own.
    """
    for name in names:
        values = _TABLES[name](population) | dict(profile if name == "customers" else {})
        if name == "cards":
            values["card_number"] = card_number
        yield _table(name, values)


def _table(name: str, values: Values) -> Entities:
    """A table with those of its columns that there are values for, names in place of codes."""
    columns, plain = [], {}
    for column in ENTITY_COLUMNS[name].values():
        if column.name not in values:
            continue
        value = values[column.name]
        if isinstance(value, tuple):
            codes, categories = value
            column, value = replace(column, categories=tuple(categories)), codes.astype(np.int64)
        columns.append(column)
        plain[column.name] = value
    return Entities(name, tuple(columns), plain, TABLES[name].facts)


def _customers(population: Population) -> Values:
    census, customers = population.census, population.customers
    return {
        "customer_id": np.arange(len(customers)),
        "segment": (customers.segment_u, census.segments),
        "age": customers.age_u,
        "age_band": (customers.age_band_u, census.age_bands),
        "income_band": (customers.income_band_u, census.income_bands),
        "income_minor": customers.income_minor_u,
        **_place(population.cities, customers.city_u, customers.x_u, customers.y_u),
    }


def _cards(population: Population) -> Values:
    cards = population.cards
    return {
        "card_id": np.arange(len(cards)),
        "customer_id": cards.customer_c,
        "network": (cards.network_c, cards.networks),
        "funding": (cards.credit_c, ("debit", "credit")),
        "limit_minor": cards.limit_minor_c,
        "opened": (cards.opened_s_c // _DAY_S).astype(np.int32),
    }


def _devices(population: Population) -> Values:
    devices = population.devices
    return {
        "device_id": np.arange(len(devices)),
        "customer_id": devices.customer_d,
        "kind": (devices.kind_d, population.census.devices),
    }


def _merchants(population: Population) -> Values:
    merchants = population.merchants
    codes, code_m = np.unique(merchants.mcc_m, return_inverse=True)
    return {
        "merchant_id": np.arange(len(merchants)),
        "name": merchants.name_m,
        "category": (merchants.category_m, population.census.categories),
        "mcc": (code_m, [f"{code:04d}" for code in codes]),
        "online": merchants.online_m.astype(np.int8),
        "price_level": merchants.price_level_m,
        "opens_hour": merchants.opens_m,
        "closes_hour": merchants.closes_m,
        "size": merchants.size_m,
        **_place(population.cities, merchants.city_m, merchants.x_m, merchants.y_m),
    }


def _terminals(population: Population) -> Values:
    terminals = population.terminals
    return {
        "terminal_id": np.arange(len(terminals)),
        "merchant_id": terminals.merchant_p,
        **_place(population.cities, terminals.city_p, terminals.x_p, terminals.y_p),
    }


def _place(cities: Cities, city: Int16, x: Float, y: Float) -> Values:
    """Where things are; city and degrees only where there are cities."""
    plane: Values = {"x_km": x, "y_km": y}
    if not len(cities):
        return plane
    latitude, longitude = cities.degrees(city, x, y)
    named = {"city": (city, cities.names), "country": (city, cities.countries)}
    return {**named, "latitude": latitude, "longitude": longitude, **plane}


_TABLES = {
    "customers": _customers,
    "cards": _cards,
    "devices": _devices,
    "merchants": _merchants,
    "terminals": _terminals,
}
