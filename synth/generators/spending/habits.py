"""What patterns may know of people who buy by habit.

Legend: ``_c`` a card, ``_u`` a customer, ``_s`` a segment, ``_k`` a category, ``_n`` a step of the window, ``_l`` a
place of homes, ``_p`` a terminal, ``_t`` an event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64
from synth.contracts.habits import Near, ShopHabits
from synth.contracts.population import Population, first_of
from synth.contracts.rhythms import Rhythm
from synth.errors import RefusedError
from synth.generators.spending.busy_terminals import expect_at_terminals
from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.shops import find_nearest, stable_uniform

#: The hour at which a thief buys what somebody buys, where the hour is not known yet.
_NOON = 12
#: How often a place away from home is looked for; where everybody lives close by, the farthest one found is taken.
_DRAWS = 30


@dataclass(frozen=True)
class SpendingHabits(ShopHabits):
    """The laws of a plan."""

    config: SpendingConfig
    plan: SpendingPlan
    people: Population

    def categories(self, card_t: Int64, *, online: bool, rng: "np.random.Generator") -> Int64:
        """(t,) what the holder's segment buys at noon, on the web or in shops."""
        row_t = self._segments(card_t) * 24 + _NOON
        tastes, rows = self.plan.tastes, np.unique(row_t)
        weight_rk = tastes.share_ik[rows] * (tastes.online_ik[rows] if online else 1 - tastes.online_ik[rows])
        total_r = weight_rk.sum(axis=1)
        if not total_r.all():
            segment = self.people.census.segments[int(rows[np.argmin(total_r)]) // 24]
            place = "on the web" if online else "in shops"
            raise RefusedError(f"victims of segment {segment!r} buy nothing {place}", hint="name a category")
        before_rk = np.cumsum(weight_rk, axis=1) / total_r[:, None] + np.arange(len(rows))[:, None]
        before_rk[:, -1] = np.arange(len(rows)) + 1
        place_t = np.searchsorted(rows, row_t)
        found_t = np.searchsorted(before_rk.ravel(), place_t + rng.random(len(row_t)), side="right")
        category_t: Int64 = found_t - place_t * before_rk.shape[1]
        return category_t

    def shops(
        self,
        near: Near,
        card_t: Int64,
        category_t: Int64,
        *,
        rng: "np.random.Generator",
        last_t: Int64 | None = None,
    ) -> Int64:
        """(t,) terminals from the lists that honest people choose from, those of places and those of the web."""
        shops, at_t = self.plan.shops, rng.random(len(card_t))
        customer_t = self.people.cards.customer_c[card_t]
        self._refuse_unsold(category_t, online=near == "online")
        if near == "online":
            return shops.web.pick(category_t, at_t)
        place_t = shops.place_u[customer_t]
        if near == "victim":
            slot_t = rng.integers(self.config.favourites.slots, size=len(card_t))
            at_t = stable_uniform(self.plan.salt, customer_t, category_t, slot_t)
        elif near == "elsewhere":
            place_t = self._away(customer_t, rng)
        elif near == "last":
            assert last_t is not None, "who goes on from a shop says from which"
            place_t = self._beside(last_t)
        return shops.send(place_t, category_t, np.zeros(len(card_t), dtype=bool), at_t)[0]

    def amounts(self, card_t: Int64, terminal_t: Int64 | None, *, times_t: Float, rng: "np.random.Generator") -> Int64:
        """(t,) cents by the price law of purchases, of this holder in this shop; else of what the segment buys."""
        people, change = self.people, self.plan.change
        if terminal_t is None:
            row_t = self._segments(card_t) * 24 + _NOON
            category_t, _ = self.plan.tastes.draw(row_t // 24, np.full(len(row_t), _NOON), rng=rng)
            price_t = rng.choice(people.merchants.price_level_m, size=len(row_t))
        else:
            merchant_t = people.terminals.merchant_p[terminal_t]
            category_t = people.merchants.category_m[merchant_t].astype(np.int64)
            price_t = people.merchants.price_level_m[merchant_t]
        if change.share:
            times_t = times_t * np.where(rng.random(len(card_t)) < change.share, change.amount, 1.0)
        return self.plan.prices.draw(people.cards.customer_c[card_t], category_t, price_t, times_t, rng=rng)

    def devices(self, card_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) one of the holder's devices: an index into those of the population."""
        first_u = first_of(self.people.devices.customer_d, len(self.people.customers))
        first_t, end_t = (first_u[self.people.cards.customer_c[card_t] + i] for i in (0, 1))
        device_t: Int64 = first_t + (rng.random(len(card_t)) * (end_t - first_t)).astype(np.int64)
        return device_t

    def expected_at_terminals(self) -> Float:
        """(p,) rows by who lives in reach, what they buy and how; what people buy on trips is left out."""
        return expect_at_terminals(self.plan, self.people)

    def _segments(self, card_t: Int64) -> Int64:
        """(t,) whose ways a card's holder follows."""
        return self.people.customers.segment_u[self.people.cards.customer_c[card_t]].astype(np.int64)

    def _refuse_unsold(self, category_t: Int64, *, online: bool) -> None:
        """Somebody sells each category, or sells it on the web."""
        shops = self.plan.shops
        lacking_t = shops.web.empty(category_t) & (online | shops.all.empty(category_t))
        if lacking_t.any():
            name = self.people.census.categories[int(category_t[np.argmax(lacking_t)])]
            raise RefusedError(f"nobody sells {name!r}{' on the web' if online else ''}")

    def _away(self, customer_t: Int64, rng: "np.random.Generator") -> Int64:
        """(t,) the place of somebody's home that is out of reach from one's own."""
        x_u, y_u = self.people.customers.x_u, self.people.customers.y_u
        found_t, far_t = customer_t.copy(), np.zeros(len(customer_t))
        for _ in range(_DRAWS):
            near = np.flatnonzero(far_t <= 2 * self.config.reach.km)
            if not near.size:
                break
            other = rng.integers(len(x_u), size=len(near))
            km = np.hypot(x_u[other] - x_u[customer_t[near]], y_u[other] - y_u[customer_t[near]])
            better = km > far_t[near]
            found_t[near[better]], far_t[near[better]] = other[better], km[better]
        return self.plan.shops.place_u[found_t]

    def _beside(self, terminal_t: Int64) -> Int64:
        """(t,) the place of homes next to a terminal."""
        terminals, (x_l, y_l) = self.people.terminals, self._homes
        listed, place_t = np.unique(terminal_t, return_inverse=True)
        side = self.config.reach.km / 3
        return find_nearest(terminals.x_p[listed], terminals.y_p[listed], x_l, y_l, side)[place_t]

    @cached_property
    def _homes(self) -> tuple[Float, Float]:
        """The middle of the homes of each place."""
        place_u, homes = self.plan.shops.place_u, self.people.customers
        number_l = np.bincount(place_u)
        return np.bincount(place_u, homes.x_u) / number_l, np.bincount(place_u, homes.y_u) / number_l


def know_habits(
    config: SpendingConfig, plan: SpendingPlan, people: Population, uses: Callable[[], Int64]
) -> SpendingHabits:
    """The habits behind a plan; see ``Habits.uses``."""
    cards, edge_seconds_n = people.cards, plan.rhythm.edge_seconds_n
    segment_c = people.customers.segment_u[cards.customer_c].astype(np.int64)
    purchases_sn = plan.shoppers.rate_s[:, None] * plan.rhythm.mass_sn
    purchases_sn = purchases_sn * (plan.quota_bk.sum() / purchases_sn.sum())
    # the mass of each segment is that of its customers by their rates
    cards_u = np.bincount(cards.customer_c, minlength=len(people.customers))
    rate_c = (plan.shoppers.rate_u / np.maximum(cards_u, 1))[cards.customer_c]
    rows_s = purchases_sn.sum(axis=1) / np.where(plan.shoppers.rate_s > 0, plan.shoppers.rate_s, 1.0)
    # standing orders are left out: nobody steals them
    rhythm = Rhythm(edge_seconds_n, purchases_sn)
    return SpendingHabits(rhythm, segment_c, rate_c * rows_s[segment_c], uses, cards.opened_s_c, config, plan, people)
