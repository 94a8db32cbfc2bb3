"""Draws time and card of each payment.

Legend: ``_t`` an event of a block, ``_h`` a purchase, ``_d`` a standing order that is due.
"""

import numpy as np

from synth.arrays import Int64
from synth.contracts.events import Keys
from synth.contracts.generator import rows_with
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.standing_orders import Due, nothing_due
from synth.rng import Streams
from synth.timeline import US_PER_S


def draw_keys(plan: SpendingPlan, block: int, *, cards: int, streams: Streams) -> tuple[Keys, Due]:
    """Purchases, customers by their rates and times by the rhythm of their segment, and what is due between them."""
    first, last = map(int, plan.step_b[block : block + 2])
    customers, seconds = [], []
    for segment, rows in enumerate(plan.quota_bk[block].tolist()):
        who, when = streams.draw("who", block, segment), streams.draw("when", block, segment)
        customers.append(plan.shoppers.draw(segment, rows, rng=who))
        seconds.append(plan.rhythm.draw(segment, first, last, rows, rng=when))
    card_h = plan.shoppers.pick_cards(np.concatenate(customers), rng=streams.draw("cards", block))
    start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
    code_d, order_d = _due(plan, start_s, end_s, cards)
    code_t = separate(np.concatenate(seconds) - start_s, card_h, end_s - start_s, cards, code_d)
    due = nothing_due()
    if len(code_d):
        place_d = np.searchsorted(code_t, code_d)
        code_t = np.insert(code_t, place_d, code_d)
        due = Due(place_d + np.arange(len(code_d)), order_d)
    second_t = code_t // cards
    return Keys((second_t + start_s) * US_PER_S, code_t - second_t * cards), due


def _due(plan: SpendingPlan, start_s: int, end_s: int, cards: int) -> tuple[Int64, Int64]:
    """(d,) sorted and distinct codes of what is due in a block, see ``separate``, and (d,) the orders."""
    if not len(plan.orders):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order_d, second_d = plan.orders.due(start_s, end_s)
    code_d = (second_d - start_s) * cards + plan.orders.card_o[order_d]
    while True:
        sorting = np.argsort(code_d, kind="stable")
        code_d, order_d = code_d[sorting], order_d[sorting]
        again = np.flatnonzero(code_d[1:] == code_d[:-1]) + 1
        if not again.size:
            return code_d, order_d
        code_d[again] = (code_d[again] + cards) % ((end_s - start_s) * cards)


def separate(second_t: Int64, card_t: Int64, seconds: int, cards: int, taken: Int64 | None = None) -> Int64:
    """(t,) sorted and distinct codes ``second x cards + card``; a card's second event in a second comes one later.

    Args:
        second_t: seconds from the start of the block.
        seconds: of the block; what would leave it at the end comes in at its start.
        taken: sorted and distinct codes that are no longer free.
    """
    code_t = np.sort(second_t * cards + card_t)
    while (again := _meeting(code_t, taken)).size:
        code_t[again] = (code_t[again] + cards) % (seconds * cards)
        code_t.sort()
    return code_t


def _meeting(code_t: Int64, taken: Int64 | None) -> Int64:
    """Positions of sorted codes that are there twice, or taken."""
    again = np.flatnonzero(code_t[1:] == code_t[:-1]) + 1
    if taken is None or not taken.size:
        return again
    position, met = rows_with(code_t, taken)
    return np.unique(np.concatenate([again, position[met]]))
