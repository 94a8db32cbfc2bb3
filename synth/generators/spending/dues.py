"""How many standing orders are to be expected, before anybody has one.

Legend: ``_s`` a segment, ``_d`` a day of the window, ``_h`` an hour of the day.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from synth.arrays import Float
from synth.contracts.expectations import HOUR_S
from synth.generators.spending.circumstances import StandingOrder

#: Moments at which a payment may be late, for the mean over all of them; more do not move an hour's share by 0.1 %.
_MOMENTS = 240


def due_hours(order: StandingOrder, customers: Mapping[str, float], shape_sh: Float, days: Sequence[date]) -> Float:
    """(d, h) payments of one kind to be expected in each hour of whole days.

    Args:
        customers: segment → how many they are.
        shape_sh: (s, h) how much a segment buys in each hour.
    """
    order_s = [number * order.segments.get(name, order.share) for name, number in customers.items()]
    shape_h: Float = order_s @ (shape_sh / shape_sh.sum(axis=1, keepdims=True))
    chance_d = [_due_on(day, order.first_day, order.last_day) for day in days]
    return np.outer(chance_d, _late(shape_h, order.spread_s))


def _due_on(day: date, first: int, last: int) -> float:
    """Share of the orders that are due on a day; the last of a short month has those of the days that it lacks."""
    until = 31 if day.day == monthrange(day.year, day.month)[1] else day.day
    return max(0, min(until, last) - max(day.day, first) + 1) / (last - first + 1)


def _late(shape_h: Float, spread_s: int) -> Float:
    """(h,) a day's shape, shortened so that what is up to ``spread_s`` later is still of the same day."""
    until_s, before = np.linspace(0, 24 * HOUR_S - spread_s, 25), np.concatenate([[0.0], np.cumsum(shape_h)])
    late_s = (np.arange(_MOMENTS) + 0.5) / _MOMENTS * spread_s
    edge_s = HOUR_S * np.arange(25)[:, None] - late_s
    late_h: Float = np.diff(np.interp(edge_s, until_s, before).mean(axis=1))
    return late_h
