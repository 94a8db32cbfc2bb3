"""Checks that a run depends on its recipe alone: not on chance, order, workers or processes."""

from synth.engine.block import Block
from synth.testing.bench import Size
from synth.testing.contract import Contract, rule
from synth.testing.runs import blocks_of, make_elsewhere, make_in_order, make_on_workers, require_same


class SamenessChecks(Contract):
    """One recipe, made in many ways."""

    @property
    def size(self) -> Size:
        """The run that is made again and again."""
        return Size()

    @rule
    def test_same_seed_same_bytes(self) -> None:
        """The same recipe makes the same bytes again."""
        again = self.bench.prepare(self.size)
        require_same(self._first(), make_in_order(again.make_block, range(blocks_of(again))), "made again")

    @rule
    def test_blocks_in_any_order(self) -> None:
        """Blocks are the same bytes in whatever order they are made."""
        again = self.bench.prepare(self.size)
        backwards = make_in_order(again.make_block, reversed(range(blocks_of(again))))
        require_same(self._first(), backwards, "made in reverse")

    @rule
    def test_blocks_on_any_worker(self) -> None:
        """Blocks are the same bytes whatever worker makes them."""
        require_same(self._first(), make_on_workers(self.bench.prepare(self.size), 3), "made on three workers")

    @rule
    def test_blocks_in_another_process(self) -> None:
        """Another process, which maps what makes the blocks and may not write to its arrays, makes the same bytes."""
        again = self.bench.prepare(self.size)
        require_same(self._first(), make_elsewhere(again), "made in another process")

    def _first(self) -> dict[int, Block]:
        def make() -> dict[int, Block]:
            prepared = self.bench.prepared(self.size)
            return make_in_order(prepared.make_block, range(blocks_of(prepared)))

        return self.bench.keep(("blocks", self.size), make)
