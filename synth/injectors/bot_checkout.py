"""A program that buys up a product which is short: pages and carts as often as it goes, seconds apart, then purchases.

What the fraudster does: lets a bot buy one limited product as often as the shop sells it to an account, to sell it on.
What changes in the data: a session of one account on one product. It looks at the page up to three times, until there
is something to buy; then page_view, click and add_to_cart follow each other as fast as pages load, many times over, and
at last as many purchases. People make these steps, too, but not always on the same product, nor at that pace.
Observable signature: the median gap between the events of a session, and its purchases, against those of honest ones.
Single events show their type, what came before it in the session, and when they come: nobody buys so often, and bots do
not sleep: uniform over the hours and weekdays, whatever people do.
Sources: OWASP Automated Threats to Web Applications, OAT-005 Scalping and OAT-021 Denial of Inventory, for what bots
do; lengths and gaps are proposals.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.contracts.sessions import ADD_TO_CART, CLICK, EVENT_TYPES, PAGE_VIEW, PURCHASE, ShopIds
from synth.injectors.episodes import Episodes
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class BotCheckoutConfig(EpisodeConfig):
    """A bot that buys one product again and again, seconds apart."""

    kind: Literal["bot_checkout"] = "bot_checkout"
    steps: Annotated[Length, Field(description="events of a bot's session; four to a purchase")]
    interval_s: Annotated[Seconds, Field(description="seconds from one event to the next")]


_BUYING = (PAGE_VIEW, CLICK, ADD_TO_CART)

#: What an event is for a bot, by its type: a look, a cart or a purchase.
_ROLE_OF_TYPE = tuple({ADD_TO_CART: 1, PURCHASE: 2}.get(step, 0) for step in range(len(EVENT_TYPES)))


def _walk(bots: Episodes) -> Int64:
    """(f,) types: looks for what is left over by whole purchases, then page, click and cart for each, then payments."""
    times_f = bots.each(bots.length_e // (len(_BUYING) + 1))
    buying_f = bots.step_f - bots.each(bots.length_e % (len(_BUYING) + 1))
    paying_f = buying_f >= len(_BUYING) * times_f
    return np.select([buying_f < 0, paying_f], [PAGE_VIEW, PURCHASE], np.array(_BUYING)[buying_f % len(_BUYING)])


class BotCheckout(EpisodeInjector[BotCheckoutConfig]):
    """The injector."""

    roles = ("look", "cart", "buy")
    expected_signal = ("event_type", "hour", "weekday", "steps")
    needs = ("generator=clickstream",)
    uses = ("event_type", "session_id", "device_id")

    @property
    def length(self) -> Length:
        """Events of a bot's session."""
        return self.config.steps

    @property
    def gap_s(self) -> Seconds:
        """Seconds between its events."""
        return self.config.interval_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Pages and carts of one product in turn, then its purchases, all in one session."""
        bots = self.episodes(context, streams)
        type_f = _walk(bots)
        price_e = context.amount.draw(len(bots), rng=streams.draw("products"))
        events = bots.finish(
            gap_s=bots.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=bots.each(price_e),
            role=np.array(_ROLE_OF_TYPE)[type_f],
            rhythm="uniform",
            own={"event_type": type_f},
        )
        ids = ShopIds.of(streams.seed, context.timeline, context.cards)
        session_e = ids.name_added(
            events.time_us_f[bots.head_e], events.card_f[bots.head_e], rng=streams.draw("sessions")
        )
        return replace(events, own={**events.own, "session_id": bots.each(session_e)})
