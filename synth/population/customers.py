"""Customers, the cards that they hold and the devices that they use.

Arrays end in their axis: ``_u`` per customer, ``_c`` per card, ``_d`` per device.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from synth.amount import share_problems
from synth.arrays import Float, Int8, Int64
from synth.contracts.population import Cards, Cities, Customers, Devices
from synth.errors import Problem
from synth.population.places import GridConfig, draw_points
from synth.population.shares import deal_codes, sorted_names
from synth.rng import Streams
from synth.wording import counted

_DAY_S = 86_400
#: Incomes and limits are whole hundreds of the currency.
_ROUND_MINOR = 10_000
_HIGHEST_MINOR = 10**15
#: Years of age from which on somebody may have been given a card.
_YOUNGEST_HOLDER = 15
#: Standard deviation of the logarithm of how likely each customer is to hold one more card.
_CARD_SIGMA = 1.0

Share = Annotated[float, Field(gt=0, le=1, description="exact share of all; all shares sum to 1")]
Years = Annotated[int, Field(ge=16, le=110)]
Sigma = Annotated[float, Field(ge=0, le=3)]
Minor = Annotated[int, Field(ge=1, le=_HIGHEST_MINOR)]


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """Customers who spend alike; how they spend is the generator's to say."""

    share: Share


@dataclass(frozen=True, kw_only=True)
class AgeBandConfig:
    """Customers of an age, each year equally likely."""

    share: Share
    youngest: Annotated[Years, Field(description="full years at the start of the window, included")]
    oldest: Annotated[Years, Field(description="full years at the start of the window, included")]


@dataclass(frozen=True, kw_only=True)
class IncomeBandConfig:
    """Customers of an income, lognormal around a median."""

    share: Share
    median_minor: Annotated[Minor, Field(description="half of the band earn less in a year, in minor units")]


@dataclass(frozen=True, kw_only=True)
class LimitConfig:
    """What may be spent with a card, lognormal around a multiple of its holder's income."""

    monthly_incomes: Annotated[float, Field(gt=0, le=1000, description="the median, in incomes of a month")]
    sigma: Annotated[Sigma, Field(description="standard deviation of the logarithm")]
    min_minor: Annotated[Minor, Field(description="lowest limit, in minor units")]
    max_minor: Annotated[Minor, Field(description="highest limit, in minor units")]


@dataclass(frozen=True, kw_only=True)
class DevicesConfig:
    """What customers are online with; everybody has one device."""

    mean_more: Annotated[float, Field(ge=0, le=50, description="devices beside the first: mean of a Poisson law")]
    kinds: Annotated[
        dict[str, Share], Field(min_length=1, max_length=100, description="exact share of each kind of device")
    ]


@dataclass(frozen=True, kw_only=True)
class CustomersConfig:
    """Customers; each holds a card, some hold several. Segment, age and income are independent of each other."""

    number: Annotated[int, Field(ge=1, le=1_000_000_000, description="customers, at most as many as cards")]
    segments: Annotated[
        dict[str, SegmentConfig], Field(min_length=1, max_length=100, description="ways of spending by name")
    ]
    age_bands: Annotated[dict[str, AgeBandConfig], Field(min_length=1, max_length=100, description="ages by name")]
    income_bands: Annotated[
        dict[str, IncomeBandConfig], Field(min_length=1, max_length=100, description="incomes by name")
    ]
    income_sigma: Annotated[Sigma, Field(description="standard deviation of the logarithm of incomes inside a band")]
    credit_share: Annotated[float, Field(ge=0, le=1, description="credit cards among the cards, exact; others: debit")]
    credit_limit: Annotated[LimitConfig, Field(description="credit line of a credit card")]
    debit_limit: Annotated[LimitConfig, Field(description="what may be spent with a debit card in a month")]
    card_years: Annotated[
        float, Field(gt=0, le=100, description="mean years since a card was opened, exponential; none in the window")
    ]
    devices: Annotated[DevicesConfig, Field(description="what customers are online with")]

    def problems_with(self, cards: int) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        if self.number > cards:
            message = f"{counted(self.number, 'customer')}, but only {counted(cards, 'card')}: each holds at least one"
            yield Problem(path="number", message=message, allowed=(f"at most {cards:,}, or more population.cards",))
        for name in ("segments", "age_bands", "income_bands"):
            yield from share_problems(name, [part.share for part in getattr(self, name).values()])
        yield from share_problems("devices.kinds", list(self.devices.kinds.values()))
        for name, band in self.age_bands.items():
            if band.youngest > band.oldest:
                message = f"youngest {band.youngest} is above oldest {band.oldest}"
                yield Problem(path=f"age_bands.{name}", message=message, allowed=("youngest <= oldest",))
        for name, limit in (("credit_limit", self.credit_limit), ("debit_limit", self.debit_limit)):
            if limit.min_minor > limit.max_minor:
                message = f"min_minor {limit.min_minor:,} is above max_minor {limit.max_minor:,}"
                yield Problem(path=name, message=message, allowed=("min_minor <= max_minor",))


def draw_customers(
    config: CustomersConfig, cities: Cities, grid: GridConfig | None, home_km: float, streams: Streams
) -> Customers:
    """Draws the customers; segments, age bands and income bands have their exact shares."""
    number = config.number
    segments = [config.segments[name].share for name in sorted_names(config.segments)]
    ages = [config.age_bands[name] for name in sorted_names(config.age_bands)]
    incomes = [config.income_bands[name] for name in sorted_names(config.income_bands)]
    age_band_u = deal_codes(number, [band.share for band in ages], rng=streams.draw("customers/age bands"))
    income_band_u = deal_codes(number, [band.share for band in incomes], rng=streams.draw("customers/income bands"))
    youngest_u, oldest_u = (
        np.array([getattr(band, end) for band in ages])[age_band_u] for end in ("youngest", "oldest")
    )
    median_u = np.array([band.median_minor for band in incomes], dtype=np.float64)[income_band_u]
    return Customers(
        deal_codes(number, segments, rng=streams.draw("customers/segments")),
        streams.draw("customers/ages").integers(youngest_u, oldest_u, endpoint=True).astype(np.int8),
        age_band_u,
        income_band_u,
        _in_hundreds(_spread(median_u, config.income_sigma, streams.draw("customers/incomes"))),
        *draw_points(number, cities, grid, home_km, rng=streams.draw("customers/homes")),
    )


def deal_cards(
    config: CustomersConfig,
    customers: Customers,
    network_c: Int8,
    networks: tuple[str, ...],
    start_s: int,
    streams: Streams,
) -> Cards:
    """Deals the cards: one to each customer, the others to few.

    Args:
        start_s: first second of the window.
    """
    cards, number = len(network_c), len(customers)
    customer_c = np.repeat(np.arange(number), 1 + _deal_more(cards - number, number, streams.draw("cards/holders")))
    credit_c = deal_codes(
        cards, [1 - config.credit_share, config.credit_share], rng=streams.draw("cards/credit")
    ).astype(bool)
    monthly_c = customers.income_minor_u[customer_c] / 12
    limit_c = np.empty(cards, dtype=np.int64)
    for limit, these in ((config.credit_limit, credit_c), (config.debit_limit, ~credit_c)):
        rng = streams.draw("cards/credit limits" if limit is config.credit_limit else "cards/debit limits")
        drawn = _spread(monthly_c[these] * limit.monthly_incomes, limit.sigma, rng)
        limit_c[these] = np.clip(_in_hundreds(drawn), limit.min_minor, limit.max_minor)
    opened_s_c = _draw_openings(config.card_years, customers.age_u[customer_c], start_s, streams.draw("cards/opened"))
    return Cards(customer_c, credit_c, limit_c, opened_s_c, network_c, networks)


def draw_devices(config: DevicesConfig, customers: int, streams: Streams) -> Devices:
    """Draws the devices; kinds have their exact shares."""
    more_u = streams.draw("devices/owners").poisson(config.mean_more, size=customers)
    customer_d = np.repeat(np.arange(customers), 1 + more_u)
    shares = [config.kinds[name] for name in sorted_names(config.kinds)]
    return Devices(customer_d, deal_codes(len(customer_d), shares, rng=streams.draw("devices/kinds")))


def _deal_more(cards: int, customers: int, rng: "np.random.Generator") -> Int64:
    """(u,) how many of some further cards each customer gets: lognormal weights, so that few hold many."""
    reach_u = np.cumsum(rng.lognormal(sigma=_CARD_SIGMA, size=customers))
    holder = np.searchsorted(reach_u, rng.random(cards) * reach_u[-1], side="right")
    return np.bincount(np.minimum(holder, customers - 1), minlength=customers)


def _draw_openings(mean_years: float, age_c: Int8, start_s: int, rng: "np.random.Generator") -> Int64:
    """(c,) midnights before the window: exponentially long ago, but not before the holder was of age."""
    mean_days, longest_days_c = mean_years * 365.25, (age_c.astype(np.float64) - _YOUNGEST_HOLDER) * 365.25
    reached_c = -np.expm1(-longest_days_c / mean_days)
    days_c = np.floor(-mean_days * np.log1p(-reached_c * rng.random(len(age_c)))).astype(np.int64)
    return (start_s // _DAY_S - 1 - days_c) * _DAY_S


def _spread(median: Float, sigma: float, rng: "np.random.Generator") -> Float:
    """Lognormal values around their medians."""
    return median * np.exp(sigma * rng.standard_normal(len(median)))


def _in_hundreds(minor: Float) -> Int64:
    """Whole hundreds of major units, at least one, and what 64 bits hold with ease at most."""
    hundreds = np.clip(np.rint(minor / _ROUND_MINOR), 1, _HIGHEST_MINOR / _ROUND_MINOR)
    return hundreds.astype(np.int64) * _ROUND_MINOR
