"""Every block made once, on the recipe's runner, and handed to every sink; or taken from where it is kept."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from synth.contracts.sink import Receipt, Sink
from synth.engine.announcer import Announcer
from synth.engine.block import Block, BlockMaker
from synth.engine.elsewhere import make_elsewhere, runs_elsewhere
from synth.engine.end_of_run import EndOfRun
from synth.engine.keeping import Keeper
from synth.engine.manifest import Counts, TableTally
from synth.engine.prepare import Prepared
from synth.engine.receipts import Note
from synth.errors import blaming
from synth.runners.order import run_in_block_order


class RowsCallback(Protocol):
    """Is told how far a run is."""

    def __call__(self, rows: int, total: int, doing: str) -> None:
        """``rows`` of ``total`` transactions are written, 0 of 0 while it is planned; ``doing`` says what comes now."""


PLANNING, MAKING, FINISHING, PUBLISHING = "planning", "making rows", "finishing files", "publishing"


Tallies = dict[str, TableTally]


def write_blocks(
    prepared: Prepared,
    sinks: Mapping[str, Sink],
    keepers: Mapping[str, Keeper],
    announcer: Announcer,
    progress: RowsCallback | None,
) -> tuple[Tallies, Counts]:
    """Makes every block once, hands it to every sink, and counts.

    Args:
        keepers: of sinks that keep their blocks: those that are there are not made.
    """
    tallies = {table.name: TableTally(table, [], []) for table in prepared.make_block.tables}
    tallies |= {batch.table.name: TableTally.once(batch) for batch in prepared.extra}
    for name, sink in sinks.items():
        with blaming(f"sink {name!r}"):
            if name not in keepers:
                sink.open(prepared.extra)
            elif prepared.extra:
                sink.collect(keepers[name].once(prepared.extra))
    total, written, end_of_run = int(prepared.plan.rows_b.sum()), 0, EndOfRun(prepared.make_block)
    work = Work(prepared.make_block, sinks, keepers)
    finished = _made(prepared, work, len(prepared.plan.rows_b))
    try:
        for done in finished:
            _collect(done, sinks, keepers, tallies)
            end_of_run.take(done.note.deferred)
            written += done.note.rows["transactions"]
            announcer.block(done.note.rows["transactions"], done.note.fraud_rows)
            if progress:
                progress(written, total, MAKING if written < total else FINISHING)
            del done  # its rows are with the sinks, and the next block is made meanwhile
    finally:
        finished.close()
    for block in end_of_run.blocks():
        _collect(work.hand_over(block), sinks, {}, tallies)
    return tallies, end_of_run.counts()


def make_share(
    prepared: Prepared, keepers: Mapping[str, Keeper], blocks: range, progress: RowsCallback | None
) -> Generator[int, None, None]:
    """Makes some blocks for the store, and yields the transactions of each that is there, in block order."""
    work = Work(prepared.make_block, {name: keeper.sink for name, keeper in keepers.items()}, keepers, blocks.start)
    finished = _made(prepared, work, len(blocks))
    total, written = int(prepared.plan.rows_b[blocks.start : blocks.stop].sum()), 0
    try:
        for done in finished:
            written += done.note.rows["transactions"]
            if progress:
                progress(written, total, MAKING)
            yield done.note.rows["transactions"]
    finally:
        finished.close()


def _made(prepared: Prepared, work: "Work", blocks: int) -> "Generator[_Done, None, None]":
    """Every block, in order, made on the recipe's runner or kept."""
    runner = prepared.recipe.runner.make()
    if runs_elsewhere(runner, work.sinks, work.keepers):
        return make_elsewhere(runner, prepared, work, blocks)
    return run_in_block_order(runner, work, blocks)


def _collect(done: "_Done", sinks: Mapping[str, Sink], keepers: Mapping[str, Keeper], tallies: Tallies) -> None:
    """Takes the receipts, and counts."""
    for (name, sink), receipt in zip(sinks.items(), done.receipts, strict=True):
        with blaming(f"sink {name!r}"):
            sink.collect(receipt)
            if name in keepers and keepers[name].sink.grows and name not in done.recalled:
                keepers[name].keep(receipt, done.note, {})
    for name, digest in done.note.digests.items():
        tallies[name].rows.append(done.note.rows[name])
        tallies[name].digests.append(digest)


@dataclass(frozen=True)
class _Done:
    """What a worker sends back of a block.

    Attributes:
        receipts: of each sink.
        recalled: the sinks that had it already.
    """

    index: int
    receipts: tuple[Receipt, ...]
    note: Note
    recalled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Work:
    """The work on one block: make it, and write it to every sink that does not have it.

    Attributes:
        first: the block that a runner counts as its first.
    """

    make_block: BlockMaker
    sinks: Mapping[str, Sink]
    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    first: int = 0

    def __call__(self, index: int) -> _Done:
        there = self._there(index)
        if self.keepers and len(there) == len(self.sinks):
            return self._done(index, there)
        return self.hand_over(self.make_block(self.first + index), {name: there[name][0] for name in there})

    def recall(self, index: int) -> _Done | None:
        """A block that every sink has; None where it has to be made."""
        there = self._there(index)
        return self._done(index, there) if len(there) == len(self.sinks) else None

    def has(self, index: int) -> bool:
        """Whether every sink has a block; its rows are let go of."""
        return self.recall(index) is not None

    def trusting(self) -> "Work":
        """The same work for a process that knows that staged files are as their receipts say."""
        return replace(self, keepers={name: replace(each, checked=True) for name, each in self.keepers.items()})

    def _there(self, index: int) -> dict[str, tuple[Receipt, Note]]:
        """The sinks that have a block."""
        there = {}
        for name, keeper in self.keepers.items():
            with blaming(f"sink {name!r}"):
                recalled = keeper.recall(self.first + index)
            if recalled is not None:
                there[name] = recalled
        return there

    def _done(self, index: int, there: Mapping[str, tuple[Receipt, Note]]) -> _Done:
        note = next(iter(there.values()))[1]
        return _Done(index, tuple(there[name][0] for name in self.sinks), note, frozenset(there))

    def hand_over(self, block: Block, there: Mapping[str, Receipt] | None = None) -> _Done:
        """Writes a finished block to every sink but those where it is."""
        there = there or {}
        rows = {name: block.rows(name) for name in block.batches}
        note = Note(rows, block.digests, len(block.truth), block.deferred)
        receipts = []
        for name, sink in self.sinks.items():
            with blaming(f"sink {name!r}"):
                receipts.append(there[name] if name in there else self._write(name, sink, block, note))
        return _Done(block.index - self.first, tuple(receipts), note, frozenset(there))

    def _write(self, name: str, sink: Sink, block: Block, note: Note) -> Receipt:
        receipt = sink.write(block.index, block.batches)
        if name in self.keepers and not self.keepers[name].sink.grows and block.index < self.blocks:
            self.keepers[name].keep(receipt, note, block.batches)
        return receipt

    @property
    def blocks(self) -> int:
        """How many blocks there are; what comes behind them is made at the end of a run, and kept nowhere."""
        return len(self.make_block.plan.rows_b)
