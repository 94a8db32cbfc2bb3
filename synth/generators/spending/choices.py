"""What people buy, and where.

Legend: ``_t`` a purchase, ``_u`` a customer, ``_s`` a segment, ``_h`` an hour of the day, ``_k`` a category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from synth.contracts.generator import Int64, Keys
from synth.contracts.population import Population
from synth.generators.rhythm import Float
from synth.generators.spending.config import Category, Favourites, Segment
from synth.generators.spending.shops import Guide, Mask, steady
from synth.generators.spending.standing import Due
from synth.timeline import US_PER_S

if TYPE_CHECKING:
    from synth.generators.spending.plan import SpendingPlan


@dataclass(frozen=True)
class Tastes:
    """What a segment buys at an hour of the day, and whether on the web.

    Attributes:
        before_ik: (s * 24, k) share of all categories up to each, plus the row's index: one sorted array when flat.
        online_ik: (s * 24, k) chance that a purchase of the category is made on the web.
    """

    before_ik: Float
    online_ik: Float

    @classmethod
    def of(cls, segments: Sequence[Segment], categories: dict[str, Category], open_hk: Mask, web_k: Mask) -> "Tastes":
        """Tastes by the configured mix; a category whose shops are closed is bought on the web only.

        Args:
            open_hk: (24, k) whether any shop of a category is open in an hour.
            web_k: (k,) whether anybody sells the category on the web.
        """
        names = sorted(categories)
        mix_sk = np.array([[segment.mix.get(name, 0.0) for name in names] for segment in segments])
        mix_sk *= web_k | open_hk.any(axis=0)
        online_k = np.where(web_k, [categories[name].online for name in names], 0.0)
        online_k[web_k & ~open_hk.any(axis=0)] = 1.0
        factor_s = np.array([segment.online for segment in segments])[:, None]
        odds_sk = online_k * factor_s
        # What is sold on the web only is bought there, whatever a segment thinks of the web.
        web_sk = np.divide(odds_sk, 1 - online_k + odds_sk, out=np.ones_like(odds_sk), where=online_k < 1)
        shop_shk = (1 - web_sk)[:, None, :] * open_hk
        weight_shk = mix_sk[:, None, :] * (web_sk[:, None, :] + shop_shk)
        # At an hour at which everything is closed people buy what they always buy.
        closed_sh = weight_shk.sum(axis=2) == 0
        weight_shk[closed_sh] = np.broadcast_to(mix_sk[:, None, :], weight_shk.shape)[closed_sh]
        share_ik = (weight_shk / weight_shk.sum(axis=2, keepdims=True)).reshape(-1, len(names))
        before_ik = np.minimum(np.cumsum(share_ik, axis=1), 1.0)
        before_ik[:, -1] = 1.0
        online_shk = np.where(open_hk, web_sk[:, None, :], 1.0)
        return cls(before_ik + np.arange(len(before_ik))[:, None], online_shk.reshape(-1, len(names)))

    @cached_property
    def _guide(self) -> Guide:
        return Guide.of(np.concatenate([[0.0], self.before_ik.ravel()]))

    def draw(self, segment_t: Int64, hour_t: Int64, *, rng: np.random.Generator) -> tuple[Int64, Mask]:
        """(t,) categories, and (t,) whether they are bought on the web."""
        row_t = segment_t * 24 + hour_t
        place_t = self._guide.find(row_t + rng.random(len(row_t)))
        category_t = place_t - row_t * self.before_ik.shape[1]
        return category_t, rng.random(len(row_t)) < self.online_ik.ravel()[place_t]


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
    keys: Keys, due: Due, plan: "SpendingPlan", people: Population, favourites: Favourites, *, rng: np.random.Generator
) -> Choice:
    """Draws what is bought at each time with each card, and at which terminal; of standing orders that is settled."""
    customer_t = people.cards.customer_c[keys.card_t]
    segment_t = people.customers.segment_u[customer_t].astype(np.int64)
    segment_t += len(people.census.segments) * plan.change.past(keys.time_us_t)
    hour_t = keys.time_us_t // (3600 * US_PER_S) % 24
    category_t, online_t = plan.tastes.draw(segment_t, hour_t, rng=rng)
    at_t = _remembered(customer_t, category_t, plan.salt, favourites, rng)
    place_t = plan.shops.place_u[customer_t]
    away, city = plan.spells.away(customer_t, keys.time_us_t // US_PER_S)
    place_t[away] = plan.shops.homes + city
    terminal_t, online_t = plan.shops.send(place_t, category_t, online_t, at_t)
    category_t[due.row] = plan.orders.category_o[due.order]
    terminal_t[due.row] = plan.orders.terminal_o[due.order]
    return Choice(customer_t, category_t, online_t, terminal_t, people.terminals.merchant_p[terminal_t], due)


def _remembered(
    customer_t: Int64, category_t: Int64, salt: int, favourites: Favourites, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """(t,) in [0, 1): where in their list of shops people go; to a favourite it is always the same place."""
    at_t = rng.random(len(customer_t))
    if favourites.share:
        again = np.flatnonzero(rng.random(len(customer_t)) < favourites.share)
        slot = rng.integers(favourites.slots, size=len(again))
        at_t[again] = steady(salt, customer_t[again], category_t[again], slot)
    return at_t
