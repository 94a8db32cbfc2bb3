"""Lists the shops in reach of each place, and their opening hours.

Legend: ``_u`` a customer, ``_l`` a place of homes, ``_p`` a terminal, ``_k`` a category, ``_h`` an hour of the day,
``_r`` an entry of a list of terminals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.population import Population, Terminals
from synth.generators.spending.config import Reach, SpendingConfig
from synth.generators.spending.shops import WeightedLists, find_in_reach, find_nearest


@dataclass(frozen=True)
class Shops:
    """Where people can shop.

    Attributes:
        place_u: (u,) the place that a customer's home belongs to.
        homes: how many places have homes; the centres of the cities follow, where people travel.
        near: lists of terminals, one for each place and category: ``place * categories + category``.
        web: lists of online terminals, one a category.
        all: lists of all terminals that are not online, one a category.
    """

    place_u: Int64
    homes: int
    near: WeightedLists
    web: WeightedLists
    all: WeightedLists

    @property
    def categories(self) -> int:
        """How many there are."""
        return len(self.web.first_i) - 1

    def without_any_shop(self) -> Mask:
        """(u,) bool: who can buy nothing at all: no shop in reach, and none on the web."""
        first_l = self.near.first_i[:: self.categories]
        nothing_l = np.diff(first_l) == 0
        lonely_u: Mask = nothing_l[self.place_u] & (len(self.web.item_r) == 0)
        return lonely_u

    def send(self, place_t: Int64, category_t: Int64, online_t: Mask, at_t: Float) -> tuple[Int64, Mask]:
        """Terminals, and whether they are online: who has no shop in reach buys on the web, or else far away.

        Args:
            place_t: (t,) where people are.
            online_t: (t,) who wants to buy on the web; where nobody sells it there, they go to a shop.
            at_t: (t,) in [0, 1): where in their list of terminals they go.
        """
        near_t = place_t * self.categories + category_t
        no_shop_t, no_web_t = self.near.empty(near_t), self.web.empty(category_t)
        online_t = (online_t | no_shop_t) & ~no_web_t
        terminal_t = np.empty(len(place_t), dtype=np.int64)
        far_t = ~online_t & no_shop_t
        for lists, list_t, here_t in (
            (self.web, category_t, online_t),
            (self.near, near_t, ~online_t & ~far_t),
            (self.all, category_t, far_t),
        ):
            here = np.flatnonzero(here_t)
            terminal_t[here] = lists.pick(list_t[here], at_t[here])
        return terminal_t, online_t


def open_hours(config: SpendingConfig, people: Population) -> Mask:
    """(24, k) bool: whether any shop of a category is open in an hour."""
    shops = people.merchants
    open_hk = np.zeros((24, len(config.categories)), dtype=bool)
    for k in range(len(config.categories)):
        here = ~shops.online_m & (shops.category_m == k)
        for opens, closes in np.unique(np.stack([shops.opens_m[here], shops.closes_m[here]]), axis=1).T:
            open_hk[opens:closes, k] = True
    return open_hk


def build_shop_lists(config: SpendingConfig, people: Population) -> Shops:
    """Lists of the terminals that can be reached, by place and category."""
    homes, terminals, reach = people.customers, people.terminals, config.reach
    names = sorted(config.categories)
    category_p = people.merchants.category_m[terminals.merchant_p].astype(np.int64)
    online_p = people.merchants.online_m[terminals.merchant_p]
    size_p = (people.merchants.size_m / np.bincount(terminals.merchant_p))[terminals.merchant_p]
    x_l, y_l, place_u = homes.x_u, homes.y_u, np.arange(len(homes))
    if not reach.exact:
        x_l, y_l, place_u = _squares(homes.x_u, homes.y_u, reach.km / 3)
    lived_in = len(x_l)
    if config.travel:
        x_l, y_l = np.concatenate([x_l, people.cities.x_a]), np.concatenate([y_l, people.cities.y_a])
    offline, web = np.flatnonzero(~online_p), np.flatnonzero(online_p)
    place_r, found_r, distance_r = find_in_reach(x_l, y_l, terminals.x_p[offline], terminals.y_p[offline], reach.km)
    terminal_r = offline[found_r]
    weight_r = size_p[terminal_r] * _attraction(reach, distance_r)
    list_r = place_r * len(names) + category_p[terminal_r]
    if reach.nearest:
        selling_k = [offline[category_p[offline] == k] for k in range(len(names))]
        far_r, shop_r = _beyond_reach((x_l, y_l), terminals, selling_k, list_r, reach.km)
        list_r, terminal_r = np.concatenate([list_r, far_r]), np.concatenate([terminal_r, shop_r])
        weight_r = np.concatenate([weight_r, np.ones(len(far_r))])
    return Shops(
        place_u,
        lived_in,
        WeightedLists.of(list_r, terminal_r, weight_r, len(x_l) * len(names)),
        WeightedLists.of(category_p[web], web, size_p[web], len(names)),
        WeightedLists.of(category_p[offline], offline, size_p[offline], len(names)),
    )


def _beyond_reach(
    at_l: tuple[Float, Float], terminals: Terminals, selling_k: Sequence[Int64], list_r: Int64, radius: float
) -> tuple[Int64, Int64]:
    """(r,) lists that are empty though somebody sells the category, and (r,) the nearest terminal for each.

    Args:
        at_l: x and y of the places.
        selling_k: the terminals of each category.
        list_r: the lists that have an entry.
    """
    x_l, y_l = at_l
    served = np.zeros(len(x_l) * len(selling_k), dtype=bool)
    served[list_r] = True
    lists, shops = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for k, selling in enumerate(selling_k):
        lacking = np.flatnonzero(~served[k :: len(selling_k)])
        if len(selling) and len(lacking):
            x_p, y_p = terminals.x_p[selling], terminals.y_p[selling]
            lists.append(lacking * len(selling_k) + k)
            shops.append(selling[find_nearest(x_l[lacking], y_l[lacking], x_p, y_p, 3 * radius)])
    return np.concatenate(lists), np.concatenate(shops)


def _attraction(reach: Reach, distance_r: Float) -> Float:
    """(r,) what a shop's distance leaves of its weight."""
    if reach.halfway_km is None:
        return np.ones(len(distance_r))
    halved: Float = 0.5 ** (distance_r / reach.halfway_km)
    return halved


def _squares(x_u: Float, y_u: Float, side: float) -> tuple[Float, Float, Int64]:
    """The middle of the homes in each square that has any, and the square of each home."""
    column_u, row_u = np.floor(x_u / side).astype(np.int64), np.floor(y_u / side).astype(np.int64)
    row_u -= row_u.min()
    _, place_u = np.unique(column_u * (row_u.max() + 1) + row_u, return_inverse=True)
    homes = np.bincount(place_u)
    return np.bincount(place_u, x_u) / homes, np.bincount(place_u, y_u) / homes, place_u
