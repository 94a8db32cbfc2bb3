"""The keys of generator=spending."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from synth.generators.spending.circumstances import Authorisation, Currency, Drift, StandingOrder, Travel

Weight = Annotated[float, Field(ge=0, le=1_000_000)]


@dataclass(frozen=True, kw_only=True)
class LognormalRate:
    """A heavy tail over people: exp(N(0, sigma)) around the mean."""

    kind: Literal["lognormal"] = "lognormal"
    mean: Annotated[float, Field(gt=0, le=1000, description="purchases of an average customer on an average day")]
    sigma: Annotated[float, Field(ge=0, le=5, description="spread over customers; 0: all alike")]

    @property
    def average(self) -> float:
        """Purchases of an average customer on an average day."""
        return self.mean


@dataclass(frozen=True, kw_only=True)
class UniformRate:
    """Every rate between two bounds is as likely."""

    kind: Literal["uniform"] = "uniform"
    low: Annotated[float, Field(ge=0, le=1000, description="lowest purchases on an average day")]
    high: Annotated[float, Field(gt=0, le=1000, description="highest purchases on an average day")]

    @property
    def average(self) -> float:
        """Purchases of an average customer on an average day."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The shape of a day as a weight for each hour."""

    kind: Literal["hours"] = "hours"
    weights: Annotated[list[Weight], Field(min_length=24, max_length=24, description="from midnight, UTC")]


@dataclass(frozen=True, kw_only=True)
class Bell:
    """The shape of a day as a normal law; what falls outside of the day does not happen."""

    kind: Literal["bell"] = "bell"
    mean_s: Annotated[float, Field(ge=0, le=86_400, description="the busiest time, in seconds after midnight, UTC")]
    sd_s: Annotated[float, Field(ge=60, le=86_400, description="standard deviation in seconds")]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """How the customers of one segment behave."""

    rate: Annotated[LognormalRate | UniformRate, Field(discriminator="kind", description="how often people buy")]
    day: Annotated[Hours | Bell, Field(discriminator="kind", description="the shape of a day")]
    weekday: Annotated[list[Weight], Field(min_length=7, max_length=7, description="weight of each, Monday first")]
    mix: Annotated[dict[str, Weight], Field(min_length=1, description="weight of each category; others have none")]
    online: Annotated[float, Field(ge=0, le=100, description="factor on the odds of buying on the web")]


OnWeb = Annotated[float, Field(ge=0, le=1, description="share of purchases on the web")]
Instead = Annotated[None, Field(description="a gamma law has mean and shape instead")]


@dataclass(frozen=True, kw_only=True)
class LognormalCategory:
    """Where a purchase is made, and what it costs by a law with a heavy tail; a category without a kind is this one."""

    kind: Literal["lognormal"] = "lognormal"
    median: Annotated[float, Field(gt=0, le=1_000_000, description="half of the purchases cost less; major units")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]
    online: OnWeb


@dataclass(frozen=True, kw_only=True)
class GammaCategory:
    """The same by a law with a lighter tail. A file takes back what another one has set: ``median: null``."""

    kind: Literal["gamma"]
    mean: Annotated[float, Field(gt=0, le=1_000_000, description="mean of the purchases; major units")]
    shape: Annotated[float, Field(ge=0.01, le=1000, description="1 is the exponential law; larger is more symmetric")]
    online: OnWeb
    median: Instead = None
    sigma: Instead = None


def _named(category: Any) -> Any:
    """A category with its kind; one that might be of either kind has to say which."""
    if isinstance(category, dict) and not {"mean", "shape"} & {*category}:
        return {"kind": "lognormal"} | category
    return category


Category = Annotated[
    Annotated[LognormalCategory | GammaCategory, Field(discriminator="kind")],
    BeforeValidator(_named),
]


@dataclass(frozen=True, kw_only=True)
class ByCategory:
    """Amounts by the law of each category, scaled by the customer's income and the shop's price level."""

    kind: Literal["category"] = "category"
    income: Annotated[float, Field(ge=0, le=2, description="elasticity: amounts grow as income to this power")]


@dataclass(frozen=True, kw_only=True)
class ByCustomer:
    """A normal law for each customer; a negative amount is drawn again, uniform up to twice the mean."""

    kind: Literal["customer"] = "customer"
    low: Annotated[float, Field(gt=0, le=1_000_000, description="lowest mean of a customer, in major units")]
    high: Annotated[float, Field(gt=0, le=1_000_000, description="highest mean of a customer, in major units")]
    spread: Annotated[float, Field(gt=0, le=5, description="standard deviation as a share of the mean")]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far people go to a shop."""

    km: Annotated[float, Field(gt=0, le=20_000, description="shops closer than this are visited")]
    nearest: Annotated[
        bool, Field(description="whether who has none that close goes to the nearest one of the category instead")
    ]
    halfway_km: Annotated[
        float | None, Field(gt=0, description="where a shop attracts half as much as next door; null: all alike")
    ]
    exact: Annotated[
        bool, Field(description="measured from each home; false: from the middle of the homes in a square of km / 3")
    ]


@dataclass(frozen=True, kw_only=True)
class Favourites:
    """A memory of shops."""

    share: Annotated[float, Field(ge=0, le=1, description="share of purchases in one of the favourite shops")]
    slots: Annotated[int, Field(ge=1, le=1000, description="favourites of a customer in each category")]


@dataclass(frozen=True, kw_only=True)
class Holidays:
    """Public holidays of a country, from the ``holidays`` package."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166 code")]
    factor: Annotated[float, Field(ge=0, le=100, description="activity on a holiday; 1: as on any day")]


@dataclass(frozen=True, kw_only=True)
class PayDay:
    """More is spent once the salary is there."""

    day: Annotated[int, Field(ge=1, le=31, description="day of the month; the last one where a month is shorter")]
    days: Annotated[int, Field(ge=1, le=28, description="days on which more is spent, the pay day included")]
    factor: Annotated[float, Field(ge=0, le=100, description="activity on these days")]


@dataclass(frozen=True, kw_only=True)
class SpendingConfig:
    """People who buy by habit: how often, when, what, where and for how much."""

    kind: Literal["spending"] = "spending"
    transactions: Annotated[
        int | None,
        Field(ge=1, le=10**12, description="rows without added fraud; exact; null: as many as people's rates make"),
    ]
    segments: Annotated[dict[str, Segment], Field(min_length=1, description="behaviour of each segment of customers")]
    categories: Annotated[
        dict[str, Category], Field(min_length=1, description="what is bought, by the merchants' category")
    ]
    amounts: Annotated[ByCategory | ByCustomer, Field(discriminator="kind", description="what a purchase costs")]
    months: Annotated[list[Weight], Field(min_length=12, max_length=12, description="weight of each month")]
    holidays: Annotated[Holidays | None, Field(description="null: no holidays")]
    pay_day: Annotated[PayDay | None, Field(description="null: no pay day")]
    reach: Annotated[Reach, Field(description="how far people go")]
    favourites: Annotated[Favourites, Field(description="how often people go where they went before")]
    contactless: Annotated[float, Field(ge=0, le=1, description="share of purchases in shops without chip or PIN")]
    standing: Annotated[dict[str, StandingOrder] | None, Field(description="payments of each month; null: none")]
    travel: Annotated[Travel | None, Field(description="spells away from home; null: everybody stays")]
    authorisation: Annotated[
        Authorisation | None, Field(description="columns auth_result and decline_reason; null: neither")
    ]
    currency: Annotated[Currency | None, Field(description="column currency; null: none")]
    drift: Annotated[Drift | None, Field(description="a change of behaviour; null: none")]
