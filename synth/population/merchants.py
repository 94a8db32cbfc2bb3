"""Merchants and their terminals.

Arrays end in their axis: ``_m`` per merchant, ``_p`` per terminal (point of sale), ``_s`` per store of a merchant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from synth.amount import share_problems
from synth.arrays import Float, Int64, Mask
from synth.contracts.population import Cities, Merchants, Terminals
from synth.errors import Problem
from synth.population.names import draw_names
from synth.population.places import GridConfig, draw_points
from synth.population.shares import deal_codes, sorted_names
from synth.rng import Streams, split_exactly
from synth.wording import counted

Mcc = Annotated[str, Field(pattern=r"^[0-9]{4}$", description="a merchant category code (ISO 18245), 4 digits, quoted")]
Hour = Annotated[int, Field(ge=0, le=24)]


@dataclass(frozen=True, kw_only=True)
class CategoryConfig:
    """Merchants of a kind."""

    share: Annotated[float, Field(gt=0, le=1, description="exact share of the merchants; all shares sum to 1")]
    mcc: Annotated[
        list[Mcc], Field(min_length=1, description="merchant category codes (ISO 18245), each equally likely")
    ]
    online: Annotated[float, Field(ge=0, le=1, description="those that sell on the web only, exact share of the kind")]
    price_sigma: Annotated[
        float, Field(ge=0, le=3, description="standard deviation of the logarithm of their price levels")
    ]
    opens: Annotated[Hour, Field(description="first hour of the day in which they sell")]
    closes: Annotated[Hour, Field(description="hour in which they stop; opens 0, closes 24: always open")]


@dataclass(frozen=True, kw_only=True)
class MerchantsConfig:
    """Merchants, and the terminals in their stores."""

    number: Annotated[int, Field(ge=1, le=100_000_000, description="merchants")]
    terminals: Annotated[
        int, Field(ge=1, le=1_000_000_000, description="terminals; each merchant has one, the others go by size")
    ]
    terminals_per_store: Annotated[
        int, Field(ge=1, le=1000, description="terminals of a merchant that stand in one place, at most")
    ]
    exponent: Annotated[float, Field(ge=0, le=5, description="Zipf exponent of the sizes; 0: all of one size")]
    categories: Annotated[
        dict[str, CategoryConfig], Field(min_length=1, max_length=100, description="kinds of merchants by name")
    ]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        if self.terminals < self.number:
            message = (
                f"{counted(self.terminals, 'terminal')}, but {counted(self.number, 'merchant')}, each with one or more"
            )
            yield Problem(path="terminals", message=message, allowed=(f"at least {self.number:,}",))
        yield from share_problems("categories", [category.share for category in self.categories.values()])
        for name, category in self.categories.items():
            if category.opens >= category.closes:
                message = f"opens {category.opens} is not before closes {category.closes}"
                yield Problem(
                    path=f"categories.{name}", message=message, allowed=("opens < closes, both within one day",)
                )


def draw_merchants(
    config: MerchantsConfig, cities: Cities, grid: GridConfig | None, store_km: float, locale: str, streams: Streams
) -> tuple[Merchants, Terminals]:
    """Draws the merchants with their exact shares of kinds, and their terminals.

    A merchant lies where its first store is.
    """
    number, kinds = config.number, [config.categories[name] for name in sorted_names(config.categories)]
    category_m = deal_codes(number, [kind.share for kind in kinds], rng=streams.draw("merchants/categories"))
    online_m = np.zeros(number, dtype=bool)
    mcc_m = np.zeros(number, dtype=np.int16)
    for code, kind in enumerate(kinds):
        these = np.flatnonzero(category_m == code)
        chosen = deal_codes(len(these), [1 - kind.online, kind.online], rng=streams.draw("merchants/online", code))
        online_m[these] = chosen.astype(bool)
        codes = np.array(kind.mcc, dtype=np.int16)
        mcc_m[these] = codes[streams.draw("merchants/mcc", code).integers(len(codes), size=len(these))]
    size_m = _draw_sizes(number, config.exponent, streams.draw("merchants/sizes"))
    count_m = 1 + _deal_terminals(config.terminals - number, size_m, online_m)
    merchant_p = np.repeat(np.arange(number), count_m)
    first_m = np.cumsum(count_m) - count_m
    opening_p = (np.arange(config.terminals) - first_m[merchant_p]) % config.terminals_per_store == 0
    store_p = np.cumsum(opening_p) - 1
    city_s, x_s, y_s = draw_points(int(store_p[-1]) + 1, cities, grid, store_km, rng=streams.draw("merchants/stores"))
    store_m = store_p[first_m]
    sigma_m = np.array([kind.price_sigma for kind in kinds])[category_m]
    price_m = np.exp(sigma_m * streams.draw("merchants/prices").standard_normal(number))
    merchants = Merchants(
        category_m.astype(np.int16),
        mcc_m,
        online_m,
        np.maximum(np.round(price_m, 4), 0.0001),
        np.array([kind.opens for kind in kinds], dtype=np.int8)[category_m],
        np.array([kind.closes for kind in kinds], dtype=np.int8)[category_m],
        size_m,
        city_s[store_m],
        x_s[store_m],
        y_s[store_m],
        draw_names(number, locale, rng=streams.draw("merchants/names")),
    )
    return merchants, Terminals(merchant_p, city_s[store_p], x_s[store_p], y_s[store_p])


def _draw_sizes(merchants: int, exponent: float, rng: "np.random.Generator") -> Float:
    """(m,) sizes by Zipf's law, 1 on average, in no useful order."""
    size_m = (rng.permutation(merchants) + 1.0) ** -exponent
    rounded: Float = np.maximum(np.round(size_m / size_m.mean(), 6), 1e-6)
    return rounded


def _deal_terminals(terminals: int, size_m: Float, online_m: Mask) -> Int64:
    """(m,) how many of some further terminals each merchant gets: by size, and on the web only if there is no store."""
    return split_exactly(terminals, size_m if online_m.all() else np.where(online_m, 0, size_m))
