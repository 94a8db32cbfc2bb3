"""The keys of the visits behind purchases on the web."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from synth.contracts.population import Census
from synth.errors import Problem
from synth.generators.clickstream.config import Gap
from synth.tables.column import Column

Chance = Annotated[float, Field(ge=0, le=1)]

#: The generator's own columns without which nobody knows who bought what where.
NEEDED = ("customer_id", "merchant_id", "channel")


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What a visitor looks at, as chances to go on; who buys puts the last product into the cart for certain."""

    another: Annotated[float, Field(ge=0, le=0.9, description="to look at one more product; at most a hundred")]
    click: Annotated[Chance, Field(description="page_view to click")]
    add_to_cart: Annotated[Chance, Field(description="click to add_to_cart")]


@dataclass(frozen=True, kw_only=True)
class Account:
    """What visitors do to their account."""

    login: Annotated[Chance, Field(description="share of sessions that begin with a login")]
    fails: Annotated[float, Field(ge=0, le=0.9, description="share of attempts that fail; five at most in a row")]
    profile_change: Annotated[Chance, Field(description="share of logins that a profile_change follows")]


@dataclass(frozen=True, kw_only=True)
class VisitDevices:
    """What customers come with: their devices, as the population has them, and now and then one that is new."""

    main: Annotated[Chance, Field(description="share of sessions on the first of a customer's devices")]
    new: Annotated[Chance, Field(description="share of sessions on a device that the customer never used before")]
    days: Annotated[int, Field(ge=1, le=365, description="how long a customer comes with it")]


@dataclass(frozen=True, kw_only=True)
class ShopVisits:
    """Sessions that lead to purchases, and sessions that do not."""

    browsing: Annotated[float, Field(ge=0, le=100, description="sessions without a purchase for each one with")]
    looks: Annotated[Looks, Field(description="what visitors look at")]
    account: Annotated[Account, Field(description="logins and changes of the profile")]
    devices: Annotated[VisitDevices, Field(description="what visitors come with")]
    gap: Annotated[Gap, Field(description="time between the events of a session")]


@dataclass(frozen=True, kw_only=True)
class ClicksConfig:
    """The visits to web shops behind purchases on the web."""

    shop: Annotated[ShopVisits | None, Field(description="how customers visit; null: there are no clicks")]

    def problems_with(self, own: Sequence[Column] | None, census: Census | None) -> Iterator[Problem]:
        """Yields what only the whole recipe shows.

        Args:
            own: the generator's own columns; None where they are not known.
            census: what there is in the world; None where that is not known.
        """
        if self.shop is None or own is None:
            return
        columns = {column.name: column for column in own}
        absent = [name for name in NEEDED if name not in columns]
        fitting = ("generator=spending with population=retail_us, or clicks=none",)
        if absent:
            yield Problem(
                path="shop",
                message=f"clicks need to know who buys where, and the generator has no {', '.join(absent)}",
                allowed=fitting,
            )
        elif "online" not in columns["channel"].categories:
            yield Problem(
                path="shop",
                message="clicks lead to purchases on the web, and the generator has no channel 'online'",
                allowed=fitting,
            )
        elif census and census.shops and not any(kind and kind.online for kind in census.shops):
            message = "clicks lead to purchases on the web, and nobody sells there"
            yield Problem(path="shop", message=message, allowed=("a population with shops on the web, or clicks=none",))
