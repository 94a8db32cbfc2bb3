"""Draws the amounts of payments.

Legend: ``_t`` a purchase.
"""

import numpy as np

from synth.amount import AmountLaw
from synth.arrays import Int64
from synth.contracts.population import Population
from synth.generators.spending.choices import Choice
from synth.generators.spending.plan import SpendingPlan


def draw_amounts(
    plan: SpendingPlan, choice: Choice, time_us_t: Int64, people: Population, *, rng: "np.random.Generator"
) -> Int64:
    """(t,) int64 cents: of purchases drawn, of standing orders what they always are."""
    price_t = people.merchants.price_level_m[choice.merchant_t]
    scale_t = np.where(plan.change.past(time_us_t), plan.change.amount, 1.0)
    amount_t = plan.prices.draw(choice.customer_t, choice.category_t, price_t, scale_t, rng=rng)
    amount_t[choice.due.row] = plan.orders.amount_minor_o[choice.due.order]
    return amount_t


class HabitAmounts(AmountLaw):
    """Amounts of anybody's payments at any time, as they lie in the data."""

    def __init__(self, plan: SpendingPlan, people: Population) -> None:
        self._plan, self._people = plan, people

    def draw(self, rows: int, *, rng: "np.random.Generator", quota: Int64 | None = None) -> Int64:
        """(rows,) cents: customers by their rates, who buy what their segment buys at noon, and standing orders."""
        plan = self._plan
        segment_t = rng.choice(
            len(plan.shoppers.rate_s), size=rows, p=plan.shoppers.rate_s / plan.shoppers.rate_s.sum()
        )
        customer_t = plan.shoppers.by_segment.pick(segment_t, rng.random(rows))
        noon_t = np.full(rows, 12)
        changed_t = np.zeros(rows, dtype=bool)
        if plan.change.share:
            changed_t = rng.random(rows) < plan.change.share
        category_t, _ = plan.tastes.draw(segment_t + len(plan.shoppers.rate_s) * changed_t, noon_t, rng=rng)
        price_t = rng.choice(self._people.merchants.price_level_m, size=rows)
        scale_t = np.where(changed_t, plan.change.amount, 1.0)
        amount_t = plan.prices.draw(customer_t, category_t, price_t, scale_t, rng=rng)
        if len(plan.orders):
            due = np.flatnonzero(rng.random(rows) < 1 - plan.quota_bk.sum() / plan.rows_b.sum())
            amount_t[due] = rng.choice(plan.orders.amount_minor_o, size=len(due))
        return amount_t
