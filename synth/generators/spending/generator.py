"""People who buy by habit.

Legend: ``_t`` an event of a block.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from synth.amount import AmountLaw
from synth.contracts.expectations import Expectations
from synth.contracts.generator import BlockPlan, Events, Generator, Keys, OwnColumns, World, find_last_uses
from synth.contracts.habits import Habits
from synth.contracts.population import Population
from synth.contracts.rhythms import DAY_S
from synth.errors import Problem
from synth.generators.rhythm import days_of
from synth.generators.spending.amounts import HabitAmounts, draw_amounts
from synth.generators.spending.authorisation import RESULTS, authorise
from synth.generators.spending.choices import Choice, choose
from synth.generators.spending.circumstances import REASONS
from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.expected import expect
from synth.generators.spending.habits import know_habits
from synth.generators.spending.keys import draw_keys
from synth.generators.spending.online import put_online
from synth.generators.spending.plan import SpendingPlan, make_plan
from synth.generators.spending.problems import problems
from synth.generators.spending.seasons import holidays_of
from synth.generators.spending.standing_orders import nothing_due
from synth.rng import Streams
from synth.tables.declared import Column

CHANNELS = ("chip", "contactless", "online", "recurring")
ONLINE, RECURRING = 2, 3


def _currency_columns(config: SpendingConfig) -> tuple[Column, ...]:
    if config.currency is None:
        return ()
    doc = "currency of the terminal's country (ISO 4217); the amount is in the billing currency"
    return (Column("currency", "string", "", "observable", doc, categories=config.currency.names),)


def _authorisation_columns(config: SpendingConfig) -> tuple[Column, ...]:
    if config.authorisation is None:
        return ()
    why = "why it was declined; empty where it was approved"
    return (
        Column("auth_result", "string", "", "observable", "what the issuer said", categories=RESULTS),
        Column("decline_reason", "string", "", "observable", why, nullable=True, categories=REASONS),
    )


class SpendingGenerator(Generator):
    """Events by Poisson laws: each customer at a rate of their own, in the rhythm of their segment."""

    needs = ("population=retail_us", "population.customers.number=1500")
    takes_amount = False
    tells = ("habits", "shops")

    def __init__(self, config: SpendingConfig) -> None:
        self.config = config
        self.categories = tuple(sorted(config.categories))
        self.libraries = ("holidays",) if config.holidays else ()
        self.columns = (
            Column("customer_id", "int64", "", "key", "who bought: index of the customer", references=("customers",)),
            Column("terminal_id", "int64", "", "key", "where: index of the terminal", references=("terminals",)),
            Column("merchant_id", "int64", "", "key", "whose: index of the merchant", references=("merchants",)),
            Column("category", "string", "", "observable", "what the merchant sells", categories=self.categories),
            Column("channel", "string", "", "observable", "how the card was used", categories=CHANNELS),
            *_currency_columns(config),
            *_authorisation_columns(config),
        )

    def rows(self) -> int | None:
        """Rows in all, where the config sets them."""
        return self.config.transactions

    def problems(self, world: World) -> Iterator[Problem]:
        """Yields what does not fit the population."""
        return problems(self.config, world)

    def resolved(self, world: World) -> Mapping[str, Any]:
        """The holidays of the window: from one version of their library to the next a country gets other ones."""
        days = holidays_of(self.config.holidays, days_of(world.timeline)) if self.config.holidays else ()
        return {"holidays": [day.isoformat() for day in days]} if days else {}

    def expected_rows(self, world: World) -> int:
        """Rows to reckon with before anybody is drawn."""
        named = [self.config.segments[name] for name in world.census.segments if name in self.config.segments]
        mean = float(np.mean([segment.rate.average for segment in named or self.config.segments.values()]))
        orders = sum(order.share for order in (self.config.standing or {}).values()) * 12 / 365.25
        days = world.timeline.seconds / DAY_S
        return self.config.transactions or max(1, int((mean + orders) * world.census.customers * days))

    def plan(self, world: World, *, streams: Streams) -> SpendingPlan:
        """Draws rates and rhythm, lays the shops out, and counts."""
        return make_plan(self.config, people_of(world), world, streams=streams)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who."""
        assert isinstance(plan, SpendingPlan)
        return draw_keys(plan, block, cards=world.cards, streams=streams)[0]

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, then what, where and for how much."""
        assert isinstance(plan, SpendingPlan)
        people = people_of(world)
        keys, due = draw_keys(plan, block, cards=world.cards, streams=streams)
        choice = choose(keys, due, plan, people, self.config.favourites, rng=streams.draw("choices", block))
        amount_t = draw_amounts(plan, choice, keys.time_us_t, people, rng=streams.draw("amounts", block))
        events = Events(keys.time_us_t, keys.card_t, amount_t)
        rng, issuer = streams.draw("channels", block), streams.draw("authorisation", block)
        return replace(events, own=self._shown(events, choice, plan, people, rng=rng, issuer=issuer))

    def complete(self, plan: BlockPlan, block: int, fraud: Events, *, world: World, streams: Streams) -> OwnColumns:
        """Fraud happens where the victim would have been, as far as a pattern does not say otherwise.

        As much of it as of a day's honest events takes the form of a standing order that is due that day. What a
        pattern puts online is bought in a shop on the web.
        """
        assert isinstance(plan, SpendingPlan)
        people, due = people_of(world), nothing_due()
        if len(plan.orders):
            due = plan.due_shares.draw(fraud.time_us_t, rng=streams.draw("standing orders of fraud", block))
        rng = streams.draw("choices of fraud", block)
        choice = choose(fraud, due, plan, people, self.config.favourites, rng=rng)
        wanted = np.flatnonzero(fraud.own["channel"] == ONLINE) if "channel" in fraud.own else np.empty(0, np.int64)
        if len(wanted):
            rng = streams.draw("online choices of fraud", block)
            choice = put_online(
                choice,
                fraud,
                wanted,
                lambda some: choose(some, nothing_due(), plan, people, self.config.favourites, rng=rng),
            )
        rng, issuer = streams.draw("channels of fraud", block), streams.draw("authorisation of fraud", block)
        return self._shown(fraud, choice, plan, people, rng=rng, issuer=issuer)

    def amounts(self, plan: BlockPlan, *, world: World) -> AmountLaw:
        """What anybody spends on anything: the law by which a pattern hides."""
        assert isinstance(plan, SpendingPlan)
        return HabitAmounts(plan, people_of(world))

    def habits(self, plan: BlockPlan, *, world: World, streams: Streams) -> Habits:
        """Times, shops and prices of everybody."""
        assert isinstance(plan, SpendingPlan)
        people = people_of(world)
        never_s_c = people.cards.opened_s_c
        uses = partial(find_last_uses, self, plan, world=world, streams=streams, never_s_c=never_s_c)
        return know_habits(self.config, plan, people, uses)

    def expectations(self, world: World) -> Expectations:
        """Times, categories, channels, medians and favourites."""
        return expect(self.config, world)

    def _shown(
        self,
        events: Events,
        choice: Choice,
        plan: SpendingPlan,
        people: Population,
        *,
        rng: "np.random.Generator",
        issuer: "np.random.Generator",
    ) -> OwnColumns:
        """The generator's own columns, by chance and by what the issuer says."""
        contactless_t = rng.random(len(choice.online_t)) < self.config.contactless
        channel_t = np.where(choice.online_t, ONLINE, contactless_t).astype(np.int64)
        channel_t[choice.due.row] = RECURRING
        own = {
            "customer_id": choice.customer_t,
            "terminal_id": choice.terminal_t,
            "merchant_id": choice.merchant_t,
            "category": choice.category_t,
            "channel": channel_t,
        }
        if self.config.currency:
            own["currency"] = plan.currency_p[choice.terminal_t]
        if self.config.authorisation:
            own |= authorise(self.config.authorisation, channel_t, events, people.cards, rng=issuer)
        return own


def people_of(world: World) -> Population:
    """Everybody; there are customers and merchants, or the recipe would have been refused."""
    assert world.population is not None, "problems() refuses a population without people"
    return world.population
