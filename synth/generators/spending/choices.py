"""Chooses category, channel and terminal of each payment.

Legend: ``_t`` a purchase, ``_u`` a customer, ``_k`` a category.
"""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.events import Keys
from synth.contracts.population import Population
from synth.generators.spending.config import Favourites
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.shops import stable_uniform
from synth.generators.spending.standing_orders import Due
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Choice:
    """What was paid for, by whom, where and how: (t,) each.

    Attributes:
        due: which of these are standing orders.
    """

    customer_t: Int64
    category_t: Int64
    online_t: Mask
    terminal_t: Int64
    merchant_t: Int64
    due: Due


def choose(
    keys: Keys, due: Due, plan: SpendingPlan, people: Population, favourites: Favourites, *, rng: "np.random.Generator"
) -> Choice:
    """Draws what is bought at each time with each card, and at which terminal; of standing orders that is settled."""
    customer_t = people.cards.customer_c[keys.card_t]
    segment_t = people.customers.segment_u[customer_t].astype(np.int64)
    segment_t += len(people.census.segments) * plan.change.past(keys.time_us_t)
    hour_t = keys.time_us_t // (3600 * US_PER_S) % 24
    category_t, online_t = plan.tastes.draw(segment_t, hour_t, rng=rng)
    at_t = remembered(customer_t, category_t, plan.salt, favourites, rng)
    place_t = plan.shops.place_u[customer_t]
    away, city = plan.trips.away(customer_t, keys.time_us_t // US_PER_S)
    place_t[away] = plan.shops.homes + city
    terminal_t, online_t = plan.shops.send(place_t, category_t, online_t, at_t)
    category_t[due.row] = plan.orders.category_o[due.order]
    terminal_t[due.row] = plan.orders.terminal_o[due.order]
    return Choice(customer_t, category_t, online_t, terminal_t, people.terminals.merchant_p[terminal_t], due)


def remembered(
    customer_t: Int64, category_t: Int64, salt: int, favourites: Favourites, rng: "np.random.Generator"
) -> Float:
    """(t,) in [0, 1): where in their list of shops people go; to a favourite it is always the same place."""
    at_t = rng.random(len(customer_t))
    if favourites.share:
        again = np.flatnonzero(rng.random(len(customer_t)) < favourites.share)
        slot = rng.integers(favourites.slots, size=len(again))
        at_t[again] = stable_uniform(salt, customer_t[again], category_t[again], slot)
    return at_t
