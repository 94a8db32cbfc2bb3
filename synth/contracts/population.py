"""The population as arrays, as generators and injectors get it, and the contract of tables of entities.

An entity's id is its index. Arrays end in their axis: ``_a`` per city, ``_c`` per card, ``_d`` per device, ``_m`` per
merchant, ``_p`` per terminal (point of sale), ``_u`` per customer. The cards and devices of a customer, and the
terminals of a merchant, stand side by side, see ``first_of``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Float, Int8, Int16, Int64, Mask

if TYPE_CHECKING:
    import pyarrow as pa


#: Kilometres of a degree of latitude, on a sphere of 6,371 km.
KM_PER_DEGREE = 6371 * math.pi / 180


@dataclass(frozen=True)
class ShopKind:
    """The shops of a category: the share that is on the web alone, and the hours, UTC, in which the others are open."""

    online: float
    opens: int
    closes: int


@dataclass(frozen=True)
class Census:
    """What a recipe alone says of its population: known before anybody is drawn; all empty where there are only cards.

    Attributes:
        customers, merchants, terminals: how many there are.
        segments, age_bands, income_bands, devices: the names that codes stand for, sorted.
        categories: the names that codes of categories stand for, sorted: those of the generator's column ``category``
            where it has one that knows what the merchants sell, so that both count alike.
        countries: ISO 3166 codes of the countries whose cities there are; empty on a plain square.
        segment_shares: the share of the customers in each segment, in their order.
        shops: the shops of each category, in their order; None where no merchant is of it.
    """

    customers: int = 0
    merchants: int = 0
    terminals: int = 0
    segments: tuple[str, ...] = ()
    age_bands: tuple[str, ...] = ()
    income_bands: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    segment_shares: tuple[float, ...] = ()
    shops: tuple[ShopKind | None, ...] = ()

    @property
    def sold(self) -> tuple[str, ...]:
        """The categories that merchants are of."""
        return tuple(name for name, shops in zip(self.categories, self.shops, strict=True) if shops)

    def coded(self, categories: Sequence[str]) -> "Census":
        """The same census in other codes of categories; as it is where these lack one of its own."""
        if not {*self.categories} <= {*categories}:
            return self
        shops = dict(zip(self.categories, self.shops, strict=True))
        return replace(self, categories=tuple(categories), shops=tuple(map(shops.get, categories)))


#: The census where there are only cards.
NOBODY = Census()


@dataclass(frozen=True)
class Cities:
    """The places of a population, by size; none where people live on a plain square.

    Attributes:
        names, countries: of each city, the country as ISO 3166 code.
        states: of each city, as USPS code; empty where that is not known of all of them.
        inhabitants_a: (a,) int64 real ones, whatever their share; empty where they are not known of all.
        share_a: (a,) float64 share of the people; sums to 1.
        latitude_a, longitude_a: (a,) float64 degrees.
        x_a, y_a: (a,) float64 km east and north in the plane of the population.
    """

    names: tuple[str, ...]
    countries: tuple[str, ...]
    states: tuple[str, ...]
    inhabitants_a: Int64
    share_a: Float
    latitude_a: Float
    longitude_a: Float
    x_a: Float
    y_a: Float

    def __len__(self) -> int:
        return len(self.names)

    def degrees(self, city: Int16, x: Float, y: Float) -> tuple[Float, Float]:
        """Latitude and longitude, to 5 decimals, of points of the plane near their cities.

        Args:
            city, x, y: (n,) each; ``city`` is an index of this table.
        """
        latitude = self.latitude_a[city] + (y - self.y_a[city]) / KM_PER_DEGREE
        km_per_degree = KM_PER_DEGREE * np.cos(np.radians(self.latitude_a[city]))
        longitude = self.longitude_a[city] + (x - self.x_a[city]) / km_per_degree
        return np.round(latitude, 5), np.round((longitude + 180) % 360 - 180, 5)


@dataclass(frozen=True)
class Customers:
    """Who holds cards.

    Attributes:
        segment_u: (u,) int8 index into ``Census.segments``: how they spend.
        age_u: (u,) int8 full years at the start of the window.
        age_band_u: (u,) int8 index into ``Census.age_bands``.
        income_band_u: (u,) int8 index into ``Census.income_bands``.
        income_minor_u: (u,) int64 yearly income in minor units.
        city_u: (u,) int16 index into ``Population.cities``; -1 on a plain square.
        x_u, y_u: (u,) float64 home in km, to the metre; distances within a city are true.
    """

    segment_u: Int8
    age_u: Int8
    age_band_u: Int8
    income_band_u: Int8
    income_minor_u: Int64
    city_u: Int16
    x_u: Float
    y_u: Float

    def __len__(self) -> int:
        return len(self.segment_u)


@dataclass(frozen=True)
class Cards:
    """Who holds each card, and on which terms.

    Attributes:
        customer_c: (c,) int64 the customer, ascending; the identity where cards are as many as customers.
        credit_c: (c,) bool credit card, or debit card.
        limit_minor_c: (c,) int64 credit line, or a debit card's monthly limit, in minor units.
        opened_s_c: (c,) int64 seconds since 1970-01-01 UTC; a midnight before the window.
        network_c: (c,) int8 index into ``networks``.
        networks: names of the networks, sorted.
    """

    customer_c: Int64
    credit_c: Mask
    limit_minor_c: Int64
    opened_s_c: Int64
    network_c: Int8
    networks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.customer_c)


@dataclass(frozen=True)
class Devices:
    """What customers are online with.

    Attributes:
        customer_d: (d,) int64 the customer, ascending; everybody has a device.
        kind_d: (d,) int8 index into ``Census.devices``.
    """

    customer_d: Int64
    kind_d: Int8

    def __len__(self) -> int:
        return len(self.customer_d)


@dataclass(frozen=True)
class Merchants:
    """Who is paid.

    Attributes:
        category_m: (m,) int16 index into ``Census.categories``.
        mcc_m: (m,) int16 merchant category code (ISO 18245).
        online_m: (m,) bool sells on the web only; its place is then its seat.
        price_level_m: (m,) float64 factor on what others of the category charge, median 1.
        opens_m, closes_m: (m,) int8 hours of the day, [opens, closes); 0 and 24: always open.
        size_m: (m,) float64 popularity against the average merchant, mean 1.
        city_m, x_m, y_m: as those of the customers.
        name_m: (m,) texts, no two alike.
    """

    category_m: Int16
    mcc_m: Int16
    online_m: Mask
    price_level_m: Float
    opens_m: Int8
    closes_m: Int8
    size_m: Float
    city_m: Int16
    x_m: Float
    y_m: Float
    name_m: "pa.StringArray"

    def __len__(self) -> int:
        return len(self.category_m)


@dataclass(frozen=True)
class Terminals:
    """Where cards are read, or numbers typed in.

    Attributes:
        merchant_p: (p,) int64 the merchant, ascending; everybody has a terminal.
        city_p, x_p, y_p: as those of the customers; the stores of a merchant may lie in several cities.
    """

    merchant_p: Int64
    city_p: Int16
    x_p: Float
    y_p: Float

    def __len__(self) -> int:
        return len(self.merchant_p)


@dataclass(frozen=True)
class Population:
    """Everybody, drawn once a run. What a recipe does not ask for is there without rows.

    Attributes:
        census: the names that codes stand for.
        cities, customers, cards, devices, merchants, terminals: a table each, of arrays.
    """

    census: Census
    cities: Cities
    customers: Customers
    cards: Cards
    devices: Devices
    merchants: Merchants
    terminals: Terminals

    def coded(self, categories: Sequence[str]) -> "Population":
        """The same people, their merchants in other codes of categories, see ``Census.coded``."""
        census = self.census.coded(categories)
        code_k = np.array([census.categories.index(name) for name in self.census.categories], dtype=np.int16)
        return replace(
            self, census=census, merchants=replace(self.merchants, category_m=code_k[self.merchants.category_m])
        )


def expand_slices(first: Int64, count: Int64) -> tuple[Int64, Int64]:
    """All places of some slices, slice by slice.

    Args:
        first, count: (i,) int64 where each slice begins, and how many places it has.

    Returns:
        (n,) which slice, and (n,) the place.
    """
    slice_n = np.repeat(np.arange(len(first)), count)
    return slice_n, np.arange(len(slice_n)) + np.repeat(first - np.cumsum(count) + count, count)


def first_of(owner: Int64, owners: int) -> Int64:
    """Where each owner's entities begin: those of owner i are [first[i], first[i + 1]).

    Args:
        owner: (n,) ascending, e.g. ``customer_c``.
        owners: number of owners.

    Returns:
        (owners + 1,) int64.
    """
    return np.searchsorted(owner, np.arange(owners + 1))
