"""The layout of episodes: which events are whose, and in which order.

Array names carry their axis: ``_e`` one value an episode, ``_f`` one an event, those of an episode one after the other.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Int64, Mask, Values
from synth.contracts.context import PlanContext
from synth.rng import Streams


@dataclass(frozen=True)
class Layout:
    """The episodes of a scenario while they are laid out; every drawing method has a random stream of its own.

    Attributes:
        context: the world that they happen in.
        streams: where the draws come from; ``streams.draw("my purpose")`` serves what this vocabulary lacks.
        roles: the roles of the injector.
        length_e: (e,) int64 events of each episode, 1 at least.
        gap_bounds_s: the shortest and the longest gap that the pattern allows; None: any will do.
    """

    context: PlanContext
    streams: Streams
    roles: tuple[str, ...]
    length_e: Int64
    gap_bounds_s: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.length_e)

    @cached_property
    def head_e(self) -> Int64:
        """(e,) position of each episode's first event."""
        return np.cumsum(self.length_e) - self.length_e

    @cached_property
    def episode_f(self) -> Int64:
        """(f,) the episode of each event."""
        return self.each(np.arange(len(self)))

    @cached_property
    def step_f(self) -> Int64:
        """(f,) 0 for an episode's first event, 1 for its second, and so on."""
        step_f: Int64 = np.arange(len(self.episode_f)) - self.each(self.head_e)
        return step_f

    @property
    def first_f(self) -> Mask:
        """(f,) bool: the first event of its episode."""
        return np.equal(self.step_f, 0)

    @property
    def last_f(self) -> Mask:
        """(f,) bool: the last event of its episode."""
        last_f: Mask = self.step_f == self.each(self.length_e) - 1
        return last_f

    def each(self, value_e: Values) -> Values:
        """(f,) an episode's value at each of its events."""
        return np.repeat(value_e, self.length_e)
