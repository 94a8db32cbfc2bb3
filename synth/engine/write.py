"""Every block made once, on the recipe's runner, and handed to every sink."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from synth.contracts.sink import Receipt, Sink
from synth.engine.announcer import Announcer
from synth.engine.block import Block, Deferred
from synth.engine.end_of_run import EndOfRun
from synth.engine.manifest import Counts, TableTally
from synth.engine.prepare import Prepared
from synth.errors import blaming
from synth.runners.order import run_in_block_order


class RowsCallback(Protocol):
    """Is told how far a run is."""

    def __call__(self, rows: int, total: int) -> None:
        """``rows`` of ``total`` transactions are written."""


Tallies = dict[str, TableTally]


def write_blocks(
    prepared: Prepared, sinks: Mapping[str, Sink], announcer: Announcer, progress: RowsCallback | None
) -> tuple[Tallies, Counts]:
    """Makes every block once, hands it to every sink, and counts."""
    tallies = {table.name: TableTally(table, [], []) for table in prepared.make_block.tables}
    tallies |= {batch.table.name: TableTally.once(batch) for batch in prepared.extra}
    for name, sink in sinks.items():
        with blaming(f"sink {name!r}"):
            sink.open(prepared.extra)
    total, written, end_of_run = int(prepared.plan.rows_b.sum()), 0, EndOfRun(prepared.make_block)
    work = _Work(prepared.make_block, sinks)
    finished = run_in_block_order(prepared.recipe.runner.make(), work, len(prepared.plan.rows_b))
    try:
        for done in finished:
            _collect(done, sinks, tallies)
            end_of_run.take(done.deferred)
            written += done.rows["transactions"]
            announcer.block(done.rows["transactions"], done.fraud_rows)
            if progress:
                progress(written, total)
            del done  # its rows are with the sinks, and the next block is made meanwhile
    finally:
        finished.close()
    for block in end_of_run.blocks():
        _collect(work.hand_over(block), sinks, tallies)
    return tallies, end_of_run.counts()


def _collect(done: "_Done", sinks: Mapping[str, Sink], tallies: Tallies) -> None:
    """Takes the receipts, and counts."""
    for (name, sink), receipt in zip(sinks.items(), done.receipts, strict=True):
        with blaming(f"sink {name!r}"):
            sink.collect(receipt)
    for name, digest in done.digests.items():
        tallies[name].rows.append(done.rows[name])
        tallies[name].digests.append(digest)


@dataclass(frozen=True)
class _Done:
    """What a worker sends back of a block."""

    index: int
    receipts: tuple[Receipt, ...]
    rows: Mapping[str, int]
    digests: Mapping[str, bytes]
    fraud_rows: int
    deferred: Deferred


@dataclass(frozen=True)
class _Work:
    """The work on one block: make it, and write it to every sink."""

    make_block: Callable[[int], Block]
    sinks: Mapping[str, Sink]

    def __call__(self, index: int) -> _Done:
        return self.hand_over(self.make_block(index))

    def hand_over(self, block: Block) -> _Done:
        """Writes a finished block to every sink."""
        receipts = []
        for name, sink in self.sinks.items():
            with blaming(f"sink {name!r}"):
                receipts.append(sink.write(block.index, block.batches))
        rows = {name: block.rows(name) for name in block.batches}
        return _Done(block.index, tuple(receipts), rows, block.digests, len(block.truth), block.deferred)
