"""The keys of standing orders, journeys, declines, currencies and a change of ways."""

import datetime
from dataclasses import dataclass, fields
from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=0, le=1000)]
Code = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, e.g. USD")]


@dataclass(frozen=True, kw_only=True)
class StandingOrder:
    """A payment of each month: one merchant, one card, one amount, on one day."""

    category: Annotated[str, Field(description="what is paid for; where nobody sells it, nobody has the order")]
    share: Annotated[float, Field(ge=0, le=1, description="share of the customers who have it")]
    segments: Annotated[dict[str, Share], Field(description="the share in single segments instead")]
    median: Annotated[float, Field(gt=0, le=1_000_000, description="half of the customers pay less; major units")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]
    income: Annotated[float, Field(ge=0, le=2, description="elasticity: amounts grow as income to this power")]
    first_day: Annotated[int, Field(ge=1, le=31, description="first day of the month on which it may be due")]
    last_day: Annotated[
        int, Field(ge=1, le=31, description="last such day; in a shorter month the month's last day takes its place")
    ]
    spread_s: Annotated[
        int, Field(ge=0, le=86_399, description="seconds by which the time of day differs between months, at most")
    ]


@dataclass(frozen=True, kw_only=True)
class SpellDays:
    """A lognormal law of lengths."""

    median: Annotated[float, Field(gt=0, le=365, description="half of the spells are shorter, in days")]
    sigma: Annotated[float, Field(ge=0, le=5, description="standard deviation of the logarithm")]
    longest: Annotated[float, Field(gt=0, le=365, description="no spell is longer, in days")]


@dataclass(frozen=True, kw_only=True)
class Travel:
    """Trips away from home, in other cities of the population; where there are none, nobody travels."""

    per_year: Annotated[
        float, Field(ge=0, le=50, description="spells in a year of a customer whose segment has no factor")
    ]
    segments: Annotated[dict[str, Factor], Field(description="factor on it in single segments")]
    days: Annotated[SpellDays, Field(description="how long they last")]
    abroad: Annotated[
        float, Field(ge=0, le=1, description="share of spells in another country, where there are such cities")
    ]


@dataclass(frozen=True, kw_only=True)
class Declines:
    """Shares of the payments of a channel that are declined, by reason."""

    insufficient_funds: Annotated[
        float, Field(ge=0, le=1, description="too little money on the account, or too little credit left")
    ] = 0.0
    wrong_pin: Annotated[float, Field(ge=0, le=1, description="the PIN was mistyped")] = 0.0
    wrong_cvc: Annotated[float, Field(ge=0, le=1, description="the card's check value was mistyped")] = 0.0
    expired_card: Annotated[float, Field(ge=0, le=1, description="an old card was used, or is on file")] = 0.0
    suspected_fraud: Annotated[float, Field(ge=0, le=1, description="the issuer's rules took it for fraud")] = 0.0

    @property
    def shares(self) -> tuple[float, ...]:
        """In the order of ``REASONS``."""
        return tuple(getattr(self, name) for name in REASONS[:-1])


#: Why a payment is declined; the last one is no matter of chance.
REASONS = (*(field.name for field in fields(Declines)), "limit_exceeded")


@dataclass(frozen=True, kw_only=True)
class Authorisation:
    """Whether the issuer approves."""

    chip: Annotated[Declines, Field(description="shares of payments with the card in a terminal")]
    contactless: Annotated[Declines, Field(description="of contactless payments")]
    online: Annotated[Declines, Field(description="of purchases on the web")]
    recurring: Annotated[Declines, Field(description="of standing orders")]
    beyond_limit: Annotated[
        float | None,
        Field(gt=0, description="payments above this share of the card's limit are declined; null: none are"),
    ]


@dataclass(frozen=True, kw_only=True)
class Currency:
    """The currency of a payment, that of the terminal's country; amounts are in the billing currency all the same."""

    billing: Annotated[
        Code, Field(description="ISO 4217 code of the amounts' currency; on a plain square, of the payments', too")
    ]
    countries: Annotated[
        dict[str, Code], Field(description="ISO 4217 code of the currency of each country, by ISO 3166 code")
    ]

    @property
    def names(self) -> tuple[str, ...]:
        """All currencies, sorted."""
        return tuple(sorted({self.billing, *self.countries.values()}))


@dataclass(frozen=True, kw_only=True)
class Drift:
    """People change their ways from one day to the next."""

    day: Annotated[str, Field(description="the first day of the new ways, UTC, ISO 8601, inside the window")]
    rate: Annotated[float, Field(ge=0, le=100, description="factor on how often people buy")]
    online: Annotated[float, Field(ge=0, le=100, description="factor on the odds of buying on the web")]
    amount: Annotated[float, Field(gt=0, le=100, description="factor on what a purchase costs")]
    mix: Annotated[dict[str, Factor], Field(description="factors on the weights of single categories")]

    @property
    def date(self) -> datetime.date:
        """The day; raises ValueError where it is none."""
        return datetime.date.fromisoformat(self.day)
