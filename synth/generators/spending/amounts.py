"""What people pay.

Legend: ``_t`` a purchase, ``_u`` a customer, ``_k`` a category.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from synth.amount import HIGHEST, AmountLaw
from synth.entities import Population
from synth.generators.contract import Int64
from synth.generators.rhythm import Float
from synth.generators.spending.choices import Choice
from synth.generators.spending.config import ByCustomer, SpendingConfig
from synth.rng import Streams

if TYPE_CHECKING:
    from synth.generators.spending.plan import SpendingPlan


@dataclass(frozen=True)
class Prices:
    """How amounts are drawn.

    Attributes:
        level_u: (u,) mean amount of a customer, or factor on what others pay.
        log_median_k, sigma_k: (k,) lognormal law of each category; None where only the customer counts.
        spread: standard deviation as a share of a customer's mean, where only the customer counts.
    """

    level_u: Float
    log_median_k: Float | None
    sigma_k: Float | None
    spread: float

    @classmethod
    def of(cls, config: SpendingConfig, people: Population, *, streams: Streams) -> "Prices":
        """Draws what belongs to a customer."""
        if isinstance(config.amounts, ByCustomer):
            rng = streams.draw("mean amounts")
            mean_u = rng.uniform(config.amounts.low, config.amounts.high, len(people.customers))
            return cls(mean_u, None, None, config.amounts.spread)
        income_u = people.customers.income_minor_u
        level_u = (income_u / np.median(income_u)) ** config.amounts.income
        laws = [config.categories[name] for name in sorted(config.categories)]
        medians, sigmas = np.array([law.median for law in laws]), np.array([law.sigma for law in laws])
        return cls(level_u / level_u.mean(), np.log(medians), sigmas, 0.0)

    def draw(
        self, customer_t: Int64, category_t: Int64, price_t: Float, scale_t: Float, *, rng: np.random.Generator
    ) -> Int64:
        """(t,) int64 cents, 1 at least.

        Args:
            price_t: (t,) the shop's price level.
            scale_t: (t,) factor on everything.
        """
        if self.log_median_k is None or self.sigma_k is None:
            mean_t = self.level_u[customer_t]
            major_t = mean_t + self.spread * mean_t * rng.standard_normal(len(mean_t))
            negative = np.flatnonzero(major_t < 0)
            major_t[negative] = rng.random(len(negative)) * 2 * mean_t[negative]
        else:
            log_t = self.log_median_k[category_t] + self.sigma_k[category_t] * rng.standard_normal(len(category_t))
            major_t = np.exp(log_t) * self.level_u[customer_t] * price_t
        cents_t: Int64 = np.rint(np.minimum(major_t * scale_t, HIGHEST - 1) * 100).astype(np.int64)
        return np.maximum(cents_t, 1)


def draw_amounts(
    plan: "SpendingPlan", choice: Choice, time_us_t: Int64, people: Population, *, rng: np.random.Generator
) -> Int64:
    """(t,) int64 cents: of purchases drawn, of standing orders what they always are."""
    price_t = people.merchants.price_level_m[choice.merchant_t]
    scale_t = np.where(plan.change.past(time_us_t), plan.change.amount, 1.0)
    amount_t = plan.prices.draw(choice.customer_t, choice.category_t, price_t, scale_t, rng=rng)
    amount_t[choice.due.row] = plan.orders.amount_minor_o[choice.due.order]
    return amount_t


class HabitAmounts(AmountLaw):
    """Amounts of anybody's payments at any time, as they lie in the data."""

    def __init__(self, plan: "SpendingPlan", people: Population) -> None:
        self._plan, self._people = plan, people

    def draw(
        self, rows: int, *, rng: np.random.Generator, quota: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int64]:
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
