"""What the plan asks of the control world: whether events of fraud meet genuine ones, whose keys workers draw."""

from dataclasses import dataclass, field

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.generator import BlockPlan, Generator, World, rows_with, sort_code
from synth.contracts.injector import FraudEvents
from synth.contracts.runner import Runner
from synth.engine.components import Components
from synth.errors import blaming
from synth.rng import Streams
from synth.runners.order import run_in_block_order
from synth.timeline import US_PER_S

_NOTHING = np.empty(0, dtype=np.int64)


@dataclass
class Control:
    """The genuine events of a run, as far as somebody has asked for them; no answer is sought twice.

    Attributes:
        known_n: (n,) sort codes of events that were asked for, sorted and distinct.
        met_n: (n,) bool: whether a genuine event has the same.
    """

    components: Components
    blocks: BlockPlan
    runner: Runner
    known_n: Int64 = field(default_factory=lambda: _NOTHING)
    met_n: Mask = field(default_factory=lambda: _NOTHING.astype(bool))

    def meets(self, events: FraudEvents, shift_seconds_e: Int64) -> Mask:
        """(f,) bool: the events whose (second, card) the control world has, too.

        Where a block has to be asked, it is also asked for the time to which an episode would move: the keys of a block
        cost far more than one more question does, and the few episodes that move lie in nearly all blocks.

        Args:
            shift_seconds_e: (e,) how far each episode would move next.
        """
        code_f = self._code(events)
        new = events.take(np.flatnonzero(~rows_with(self.known_n, code_f)[1]))
        if len(new.card_f):
            self._ask(
                np.concatenate([self._code(new), self._code(new.moved(shift_seconds_e[new.episode_f] * US_PER_S))])
            )
        position, _ = rows_with(self.known_n, code_f)
        return self.met_n[position]

    def _code(self, events: FraudEvents) -> Int64:
        return sort_code(events.time_us_f, events.card_f, self.components.world.cards)

    def _ask(self, code: Int64) -> None:
        """Has workers draw the keys of the blocks that hold some codes."""
        look = _Look.at(_distinct(code), self.components, self.blocks)
        found = [each.met for each in run_in_block_order(self.runner, look, len(look.block_i))]
        # What is not new is answered again, and all the same.
        self.known_n, place = np.unique(np.concatenate([self.known_n, look.code_n]), return_index=True)
        self.met_n = np.concatenate([self.met_n, *found])[place]


def _distinct(code: Int64) -> Int64:
    """Sorted, each once; ``np.unique`` goes through a hash table, which takes ten times as long here."""
    ordered: Int64 = np.sort(code)
    distinct: Int64 = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return distinct


@dataclass(frozen=True)
class _Found:
    """What a worker sends back: (n,) bool of the codes of one block."""

    index: int
    met: Mask


@dataclass(frozen=True)
class _Look:
    """Draws the keys of blocks, and looks for codes among them.

    Attributes:
        code_n: (n,) sort codes, sorted and distinct.
        block_i: (i,) the blocks that hold some of them.
        first_i: (i + 1,) where in ``code_n`` those of each block begin.
    """

    generator: Generator
    world: World
    streams: Streams
    blocks: BlockPlan
    code_n: Int64
    block_i: Int64
    first_i: Int64

    @classmethod
    def at(cls, code_n: Int64, components: Components, blocks: BlockPlan) -> "_Look":
        """A look for sorted codes."""
        first_b = np.searchsorted(code_n, blocks.edge_s_b * components.world.cards)
        block_i = np.flatnonzero(np.diff(first_b))
        first_i = np.append(first_b[block_i], len(code_n))
        who = components.generator, components.world, components.genuine_streams
        return cls(*who, blocks, code_n, block_i, first_i)

    def __call__(self, index: int) -> _Found:
        with blaming("the generator"):
            keys = self.generator.draw_keys(
                self.blocks, int(self.block_i[index]), world=self.world, streams=self.streams
            )
        code_t = sort_code(keys.time_us_t, keys.card_t, self.world.cards)
        return _Found(index, rows_with(code_t, self.code_n[self.first_i[index] : self.first_i[index + 1]])[1])
