"""Episodes that would meet each other or a genuine event give way: decided in the plan, for whole episodes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.generator import BlockPlan
from synth.contracts.injector import FraudEvents
from synth.contracts.runner import Runner
from synth.engine.components import Components
from synth.engine.control import Control
from synth.errors import RefusedError
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline


@dataclass(frozen=True)
class Spans:
    """Episodes as closed intervals on their cards: (s,) episode, victim, first and last second."""

    episode_s: Int64
    card_s: Int64
    first_second_s: Int64
    last_second_s: Int64

    @classmethod
    def of(cls, events: FraudEvents) -> "Spans":
        """The spans of a scenario's episodes, by episode number; one that spans cards has a span on each."""
        cards = int(events.card_f.max(initial=0)) + 1
        code_s, span_f = np.unique(events.episode_f * cards + events.card_f, return_inverse=True)
        first, last = np.full(len(code_s), np.iinfo(np.int64).max), np.full(len(code_s), np.iinfo(np.int64).min)
        np.minimum.at(first, span_f, events.time_us_f // US_PER_S)
        np.maximum.at(last, span_f, events.time_us_f // US_PER_S)
        return cls(code_s // cards, code_s % cards, first, last)

    def joined(self, other: "Spans") -> "Spans":
        """These spans, then the other ones."""
        return Spans(*(np.concatenate([getattr(self, f), getattr(other, f)]) for f in self.__dataclass_fields__))


#: How often a clashing episode is moved, each time within twice the distance, before the run is refused.
_MOVES = 24


def settle(
    planned: Mapping[str, FraudEvents], components: Components, blocks: BlockPlan, runner: Runner
) -> dict[str, FraudEvents]:
    """Moves whole episodes until none overlaps another on its card, and in mode add none meets a genuine event.

    Scenarios settle in name order, whatever order the recipe gives them in: an episode gives way to those of earlier
    scenarios. It moves by a few random seconds, more with each try, inside the window, and keeps its own shape.

    Raises:
        RefusedError: an episode finds no room.
    """
    settled: dict[str, FraudEvents] = {}
    taken = Spans(*(np.empty(0, dtype=np.int64) for _ in range(4)))
    for name in sorted(planned):
        events, control = planned[name], Control(components, blocks, runner)
        streams = Streams(components.seed, f"settle/{name}")
        fresh_f = np.arange(0 if components.injectors[name].replaces else len(events.time_us_f))
        for move in range(_MOVES + 1):
            spans = Spans.of(events)
            clashing_e = _overlapping(taken, spans)
            shift_seconds_e = _draw_shifts(spans, 60 << move, components.world.timeline, rng=streams.draw("move", move))
            met_f = fresh_f[control.meets(events, fresh_f, shift_seconds_e)]
            clashing_e[events.episode_f[met_f]] = True
            if not clashing_e.any():
                break
            if move == _MOVES:
                message = "its episodes find no free time on their cards"
                raise RefusedError(message, path=f"scenario.{name}", hint="add cards or lower its ratio")
            events = events.moved(np.where(clashing_e, shift_seconds_e, 0)[events.episode_f] * US_PER_S)
            fresh_f = (
                fresh_f[:0] if components.injectors[name].replaces else np.flatnonzero(clashing_e[events.episode_f])
            )
        settled[name] = events
        taken = taken.joined(spans)
    return settled


def _overlapping(taken: Spans, spans: Spans) -> Mask:
    """(e,) bool: the episodes that overlap one in ``taken``, or another one of their own on a card."""
    both = taken.joined(spans)
    own = np.arange(len(both.card_s)) >= len(taken.card_s)
    order = np.lexsort((own, both.first_second_s, both.card_s))
    before, after = order[:-1], order[1:]
    pairs = (both.card_s[before] == both.card_s[after]) & (both.first_second_s[after] <= both.last_second_s[before])
    clashing = np.zeros(int(spans.episode_s.max(initial=-1)) + 1, dtype=bool)
    clashing[both.episode_s[np.where(own[after], after, before)[pairs]]] = True
    return clashing


def _draw_shifts(spans: Spans, reach_s: int, timeline: Timeline, *, rng: "np.random.Generator") -> Int64:
    """(e,) seconds by which each episode may move, up to ``reach_s`` either way, inside the window."""
    episodes = int(spans.episode_s.max(initial=-1)) + 1
    lowest_seconds_e, highest_seconds_e = np.full(episodes, -reach_s), np.full(episodes, reach_s)
    np.maximum.at(lowest_seconds_e, spans.episode_s, timeline.start_s - spans.first_second_s)
    np.minimum.at(highest_seconds_e, spans.episode_s, timeline.end_s - 1 - spans.last_second_s)
    return rng.integers(lowest_seconds_e, highest_seconds_e, endpoint=True)
