"""What patterns may know of the visitors of a web shop, and what these visit it with.

Legend: ``_c`` a card, which is a customer here, ``_t`` an event.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int64
from synth.contracts.habits import Habits
from synth.contracts.rhythms import Rhythm
from synth.generators.clickstream.plan import ClickstreamPlan


@dataclass(frozen=True)
class ClickHabits(Habits):
    """One rhythm for everybody, that of the starts of visits; a card is as exposed as its holder visits."""

    plan: ClickstreamPlan

    @classmethod
    def of(cls, plan: ClickstreamPlan, uses: Callable[[], Int64]) -> "ClickHabits":
        """The habits of a plan; see ``Habits.uses``."""
        rows, share_n = int(plan.rows_b.sum()), plan.rhythm.mass_sn / plan.rhythm.mass_sn.sum()
        share_c = np.diff(plan.before_u)
        rhythm = Rhythm(plan.rhythm.edge_seconds_n, rows * share_n)
        return cls(rhythm, np.zeros(len(share_c), dtype=np.int64), rows * share_c, uses, plan)

    def devices(self, card_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) a device that the customer comes with, or one that others use, too."""
        return pick_devices(self.plan, card_t, rng.random((len(card_t), 2)))


def pick_devices(plan: ClickstreamPlan, customer: Int64, pick: Float) -> Int64:
    """(n,) what customers come with: one of their two devices, or one that others use, too.

    Args:
        customer: (n,) who.
        pick: (n, 2) numbers in [0, 1) that decide.
    """
    use, customers = plan.config.devices, len(plan.before_u) - 1
    other = (pick[:, 1] * max(1, customers // use.customers_per_shared)).astype(np.int64)
    shared = pick[:, 0] < use.shared
    first = np.where(shared, other * use.customers_per_shared, customer)
    return plan.ids.name_devices(first, np.where(shared, 2, pick[:, 1] >= use.main).astype(np.int64))
