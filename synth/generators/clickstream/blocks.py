"""The events of one block: those of its own sessions, and those of sessions that run over the edge before it.

Legend: ``_t`` an event, ``_s`` a session, ``_i`` an event in the order of cards.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.contracts.events import Keys
from synth.generators.clickstream.plan import BODY, TAIL, Clicks, ClickstreamPlan, draw_clicks
from synth.rng import Streams
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Slice:
    """What a block takes of the sessions that begin in one body or tail.

    Attributes:
        part: block and body or tail in which the sessions begin.
        row_t: (t,) which of their events.
        second_t: (t,) seconds since 1970, in the block.
        piece_t: (t,) how often the session has run over the end of the window.
    """

    part: tuple[int, int]
    clicks: Clicks
    row_t: Int64
    second_t: Int64
    piece_t: Int64

    @property
    def session_t(self) -> Int64:
        """(t,) session of each event, counted in its part."""
        return self.clicks.paths.session_t[self.row_t]

    @property
    def card_t(self) -> Int64:
        """(t,) whose session it is."""
        return self.clicks.customer_s[self.session_t]


def take_slices(plan: ClickstreamPlan, block: int, *, streams: Streams) -> list[Slice]:
    """All events of a block, by where their sessions begin."""
    return [_slice(plan, block, part, draw_clicks(plan, *part, streams=streams)) for part in _parts_of(plan, block)]


def _parts_of(plan: ClickstreamPlan, block: int) -> Iterator[tuple[int, int]]:
    before = (block - 1) % plan.blocks
    yield from ((block, BODY), (block, TAIL))
    if before != block:
        yield before, TAIL


def _slice(plan: ClickstreamPlan, block: int, part: tuple[int, int], clicks: Clicks) -> Slice:
    start_s, (first_s, last_s) = plan.edge_s_b[0], plan.edge_s_b[block : block + 2]
    piece_t, into_t = np.divmod(clicks.second_t - start_s, plan.edge_s_b[-1] - start_s)
    second_t = start_s + into_t
    row_t = np.flatnonzero((second_t >= first_s) & (second_t < last_s))
    return Slice(part, clicks, row_t, second_t[row_t], piece_t[row_t])


def order_keys(plan: ClickstreamPlan, block: int, slices: list[Slice], cards: int) -> tuple[Keys, Int64]:
    """The keys of a block, and the order that puts the slices' events, one slice after the other, beside them."""
    first_s, last_s = map(int, plan.edge_s_b[block : block + 2])
    card_t = np.concatenate([each.card_t for each in slices])
    second_t = np.concatenate([each.second_t for each in slices]) - first_s
    code_t = second_t * cards + card_t
    order = np.argsort(code_t, kind="stable")
    if (np.diff(code_t[order]) == 0).any():
        second_t = part_clicks(second_t, card_t, last_s - first_s)
        order = np.argsort(second_t * cards + card_t, kind="stable")
    return Keys((second_t[order] + first_s) * US_PER_S, card_t[order]), order


def part_clicks(second_t: Int64, card_t: Int64, seconds: int) -> Int64:
    """(t,) seconds at which no card has two events; those of a card keep their order.

    Args:
        second_t: seconds from the start of the block; equal ones of a card stay in the order that they are given in.
        seconds: of the block; no card may have more events than that.
    """
    order = np.lexsort((second_t, card_t))
    card_i = card_t[order]
    first_i = np.searchsorted(card_i, card_i)
    rank_i = np.arange(len(order)) - first_i
    # Pushed later by those before, up to the end of the block; a card's steps never reach those of the next card.
    apart_i = np.maximum.accumulate(second_t[order] - rank_i + card_i * 2 * seconds) - card_i * 2 * seconds
    last_i = seconds - (np.searchsorted(card_i, card_i, side="right") - first_i)
    moved_t = np.empty_like(second_t)
    moved_t[order] = np.minimum(apart_i, last_i) + rank_i
    return moved_t
