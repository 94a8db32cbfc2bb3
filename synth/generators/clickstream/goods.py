"""Draws the products of a shop: category, price and popularity.

Legend: ``_p`` a product, ``_t`` an event, ``_r`` a rank by price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.amount import AmountLaw
from synth.arrays import Float, Int64
from synth.contracts.events import OPEN
from synth.rng import Streams, split_exactly

_REDRAWS = 20


@dataclass(frozen=True)
class Goods:
    """The products.

    Attributes:
        price_minor_p: (p,) int64 price in minor units.
        category_p: (p,) int64 index of the category.
        share_p: (p,) float64 share of visits; sums to 1.
    """

    price_minor_p: Int64
    category_p: Int64
    share_p: Float

    @cached_property
    def by_price(self) -> Int64:
        """(r,) products, the cheapest first."""
        return np.argsort(self.price_minor_p, kind="stable")

    @cached_property
    def before_r(self) -> Float:
        """(r + 1,) share of all cheaper products."""
        return np.concatenate([[0.0], np.cumsum(self.share_p[self.by_price])])

    def draw(self, size: int, *, rng: "np.random.Generator") -> Int64:
        """(size,) products by popularity."""
        rank = np.searchsorted(self.before_r, rng.random(size) * self.before_r[-1], side="right") - 1
        product: Int64 = self.by_price[np.minimum(rank, len(self.by_price) - 1)]
        return product

    def priced(self, amount_minor_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) a product of each price, by popularity where several cost as much; else one of about that price."""
        price_r = self.price_minor_p[self.by_price]
        low_t = np.minimum(np.searchsorted(price_r, amount_minor_t), len(price_r) - 1)
        end_t = np.maximum(np.searchsorted(price_r, amount_minor_t, side="right"), low_t + 1)
        share_t = self.before_r[end_t] - self.before_r[low_t]
        at_t = self.before_r[low_t] + rng.random(len(low_t)) * share_t
        rank_t = np.searchsorted(self.before_r, at_t, side="right") - 1
        product_t: Int64 = self.by_price[np.clip(rank_t, low_t, end_t - 1)]
        return product_t

    def in_category(self, category_t: Int64, amount_minor_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) a product of each category: by popularity, or where an amount is set the one of about that price.

        Args:
            amount_minor_t: (t,) prices; ``OPEN`` for any.
        """
        order_r = np.lexsort((self.price_minor_p, self.category_p))
        first_k = np.searchsorted(self.category_p[order_r], np.arange(int(self.category_p.max()) + 2))
        before_r = np.concatenate([[0.0], np.cumsum(self.share_p[order_r])])
        low_t, end_t = first_k[category_t], first_k[category_t + 1]
        at_t = before_r[low_t] + rng.random(len(low_t)) * (before_r[end_t] - before_r[low_t])
        drawn_t = np.searchsorted(before_r, at_t, side="right") - 1
        most = int(max(self.price_minor_p.max(), amount_minor_t.max(initial=0))) + 1
        code_r = self.category_p[order_r] * most + self.price_minor_p[order_r]
        priced_t = np.searchsorted(code_r, category_t * most + np.maximum(amount_minor_t, 0))
        rank_t = np.clip(np.where(amount_minor_t == OPEN, drawn_t, priced_t), low_t, end_t - 1)
        product_t: Int64 = order_r[rank_t]
        return product_t


def draw_goods(
    products: int, categories: Sequence[str], popularity: float, law: AmountLaw, *, streams: Streams
) -> Goods:
    """Products with prices by an amount law, no two alike where it has enough of them, and equal parts of categories.

    Args:
        popularity: exponent of Zipf's law: the product of rank r has a share of visits as 1 / r^popularity.
    """
    rng = streams.draw("prices")
    price_p = law.draw(products, rng=rng)
    for _ in range(_REDRAWS):
        _, first = np.unique(price_p, return_index=True)
        again = np.setdiff1d(np.arange(products), first)
        price_p[again] = law.draw(len(again), rng=rng)
    category_p = np.repeat(np.arange(len(categories)), split_exactly(products, np.ones(len(categories))))
    weight_p = (np.arange(products) + 1.0) ** -popularity
    return Goods(
        price_p,
        streams.draw("categories").permutation(category_p),
        streams.draw("popularity").permutation(weight_p / weight_p.sum()),
    )


class GoodsAmounts(AmountLaw):
    """What the shop's products cost, by their popularity."""

    def __init__(self, goods: Goods) -> None:
        self._goods = goods

    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """(rows,) cents."""
        return self._goods.price_minor_p[self._goods.draw(rows, rng=rng)]
