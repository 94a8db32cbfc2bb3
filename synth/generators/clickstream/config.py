"""The keys of the visitors of a web shop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth.errors import Problem

Chance = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]

Products = Annotated[int, Field(ge=1, le=1_000_000, description="products of the shop, numbered from 1")]
Categories = Annotated[
    list[Name], Field(min_length=1, max_length=1000, description="categories; each has as many products, give or take")
]


def category_problems(categories: Sequence[str]) -> Iterator[Problem]:
    """Yields categories of one name."""
    for i, name in enumerate(categories):
        if name in categories[:i]:
            yield Problem(
                path=f"categories.{i}", message=f"two categories are named {name!r}", allowed=("each name once",)
            )


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """The steps of a visitor, as chances to go on."""

    another: Annotated[float, Field(ge=0, le=0.9, description="to look at one more product; at most a hundred")]
    click: Annotated[Chance, Field(description="page_view to click")]
    add_to_cart: Annotated[Chance, Field(description="click to add_to_cart")]
    purchase: Annotated[Chance, Field(description="a session with a cart to the purchase of all that is in it")]


@dataclass(frozen=True, kw_only=True)
class Logins:
    """Who logs in, and how often that fails."""

    share: Annotated[float, Field(gt=0, le=1, description="share of sessions that begin with a login")]
    fails: Annotated[float, Field(gt=0, lt=1, description="share of an honest customer's attempts that fail")]
    retry: Annotated[Chance, Field(description="who failed tries again, up to five times; who does not leaves")]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Lognormal seconds from one event of a session to the next, in whole seconds, 1 at least."""

    median_s: Annotated[float, Field(ge=1, le=3600, description="half of the gaps are shorter")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]
    most_s: Annotated[int, Field(ge=1, le=86_400, description="longest gap; who waits longer has a new session")]


@dataclass(frozen=True, kw_only=True)
class DeviceUse:
    """What customers visit the shop with: a device or two of their own, now and then one that others use, too."""

    main: Annotated[Chance, Field(description="share of a customer's own sessions on the first device")]
    shared: Annotated[Chance, Field(description="share of sessions on a device that others use, too")]
    customers_per_shared: Annotated[int, Field(ge=1, le=10**6, description="customers for each such device")]


@dataclass(frozen=True, kw_only=True)
class ClickstreamConfig:
    """Visitors of a web shop: sessions that lead through products to a purchase, or do not."""

    kind: Literal["clickstream"] = "clickstream"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="events without added fraud; exact")]
    products: Products
    categories: Categories
    popularity: Annotated[float, Field(ge=0, le=3, description="Zipf exponent of the products; 0: all alike")]
    spread: Annotated[
        float, Field(ge=0, le=5, description="sigma of the lognormal sessions of a customer; 0: all alike")
    ]
    hours: Annotated[
        list[Weight], Field(min_length=24, max_length=24, description="of session starts, from midnight UTC")
    ]
    weekday: Annotated[list[Weight], Field(min_length=7, max_length=7, description="weight of each, Monday first")]
    login: Annotated[Logins, Field(description="who logs in")]
    funnel: Annotated[Funnel, Field(description="from a page to a purchase")]
    gap: Annotated[Gap, Field(description="time between the events of a session")]
    longest_s: Annotated[int, Field(ge=600, le=86_400, description="a session is over by then, in seconds")]
    devices: Annotated[DeviceUse, Field(description="what customers visit the shop with")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        yield from category_problems(self.categories)
