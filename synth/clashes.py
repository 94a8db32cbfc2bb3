"""Episodes that would meet each other or a genuine event give way: decided in the plan, for whole episodes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.cast import Cast
from synth.errors import RefusedError
from synth.generators.contract import BlockPlan, Int64, rows_with, sort_code
from synth.injectors.contract import FraudEvents
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spans:
    """Episodes as closed intervals on their cards: (e,) victim, first and last second."""

    card_e: Int64
    first_s_e: Int64
    last_s_e: Int64

    @classmethod
    def of(cls, events: FraudEvents) -> "Spans":
        """The spans of a scenario's episodes, by episode number."""
        episodes = int(events.episode_f.max(initial=-1)) + 1
        card = np.zeros(episodes, dtype=np.int64)
        first, last = np.full(episodes, np.iinfo(np.int64).max), np.full(episodes, np.iinfo(np.int64).min)
        card[events.episode_f] = events.card_f
        np.minimum.at(first, events.episode_f, events.time_us_f // US_PER_S)
        np.maximum.at(last, events.episode_f, events.time_us_f // US_PER_S)
        return cls(card, first, last)

    def joined(self, other: "Spans") -> "Spans":
        """These spans, then the other ones."""
        return Spans(*(np.concatenate([getattr(self, f), getattr(other, f)]) for f in self.__dataclass_fields__))


#: How often a clashing episode is moved, each time within twice the distance, before the run is refused.
_MOVES = 24


def settle(planned: Mapping[str, FraudEvents], cast: Cast, blocks: BlockPlan) -> dict[str, FraudEvents]:
    """Moves whole episodes until none overlaps another on its card, and in mode add none meets a genuine event.

    Scenarios settle in name order, whatever order the recipe gives them in: an episode gives way to those of earlier
    scenarios. It moves by a few random seconds, more with each try, inside the window, and keeps its own shape.

    Raises:
        RefusedError: an episode finds no room.
    """
    settled: dict[str, FraudEvents] = {}
    taken = Spans(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    for name in sorted(planned):
        events = planned[name]
        streams = Streams(cast.seed, f"settle/{name}")
        fresh_f = np.arange(0 if cast.injectors[name].replaces else len(events.time_us_f))
        for move in range(_MOVES + 1):
            spans = Spans.of(events)
            clashing_e = _overlapping(taken, spans)
            met_f = fresh_f[_meets_genuine(events.take(fresh_f), cast, blocks)]
            clashing_e[events.episode_f[met_f]] = True
            if not clashing_e.any():
                break
            if move == _MOVES:
                raise RefusedError(f"scenario {name!r} finds no free time on its cards: add cards or lower its ratio")
            shift_s_e = _draw_shifts(spans, 60 << move, cast.world.timeline, rng=streams.draw("move", move))
            events = events.moved(np.where(clashing_e, shift_s_e, 0)[events.episode_f] * US_PER_S)
            fresh_f = fresh_f[:0] if cast.injectors[name].replaces else np.flatnonzero(clashing_e[events.episode_f])
        settled[name] = events
        taken = taken.joined(spans)
    return settled


def _overlapping(taken: Spans, spans: Spans) -> Mask:
    """(e,) bool: the episodes that overlap one in ``taken``, or an earlier one of their own."""
    both = taken.joined(spans)
    own = np.arange(len(both.card_e)) >= len(taken.card_e)
    order = np.lexsort((own, both.first_s_e, both.card_e))
    before, after = order[:-1], order[1:]
    pairs = (both.card_e[before] == both.card_e[after]) & (both.first_s_e[after] <= both.last_s_e[before])
    clashing = np.zeros(len(own), dtype=bool)
    clashing[np.where(own[after], after, before)[pairs]] = True
    return clashing[len(taken.card_e) :]


def _meets_genuine(events: FraudEvents, cast: Cast, blocks: BlockPlan) -> Mask:
    """(f,) bool: the events whose (second, card) the control world has, too. Draws the keys of their blocks."""
    code_f = sort_code(events.time_us_f, events.card_f, cast.world.cards)
    block_f = np.searchsorted(blocks.edge_s_b, events.time_us_f // US_PER_S, side="right") - 1
    meets_f = np.zeros(len(code_f), dtype=bool)
    for block in np.unique(block_f):
        keys = cast.generator.draw_keys(blocks, int(block), world=cast.world, streams=cast.genuine_streams)
        here = block_f == block
        _, meets_f[here] = rows_with(sort_code(keys.time_us_t, keys.card_t, cast.world.cards), code_f[here])
    return meets_f


def _draw_shifts(spans: Spans, reach_s: int, timeline: Timeline, *, rng: np.random.Generator) -> Int64:
    """(e,) seconds by which each episode may move, up to ``reach_s`` either way, inside the window."""
    lowest_s = np.maximum(timeline.start_s - spans.first_s_e, -reach_s)
    highest_s = np.minimum(timeline.end_s - 1 - spans.last_s_e, reach_s)
    return rng.integers(lowest_s, highest_s, endpoint=True)
