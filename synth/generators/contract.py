"""The contract of a generator: the genuine events of one block, made alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from synth.amount import AmountLaw
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What a generator may know: who exists, when, and what things cost."""

    cards: int
    timeline: Timeline
    amount: AmountLaw
    block_rows: int


@dataclass(frozen=True)
class Keys:
    """When and on which card events happen; no (time, card) pair twice, sorted by (time, card).

    Attributes:
        time_us_t: (t,) int64 microseconds since 1970-01-01 UTC, whole seconds.
        card_t: (t,) int64 index into the population's cards.
    """

    time_us_t: Int64
    card_t: Int64


@dataclass(frozen=True)
class Events(Keys):
    """The genuine events of a block.

    Attributes:
        amount_minor_t: (t,) int64 minor units.
    """

    amount_minor_t: Int64

    def take(self, rows: npt.NDArray[np.bool_] | Int64) -> "Events":
        """The events of a mask or an index, in that order."""
        return Events(self.time_us_t[rows], self.card_t[rows], self.amount_minor_t[rows])

    def joined(self, other: "Events") -> "Events":
        """These events, then the other ones."""
        return Events(
            np.concatenate([self.time_us_t, other.time_us_t]),
            np.concatenate([self.card_t, other.card_t]),
            np.concatenate([self.amount_minor_t, other.amount_minor_t]),
        )


@dataclass(frozen=True)
class BlockPlan:
    """What a block needs to be made alone.

    Attributes:
        edge_s_b: (b + 1,) int64 seconds; block b is the slice [edge_s_b[b], edge_s_b[b + 1]).
        rows_b: (b,) int64 genuine rows of each block, exact.
        quota_bk: (b, k) int64 the amount law's quotas.
    """

    edge_s_b: Int64
    rows_b: Int64
    quota_bk: Int64


class Generator(Protocol):
    """Genuine behaviour, vectorised over the block: NumPy arrays in, NumPy arrays out.

    Every draw comes from the given streams, indexed by block, so that any worker makes any block to the same bytes.
    """

    def rows(self) -> int:
        """Genuine rows of the control world."""

    def violations(self, world: World) -> Iterator[tuple[str, str, str]]:
        """Yields (path below the generator, message, what is allowed) for what only the whole world shows."""

    def plan(self, world: World, *, streams: Streams) -> BlockPlan:
        """Cuts the window into blocks with exact row counts."""

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who, the cheap part of ``generate``, which returns the same keys."""

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """All genuine events of one block."""


def sort_code(time_us_t: Int64, card_t: Int64, cards: int) -> Int64:
    """(t,) int64 that sorts as (second, card) does and is unique where (second, card) is."""
    return time_us_t // US_PER_S * cards + card_t


def rows_with(code_t: Int64, wanted: Int64) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Where sorted codes hold the wanted ones.

    Args:
        code_t: (t,) sorted, distinct.
        wanted: (w,) in any order.

    Returns:
        (w,) position of each wanted code, of use only where the second array, (w,) bool, says that it is there.
    """
    position = np.minimum(np.searchsorted(code_t, wanted), max(len(code_t) - 1, 0))
    return position, code_t[position] == wanted if len(code_t) else np.zeros(len(wanted), dtype=bool)
