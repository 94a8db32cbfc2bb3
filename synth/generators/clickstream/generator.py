"""Visitors of a web shop.

Legend: ``_t`` an event of a block, ``_s`` a session.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from synth.amount import AmountLaw
from synth.arrays import Int64
from synth.contracts.events import OPEN, Events, IncompleteEvents, Keys
from synth.contracts.generator import BlockPlan, Generator, World, find_last_uses
from synth.contracts.habits import Habits
from synth.contracts.sessions import EVENT_TYPES, nth_of
from synth.errors import Problem, RunError
from synth.generators.clickstream.added import lay_added
from synth.generators.clickstream.blocks import Slice, order_keys, take_slices
from synth.generators.clickstream.config import ClickstreamConfig
from synth.generators.clickstream.goods import Goods, GoodsAmounts
from synth.generators.clickstream.habits import ClickHabits, pick_devices
from synth.generators.clickstream.plan import ClickstreamPlan, lay_visits, make_plan
from synth.rng import Streams
from synth.tables.column import Column, Given


def shop_columns(
    event_types: Sequence[str], categories: Sequence[str], category: Given | None = None
) -> tuple[Column, ...]:
    """What every event of a web shop shows beside its time, its card and its price.

    Args:
        category: what decides a product's category; None where nothing does.
    """
    sold, card = tuple(categories), Given(("card_id",))
    return (
        Column("customer_id", "int64", "", "key", "the customer's account: the card's index and 1", given=card),
        Column("session_id", "int64", "", "key", "the visit; the number says nothing else"),
        Column("event_type", "string", "", "observable", "what happened", categories=tuple(event_types)),
        Column("product_id", "int64", "", "key", "the product on whose page it happened, from 1"),
        Column(
            "product_category", "string", "", "observable", "the product's category", categories=sold, given=category
        ),
    )


class ClickstreamGenerator(Generator):
    """Sessions at the rates of customers, in the rhythm of days, each with a path through the products."""

    steps = ("event_type",)
    prices_fraud = True
    fixed_prices = True
    tells = ("habits",)

    def __init__(self, config: ClickstreamConfig) -> None:
        self.config = config
        self.columns = (
            *shop_columns(EVENT_TYPES, config.categories, Given(("product_id",), sought=True)),
            Column("device_id", "int64", "", "key", "what the visitor came with; the number says nothing else"),
        )

    def rows(self) -> int:
        """Events of the control world."""
        return self.config.transactions

    def problems(self, world: World) -> Iterator[Problem]:
        """Yields what only the whole world shows."""
        yield from super().problems(world)
        idle = [name for name in ("hours", "weekday") if not any(getattr(self.config, name))]
        for name in idle:
            yield Problem(path=name, message="every weight is 0: nobody ever visits", allowed=("a weight above 0",))
        if not idle and not lay_visits(self.config, world).mass_sn.any():
            yield Problem(
                path="hours",
                message="nobody visits at any time of the window",
                allowed=("a weight above 0 within the window",),
            )

    def plan(self, world: World, *, streams: Streams) -> ClickstreamPlan:
        """Draws rates and products, cuts the window, and counts."""
        return make_plan(self.config, world, streams=streams)

    def amounts(self, plan: BlockPlan, *, world: World) -> AmountLaw:
        """Prices of products as often as these are looked at."""
        assert isinstance(plan, ClickstreamPlan)
        return GoodsAmounts(plan.goods)

    def habits(self, plan: BlockPlan, *, world: World, streams: Streams) -> Habits:
        """When everybody visits, and how often."""
        assert isinstance(plan, ClickstreamPlan)
        never_s_c = np.full(world.cards, world.timeline.start_s)
        uses = partial(find_last_uses, self, plan, world=world, streams=streams, never_s_c=never_s_c)
        return ClickHabits.of(plan, uses)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who."""
        assert isinstance(plan, ClickstreamPlan)
        return order_keys(plan, block, take_slices(plan, block, streams=streams), world.cards)[0]

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, products with their prices, sessions and devices."""
        assert isinstance(plan, ClickstreamPlan)
        slices = take_slices(plan, block, streams=streams)
        keys, order = order_keys(plan, block, slices, world.cards)

        def ordered(values: list[Int64]) -> Int64:
            return np.concatenate(values)[order]

        product_t = ordered([_products(plan, each, streams=streams) for each in slices])
        own = {
            "customer_id": keys.card_t + 1,
            "session_id": ordered([_sessions(plan, each) for each in slices]),
            "event_type": ordered([each.clicks.paths.type_t[each.row_t] for each in slices]),
            "product_id": product_t + 1,
            "product_category": plan.goods.category_p[product_t],
            "device_id": ordered([self._devices(plan, each, streams=streams) for each in slices]),
        }
        return Events(keys.time_us_t, keys.card_t, plan.goods.price_minor_p[product_t], own)

    def _devices(self, plan: ClickstreamPlan, each: Slice, *, streams: Streams) -> Int64:
        """(t,) one device a session."""
        customer_s = each.clicks.customer_s
        pick_s = streams.draw("devices", *each.part).random((len(customer_s), 2))
        return pick_devices(plan, customer_s, pick_s)[each.session_t]

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """Products by what a pattern sets, and visits as honest ones, which end where a customer pauses at the latest.

        A product has its price and its category; a category leads to a product of it, and an amount to the product that
        costs most nearly as much, whose price it becomes.
        """
        assert isinstance(plan, ClickstreamPlan)
        rng = streams.draw("fraud")
        # A session that runs over the edge of a block has one device: the customer alone says which.
        pick_t = plan.ids.chance(2 * fraud.card_t[:, None] + np.arange(2))
        product_t = _products_of(plan.goods, fraud, rng=rng)
        session_t, type_t = lay_added(self.config, plan.ids, fraud, rng=rng)
        own = {
            "customer_id": fraud.card_t + 1,
            "session_id": session_t,
            "event_type": type_t,
            "product_id": product_t + 1,
            "product_category": plan.goods.category_p[product_t],
            "device_id": pick_devices(plan, fraud.card_t, pick_t),
        }
        return replace(fraud.completed(own), amount_minor_t=plan.goods.price_minor_p[product_t])


def _products_of(goods: Goods, fraud: IncompleteEvents, *, rng: "np.random.Generator") -> Int64:
    """(t,) the product of each event of fraud: the one that a pattern sets, or one of the category or price it sets.

    Raises:
        RunError: a pattern sets a product that is not there, or another price than that of its product.
    """
    amount_t, category_t, set_t = fraud.amount_minor_t, fraud.wanted("product_category"), fraud.wanted("product_id") - 1
    product_t = np.where(amount_t == OPEN, goods.draw(len(fraud), rng=rng), goods.priced(amount_t, rng=rng))
    sought = np.flatnonzero(category_t != OPEN)
    product_t[sought] = goods.in_category(category_t[sought], amount_t[sought], rng=rng)
    chosen = np.flatnonzero(set_t >= 0)
    if (set_t >= len(goods.price_minor_p)).any():
        raise RunError(f"a pattern sets product_id {int(set_t.max()) + 1}; there are {len(goods.price_minor_p):,}")
    product_t[chosen] = set_t[chosen]
    priced = chosen[amount_t[chosen] != OPEN]
    if (goods.price_minor_p[product_t[priced]] != amount_t[priced]).any():
        raise RunError("a pattern sets product_id and the amount: the amount is the product's price, so leave it out")
    return product_t


def _products(plan: ClickstreamPlan, each: Slice, *, streams: Streams) -> Int64:
    """(t,) one product a stop."""
    paths = each.clicks.paths
    return plan.goods.draw(paths.visits, rng=streams.draw("products", *each.part))[paths.visit_t[each.row_t]]


def _sessions(plan: ClickstreamPlan, each: Slice) -> Int64:
    """(t,) the session's id; another one for what has run over the end of the window, which began before its start."""
    new_t = np.ones(len(each.row_t), dtype=bool)
    new_t[1:] = (np.diff(each.session_t) != 0) | (np.diff(each.piece_t) != 0)
    session, piece = each.session_t[new_t], each.piece_t[new_t]
    start_second_s, customer_s = each.clicks.start_second_s, each.clicks.customer_s
    window_seconds = plan.edge_s_b[-1] - plan.edge_s_b[0]
    nth_s = nth_of((start_second_s - plan.edge_s_b[0]) * plan.ids.cards + customer_s)
    second = start_second_s[session] - piece * window_seconds
    name = plan.ids.name_sessions(second, customer_s[session], nth_s[session])
    named_t: Int64 = name[np.cumsum(new_t) - 1]
    return named_t
