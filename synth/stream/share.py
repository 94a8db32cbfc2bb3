"""A stream in parts: several processes send it together, each the rows of its cards."""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.stream.deliveries import Delivery, take_rows
from synth.tables.batch import Batch


@dataclass(frozen=True)
class Share:
    """What one part sends. All rows of a card are in one part, so that they keep their order.

    Attributes:
        part, parts: which part it is, from 0, and of how many.
    """

    part: int = 0
    parts: int = 1

    @property
    def first(self) -> bool:
        """Whether it sends what there is only once: the other tables."""
        return self.part == 0

    def rows(self, delivery: Delivery) -> Int64:
        """(s,) int64 which transactions of a delivery it sends."""
        if self.parts == 1:
            return np.arange(len(delivery.card_t))
        return np.flatnonzero(delivery.card_t % self.parts == self.part)

    def transactions(self, delivery: Delivery, rows: Int64) -> Batch:
        """These rows of a delivery."""
        return delivery.transactions if self.parts == 1 else take_rows([delivery.transactions], rows)


WHOLE = Share()
"""A stream of one part."""
