"""Somebody else's account: a login from a new device, a new phone number or address, and orders until it is noticed.

What the fraudster does: takes an account with a stolen password, makes the shop's messages go elsewhere, and orders on
the cards that the account holds, some times within hours, as much as seems to go through.
What changes in the data: three to five purchases on the web by one card, minutes to hours apart, at one and a half
times to twice what things cost; half of them are declined. In a recipe with clicks the visit behind the first one
begins with a login from a device that the customer never used, mostly followed by a profile_change; the others come
from that device, and take no longer than the shortest interval.
Observable signature: a new device, a profile_change and orders of one customer within hours. Honest customers have new
devices, change their profile and order, too: none of these tells by itself. Single rows show that they are on the web,
at which kind of shop, their amounts, and whether they were declined; thieves keep the hours of those whom they rob.
Sources: sellers of defences tell of orders of which half succeed, the phone number being changed in half of the cases
and the address of e-mail in a tenth; the other numbers are proposals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.contracts.sessions import Session
from synth.errors import Problem
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class Multiple:
    """A multiple; uniform between the bounds."""

    min: Annotated[float, Field(gt=0, le=1000, description="lowest")]
    max: Annotated[float, Field(gt=0, le=1000, description="highest")]


@dataclass(frozen=True, kw_only=True)
class AccountTakeoverConfig(EpisodeConfig):
    """Orders on the account of somebody else, from a new device."""

    kind: Literal["account_takeover"] = "account_takeover"
    orders: Annotated[Length, Field(description="orders of an episode, declined ones included")]
    interval_s: Annotated[Seconds, Field(description="seconds from one order to the next")]
    multiple: Annotated[Multiple, Field(description="what an order costs, as a multiple of what others cost")]
    declined: Annotated[
        float, Field(ge=0, le=1, description="chance that an order is declined, beside what is of honest ones")
    ]
    profile_change: Annotated[
        float, Field(ge=0, le=1, description="chance that the first visit changes the profile; shows in clicks only")
    ]

    def problems(self) -> Iterator[Problem]:
        """Yields crossed bounds."""
        yield from super().problems()
        if self.multiple.min > self.multiple.max:
            message = f"min {self.multiple.min:g} is above max {self.multiple.max:g}"
            yield Problem(path="multiple", message=message, allowed=("min <= max",))


class AccountTakeover(EpisodeInjector[AccountTakeoverConfig]):
    """The injector."""

    roles = ("first_order", "order")
    expected_signal = (
        "amount",
        "channel",
        "category",
        "merchant_id",
        "terminal_id",
        "currency",
        "auth_result",
    )
    needs = ("generator=spending", "population=retail_us", "population.customers.number=1500")
    uses = ("channel", "web")

    def __init__(self, config: AccountTakeoverConfig) -> None:
        super().__init__(config)
        first = Session(login=True, profile_change=config.profile_change, new_device=True)
        # A visit that were longer could begin before the account is taken.
        later = Session(new_device=True, longest_s=config.interval_s.min - 1)
        self.sessions = {"first_order": first, "order": later}

    @property
    def length(self) -> Length:
        """Orders of an episode."""
        return self.config.orders

    @property
    def gap_s(self) -> Seconds:
        """Seconds between them."""
        return self.config.interval_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Orders of one card on the web."""
        takeovers = self.episodes(context, streams)
        orders, bounds = len(takeovers.episode_f), self.config.multiple
        return takeovers.finish(
            gap_s=takeovers.gaps(self.gap_s.min, self.gap_s.max),
            times=streams.draw("multiples").uniform(bounds.min, bounds.max, orders),
            refused=np.full(orders, self.config.declined),
            role=takeovers.role("order", first="first_order"),
            own={"channel": np.full(orders, context.code("channel", "online"))},
        )
