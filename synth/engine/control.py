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


@dataclass
class Control:
    """The genuine events of a run, as far as somebody has asked for them; no answer is sought twice.

    Attributes:
        answers: for each time that blocks were asked, (n,) sort codes, sorted and distinct, and (n,) bool: whether a
            genuine event has the same.
    """

    components: Components
    blocks: BlockPlan
    runner: Runner
    answers: list[tuple[Int64, Mask]] = field(default_factory=list)

    def meets(self, events: FraudEvents, which: Int64, shift_seconds_e: Int64) -> Mask:
        """(w,) bool: which of some events have a (second, card) that the control world has, too.

        Where a block has to be asked, it is also asked for the time to which an episode would move: the keys of a block
        cost far more than one more question does, and the few episodes that move lie in nearly all blocks.

        Args:
            which: (w,) the events that are asked about.
            shift_seconds_e: (e,) how far each episode would move next.
        """
        cards = self.components.world.cards
        code_w = sort_code(events.time_us_f[which], events.card_f[which], cards)
        known_w, met_w = self._recall(code_w)
        if not known_w.all():
            code_n, episode_n = code_w[~known_w], events.episode_f[which[~known_w]]
            self._ask(np.append(code_n, code_n + shift_seconds_e[episode_n] * cards))
            _, met_w = self._recall(code_w)
        return met_w

    def _recall(self, code_w: Int64) -> tuple[Mask, Mask]:
        """(w,) bool: which codes were asked for, and (w,) bool: which of them are met."""
        known_w, met_w = np.zeros((2, len(code_w)), dtype=bool)
        for code_n, met_n in self.answers:
            position, there = rows_with(code_n, code_w)
            known_w |= there
            met_w |= there & met_n[position]
        return known_w, met_w

    def _ask(self, code: Int64) -> None:
        """Has workers draw the keys of the blocks that hold some codes, which are sorted in their place."""
        look = _Look.at(_distinct(code), self.components, self.blocks)
        found = [each.met for each in run_in_block_order(self.runner, look, len(look.block_i))]
        self.answers.append((look.code_n, np.concatenate(found)))


def _distinct(code: Int64) -> Int64:
    """Sorted, each once; ``np.unique`` goes through a hash table, which takes ten times as long here."""
    code.sort()
    distinct: Int64 = code[np.append(True, code[1:] != code[:-1])]
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
