"""People who buy by habit.

Legend: ``_t`` an event of a block, ``_u`` a customer, ``_s`` a segment, ``_k`` a category, ``_p`` a terminal.
"""

from collections.abc import Iterator

import numpy as np

from synth.amount import AmountLaw
from synth.entities import Population
from synth.errors import nearest
from synth.events import Column
from synth.generators.contract import BlockPlan, Events, Generator, Int64, Keys, Own, World
from synth.generators.spending.amounts import HabitAmounts, draw_amounts
from synth.generators.spending.choices import Choice, choose
from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.plan import SpendingPlan, make_plan
from synth.rng import Streams
from synth.timeline import US_PER_S

CHANNELS = ("chip", "contactless", "online")
ONLINE = 2


class SpendingGenerator(Generator):
    """Events by Poisson laws: each customer at a rate of their own, in the rhythm of their segment."""

    setting = ("population=retail_us", "population.customers.number=1500")

    def __init__(self, config: SpendingConfig) -> None:
        self.config = config
        self.categories = tuple(sorted(config.categories))
        self.columns = (
            Column("customer_id", "int64", "", "key", "who bought: index of the customer"),
            Column("terminal_id", "int64", "", "key", "where: index of the terminal"),
            Column("merchant_id", "int64", "", "key", "whose: index of the merchant"),
            Column("category", "string", "", "observable", "what the merchant sells", categories=self.categories),
            Column("channel", "string", "", "observable", "how the card was used", categories=CHANNELS),
        )

    def rows(self) -> int | None:
        """Rows in all, where the config sets them."""
        return self.config.transactions

    def violations(self, world: World) -> Iterator[tuple[str, str, str]]:
        """Yields what does not fit the population."""
        if not world.census.customers or not world.census.merchants:
            told = "spending needs customers and merchants, and the population has only cards"
            yield "", told, "a population with people, e.g. population=retail_us"
            return
        for group, wanted, named in (
            ("segments", world.census.segments, self.config.segments),
            ("categories", world.census.categories, self.config.categories),
        ):
            for name in sorted({*wanted} - {*named}):
                yield (
                    group,
                    f"the population has {group} named {name!r}, which have no behaviour here",
                    ", ".join(wanted),
                )
        for name, segment in self.config.segments.items():
            for category in sorted({*segment.mix} - {*self.config.categories}):
                near = nearest(category, self.config.categories)
                told = f"segment {name!r} buys {category!r}, which is no category" + (f" ({near})" if near else "")
                yield f"segments.{name}.mix.{category}", told, ", ".join(self.categories)
            if not any(segment.mix.get(category) for category in world.census.categories):
                told = f"segment {name!r} buys nothing that the population's merchants sell"
                yield f"segments.{name}.mix", told, f"a weight above 0 for one of {', '.join(world.census.categories)}"
            if not any(segment.weekday) or not any(getattr(segment.day, "weights", [1])):
                yield f"segments.{name}", f"segment {name!r} is never active", "a weight above 0"
        yield from self._date_problems()

    def _date_problems(self) -> Iterator[tuple[str, str, str]]:
        if not any(self.config.months):
            yield "months", "no month has any activity", "a weight above 0"
        if self.config.holidays:
            import holidays

            known = holidays.list_supported_countries()
            country = self.config.holidays.country
            if country not in known:
                near = nearest(country, known)
                told = f"no holidays are known of country {country!r}" + (f" ({near})" if near else "")
                yield "holidays.country", told, "an ISO 3166 code such as US, DE or GB"

    def expected_rows(self, world: World) -> int:
        """Rows to reckon with before anybody is drawn."""
        named = [self.config.segments[name] for name in world.census.segments if name in self.config.segments]
        mean = float(np.mean([segment.rate.average for segment in named or self.config.segments.values()]))
        return self.config.transactions or max(1, int(mean * world.census.customers * world.timeline.seconds / 86_400))

    def plan(self, world: World, *, streams: Streams) -> SpendingPlan:
        """Draws rates and rhythm, lays the shops out, and counts."""
        return make_plan(self.config, people_of(world), world, streams=streams)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who: customers by their rates, times by the rhythm of their segment."""
        assert isinstance(plan, SpendingPlan)
        first, last = map(int, plan.step_b[block : block + 2])
        customers, seconds = [], []
        for segment, rows in enumerate(plan.quota_bk[block].tolist()):
            who, when = streams.draw("who", block, segment), streams.draw("when", block, segment)
            customers.append(plan.shoppers.draw(segment, rows, rng=who))
            seconds.append(plan.rhythm.draw(segment, first, last, rows, rng=when))
        card_t = plan.shoppers.pick_cards(np.concatenate(customers), rng=streams.draw("cards", block))
        start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
        code_t = separate(np.concatenate(seconds) - start_s, card_t, end_s - start_s, world.cards)
        second_t = code_t // world.cards
        return Keys((second_t + start_s) * US_PER_S, code_t - second_t * world.cards)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, then what, where and for how much."""
        assert isinstance(plan, SpendingPlan)
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        choice = self._choose(keys, plan, world, streams.draw("choices", block))
        amount_t = draw_amounts(plan, choice, people_of(world), rng=streams.draw("amounts", block))
        return Events(
            keys.time_us_t, keys.card_t, amount_t, _shown(choice, streams.draw("channels", block), self.config)
        )

    def complete(self, plan: BlockPlan, block: int, fraud: Events, *, world: World, streams: Streams) -> Own:
        """Fraud happens where the victim would have been, as far as a pattern does not say otherwise."""
        assert isinstance(plan, SpendingPlan)
        choice = self._choose(fraud, plan, world, streams.draw("choices of fraud", block))
        return _shown(choice, streams.draw("channels of fraud", block), self.config)

    def amounts(self, plan: BlockPlan, *, world: World) -> AmountLaw:
        """What anybody spends on anything: the law by which a pattern hides."""
        assert isinstance(plan, SpendingPlan)
        return HabitAmounts(plan, people_of(world))

    def _choose(self, keys: Keys, plan: SpendingPlan, world: World, rng: np.random.Generator) -> Choice:
        return choose(keys, plan, people_of(world), self.config.favourites, rng=rng)


def people_of(world: World) -> Population:
    """Everybody; there are customers and merchants, or the recipe would have been refused."""
    assert world.population is not None, "violations() refuses a population without people"
    return world.population


def _shown(choice: Choice, rng: np.random.Generator, config: SpendingConfig) -> Own:
    """The generator's own columns."""
    channel_t = np.where(choice.online_t, ONLINE, rng.random(len(choice.online_t)) < config.contactless)
    return {
        "customer_id": choice.customer_t,
        "terminal_id": choice.terminal_t,
        "merchant_id": choice.merchant_t,
        "category": choice.category_t,
        "channel": channel_t.astype(np.int64),
    }


def separate(second_t: Int64, card_t: Int64, seconds: int, cards: int) -> Int64:
    """(t,) sorted and distinct codes ``second x cards + card``; a card's second event in a second comes one later.

    Args:
        second_t: seconds from the start of the block.
        seconds: of the block; what would leave it at the end comes in at its start.
    """
    code_t = np.sort(second_t * cards + card_t)
    while (again := np.flatnonzero(code_t[1:] == code_t[:-1]) + 1).size:
        code_t[again] = (code_t[again] + cards) % (seconds * cards)
        code_t.sort()
    return code_t
