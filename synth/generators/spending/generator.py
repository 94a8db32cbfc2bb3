"""People who buy by habit.

Legend: ``_t`` an event of a block.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.amount import HIGHEST, AmountLaw
from synth.arrays import Float
from synth.contracts.events import OPEN, Events, IncompleteEvents, Keys, OwnColumns
from synth.contracts.expectations import Expectations
from synth.contracts.generator import BlockPlan, Generator, World, find_last_uses
from synth.contracts.habits import Habits
from synth.contracts.population import Population
from synth.contracts.rhythms import DAY_S
from synth.errors import Problem, RunError
from synth.generators.rhythm import days_of
from synth.generators.spending.amounts import HabitAmounts, draw_amounts
from synth.generators.spending.authorisation import RESULTS, authorise, authorise_again
from synth.generators.spending.choices import Choice, choose
from synth.generators.spending.circumstances import REASONS
from synth.generators.spending.completion import Completion, Settled
from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.expected import expect
from synth.generators.spending.habits import know_habits
from synth.generators.spending.keys import draw_keys
from synth.generators.spending.plan import SpendingPlan, make_plan
from synth.generators.spending.problems import problems
from synth.generators.spending.rules import broken_rules
from synth.generators.spending.seasons import holidays_of
from synth.generators.spending.standing_orders import nothing_due
from synth.rng import Streams
from synth.tables.column import Column, Given

if TYPE_CHECKING:
    import pyarrow as pa

CHANNELS = ("chip", "contactless", "online", "recurring")
ONLINE, RECURRING = 2, 3


def _key_columns() -> tuple[Column, ...]:
    customer = Given(("card_id",), "cards.customer_id")
    merchant = Given(("terminal_id",), "terminals.merchant_id", sought=True)
    return (
        Column("customer_id", "int64", "", "key", "who bought", references=("customers",), given=customer),
        Column("terminal_id", "int64", "", "key", "where", references=("terminals",)),
        Column("merchant_id", "int64", "", "key", "whose terminal", references=("merchants",), given=merchant),
    )


def _currency_columns(config: SpendingConfig) -> tuple[Column, ...]:
    if config.currency is None:
        return ()
    doc = "currency of the terminal's country (ISO 4217); the amount is in the billing currency"
    given = Given(("terminal_id",))
    return (Column("currency", "string", "", "observable", doc, categories=config.currency.names, given=given),)


def _authorisation_columns(config: SpendingConfig) -> tuple[Column, ...]:
    if config.authorisation is None:
        return ()
    why = "why it was declined; empty where it was approved"
    given = Given(("amount_minor", "card_id", "channel"), drawn=True)
    return (
        Column("auth_result", "string", "", "observable", "what the issuer said", categories=RESULTS, given=given),
        Column("decline_reason", "string", "", "observable", why, nullable=True, categories=REASONS, given=given),
    )


class SpendingGenerator(Generator):
    """Events by Poisson laws: each customer at a rate of their own, in the rhythm of their segment."""

    needs = ("population=retail_us", "population.customers.number=1500")
    takes_amount = False
    prices_fraud = True
    tells = ("habits", "shops")

    def __init__(self, config: SpendingConfig) -> None:
        self.config = config
        self.categories = tuple(sorted(config.categories))
        self.libraries = ("holidays",) if config.holidays else ()
        self.columns = (
            *_key_columns(),
            Column(
                "category",
                "string",
                "",
                "observable",
                "what the merchant sells",
                categories=self.categories,
                given=Given(("merchant_id",), "merchants.category", sought=True),
            ),
            Column(
                "channel",
                "string",
                "",
                "observable",
                "how the card was used",
                categories=CHANNELS,
                given=Given(("merchant_id",), drawn=True, sought=True),
                never_fraud=(CHANNELS[RECURRING],),
            ),
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

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """Fraud happens where the victim would have been, as far as a pattern does not say otherwise.

        A pattern that sets a category gets a shop of it, one that sets an amount a shop that has such prices. No fraud
        is a standing order: these have all their payments by one hand.
        """
        assert isinstance(plan, SpendingPlan)
        people, settled = people_of(world), self._settled(fraud)
        completion = Completion(plan, people, self.config.favourites, fraud, settled)
        terminal_t = completion.terminals(streams=streams)
        merchant_t = people.terminals.merchant_p[terminal_t]
        category_t = people.merchants.category_m[merchant_t].astype(np.int64)
        online_t = people.merchants.online_m[merchant_t]
        choice = Choice(completion.customer_t, category_t, online_t, terminal_t, merchant_t, nothing_due())
        amount_t = draw_amounts(plan, choice, fraud.time_us_t, people, rng=streams.draw("amounts of fraud"))
        usual_t = np.minimum(np.rint(amount_t * fraud.times_t), HIGHEST * 100 - 1).astype(np.int64)
        events = fraud.completed({}, np.maximum(usual_t, 1))
        rng, issuer = streams.draw("channels of fraud"), streams.draw("authorisation of fraud")
        own = self._shown(events, choice, plan, people, rng=rng, issuer=issuer, refused_t=fraud.refused_t)
        return fraud.completed(own, events.amount_minor_t)

    def _settled(self, fraud: IncompleteEvents) -> Settled:
        """What patterns say of where they pay.

        Raises:
            RunError: one makes standing orders.
        """
        channel_t = fraud.wanted("channel")
        if (channel_t == RECURRING).any():
            raise RunError(f"a pattern sets the channel {CHANNELS[RECURRING]!r}: no fraud is a standing order")
        online_t = np.where(channel_t == OPEN, OPEN, channel_t == ONLINE)
        return Settled(fraud.wanted("terminal_id"), fraud.wanted("merchant_id"), fraud.wanted("category"), online_t)

    def decide_again(self, claimed: Events, *, world: World) -> OwnColumns:
        """Whether the issuer approves, at the amount that a payment has now."""
        if self.config.authorisation is None:
            return {}
        return authorise_again(self.config.authorisation, claimed, people_of(world).cards)

    def check(self, rows: "Mapping[str, pa.Array]", tables: "Mapping[str, Mapping[str, pa.Array]]") -> Iterator[str]:
        """Yields payments that are online elsewhere than on the web, or declined against what the issuer knows."""
        return broken_rules(rows, tables, self.config.authorisation, CHANNELS[ONLINE], CHANNELS[RECURRING])

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
        refused_t: Float | None = None,
    ) -> OwnColumns:
        """The generator's own columns, by chance and by what the issuer says.

        Args:
            refused_t: (t,) chance that the issuer refuses, beside what it refuses anyway; None: of none.
        """
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
            own |= authorise(self.config.authorisation, channel_t, events, people.cards, refused_t, rng=issuer)
        return own


def people_of(world: World) -> Population:
    """Everybody; there are customers and merchants, or the recipe would have been refused."""
    assert world.population is not None, "problems() refuses a population without people"
    return world.population
