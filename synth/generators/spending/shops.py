"""Weighted lists of the shops in reach of a place, to pick from, and a choice that has a memory.

Legend: ``_l`` a place where people are, ``_m`` a shop, ``_i`` a list, ``_r`` an entry of one, ``_t`` a purchase.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int32, Int64, Mask
from synth.contracts.population import expand_slices


@dataclass(frozen=True)
class WeightedLists:
    """Weighted lists of terminals, customers or the like, one after the other.

    Attributes:
        first_i: (i + 1,) int64 where each list begins in ``item_r``.
        item_r: (r,) int64 what is listed.
        before_r: (r + 1,) float64 weight of everything before each entry.
    """

    first_i: Int64
    item_r: Int64
    before_r: Float

    @classmethod
    def of(cls, list_r: Int64, item_r: Int64, weight_r: Float, lists: int) -> "WeightedLists":
        """Lists from entries in any order, each with its list and its weight."""
        order = np.lexsort((item_r, list_r))
        first_i = np.concatenate([[0], np.cumsum(np.bincount(list_r, minlength=lists))])
        return cls(first_i, item_r[order], np.concatenate([[0.0], np.cumsum(weight_r[order])]))

    @property
    def weight_i(self) -> Float:
        """(i,) weight of each list."""
        return np.diff(self.before_r[self.first_i])

    def empty(self, list_t: Int64) -> Mask:
        """(t,) bool: the lists without an entry."""
        return np.equal(self.first_i[list_t], self.first_i[list_t + 1])

    def pick(self, list_t: Int64, at_t: Float) -> Int64:
        """(t,) an entry of each list, by weight: the one at ``at_t`` in [0, 1) of its whole weight.

        Every list must have an entry.
        """
        first_t, end_t = self.first_i[list_t], self.first_i[list_t + 1]
        low_t = self.before_r[first_t]
        wanted_t = low_t + at_t * (self.before_r[end_t] - low_t)
        entry_t = self._buckets.find(wanted_t)
        picked_t: Int64 = self.item_r[np.clip(entry_t, first_t, end_t - 1)]
        return picked_t

    @cached_property
    def _buckets(self) -> "BucketIndex":
        return BucketIndex.of(self.before_r)


@dataclass(frozen=True)
class BucketIndex:
    """Where to begin to look in a sorted array: some times faster than a binary search, and with the same result.

    The array's range is cut into equal cells, two for each entry; each knows the entry at which it begins.

    Attributes:
        edge_r: (r + 1,) float64 the array, from 0 upwards, and an infinite end.
        width: of a cell.
        entry_g: (g,) int32 the entry in which a cell begins.
    """

    edge_r: Float
    width: float
    entry_g: Int32

    @classmethod
    def of(cls, edge_r: Float) -> "BucketIndex":
        """The guide of a sorted array that begins with 0."""
        cells = 2 * len(edge_r)
        width = float(edge_r[-1]) / cells or 1.0
        # a hair before its edge, for what a division rounds up
        begin_g = np.arange(cells) * (width * (1 - 2.0**-40))
        entry_g = np.searchsorted(edge_r, begin_g, side="right") - 1
        return cls(np.append(edge_r, np.inf), width, entry_g.astype(np.int32))

    def find(self, wanted_t: Float) -> Int64:
        """(t,) the last entry that is not above what is wanted, none of which is negative."""
        cell_t = np.minimum((wanted_t / self.width).astype(np.int64), len(self.entry_g) - 1)
        entry_t = self.entry_g[cell_t].astype(np.int64)
        behind = np.flatnonzero(self.edge_r[entry_t + 1] <= wanted_t)
        for _ in range(_STEPS):
            entry_t[behind] += 1
            behind = behind[self.edge_r[entry_t[behind] + 1] <= wanted_t[behind]]
        entry_t[behind] = np.searchsorted(self.edge_r, wanted_t[behind], side="right") - 1
        return entry_t


#: Few cells hold more entries than this.
_STEPS = 6


def find_in_reach(x_l: Float, y_l: Float, x_m: Float, y_m: Float, radius: float) -> tuple[Int64, Int64, Float]:
    """All pairs of a place and a shop closer than a radius, by a grid of squares as wide as the radius.

    Returns:
        (r,) places, (r,) shops, (r,) float64 distances, by place.
    """
    left, low = min(x_l.min(), x_m.min()), min(y_l.min(), y_m.min())
    rows = int((max(y_l.max(), y_m.max()) - low) // radius) + 3

    def square(x: Float, y: Float) -> Int64:
        column, row = ((x - left) // radius).astype(np.int64) + 1, ((y - low) // radius).astype(np.int64) + 1
        number: Int64 = column * rows + row
        return number

    square_l, square_m = square(x_l, y_l), square(x_m, y_m)
    order_m = np.argsort(square_m, kind="stable")
    sorted_m = square_m[order_m]
    places, shops = [], []
    for column in (-1, 0, 1):
        # The three squares of a column follow each other, so that one slice of the sorted shops holds them.
        beside_l = square_l + column * rows
        first_l, end_l = np.searchsorted(sorted_m, beside_l - 1), np.searchsorted(sorted_m, beside_l + 2)
        place, found = expand_slices(first_l, end_l - first_l)
        places.append(place)
        shops.append(order_m[found])
    place_r, shop_r = np.concatenate(places), np.concatenate(shops)
    distance_r = np.hypot(x_l[place_r] - x_m[shop_r], y_l[place_r] - y_m[shop_r])
    near = np.flatnonzero(distance_r < radius)
    near = near[np.lexsort((shop_r[near], place_r[near]))]
    return place_r[near], shop_r[near], distance_r[near]


def find_nearest(x_l: Float, y_l: Float, x_m: Float, y_m: Float, radius: float) -> Int64:
    """(l,) the nearest shop of each place, wherever it is: the radius grows until everybody has one."""
    nearest_l = np.full(len(x_l), -1)
    while (lacking := np.flatnonzero(nearest_l < 0)).size:
        place_r, shop_r, distance_r = find_in_reach(x_l[lacking], y_l[lacking], x_m, y_m, radius)
        closest = np.lexsort((distance_r, place_r))
        found, first = np.unique(place_r[closest], return_index=True)
        nearest_l[lacking[found]] = shop_r[closest][first]
        radius *= 3
    return nearest_l


_MIX = 0x9E3779B97F4A7C15


def stable_uniform(salt: int, customer_t: Int64, category_t: Int64, slot_t: Int64) -> Float:
    """(t,) float64 in [0, 1), always the same for a customer, a category and a slot: the memory of a favourite.

    The 64-bit finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over the three numbers and the run's salt.
    """
    with np.errstate(over="ignore"):
        z = np.uint64(salt) + (customer_t * 1_000_003 + category_t * 1_009 + slot_t).astype(np.uint64) * np.uint64(_MIX)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    unit: Float = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return unit
