"""The tables of a plan, made block by block while somebody goes through them."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from synth.contracts.shipment import Shipment
from synth.engine.block import Deferred
from synth.engine.end_of_run import EndOfRun
from synth.engine.prepare import Prepared
from synth.runners.order import run_in_block_order
from synth.tables.arrow_table import ArrowTable
from synth.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


@dataclass(frozen=True)
class MadeTables:
    """The tables that a run would write."""

    prepared: Prepared

    @property
    def names(self) -> list[str]:
        """What they are called, the transactions first."""
        return [table.name for table in self._tables()]

    def table(self, name: str) -> ArrowTable:
        """One of them."""
        [table] = [each for each in self._tables() if each.name == name]
        known = {batch.table.name: batch.native.num_rows for batch in self.prepared.extra}
        known["transactions"] = int(self.prepared.plan.rows_b.sum())
        few = {field.name: field.column.categories for field in table.fields if field.column.enumerated}
        make = partial(self._batches, name)
        return ArrowTable(name, table.schema, make, doc=table.facts.doc, rows=known.get(name), enumerated=few)

    def shipped(self) -> "dict[str, ShippedTable]":
        """Those that grow with the transactions, by name."""
        blocks = len(self.prepared.plan.rows_b)
        return {
            table.name: ShippedTable(table.schema, blocks, Shipment(_MakeTable(_Work(self.prepared, table.name))))
            for table in self.prepared.make_block.tables
            if table.facts.grows
        }

    def _tables(self) -> tuple[Table, ...]:
        return (*self.prepared.make_block.tables, *(batch.table for batch in self.prepared.extra))

    def _batches(self, name: str) -> "Iterator[pa.RecordBatch]":
        for batch in self.prepared.extra:
            if batch.table.name == name:
                yield batch.native
                return
        recipe, end_of_run = self.prepared.recipe, EndOfRun(self.prepared.make_block)
        work = _Work(self.prepared, name)
        finished = run_in_block_order(recipe.runner.make(), work, len(self.prepared.plan.rows_b))
        try:
            for made in finished:
                if name != "transactions":
                    end_of_run.take(made.deferred)
                if made.batch is not None:
                    yield made.batch
                del made
        finally:
            finished.close()
        if name != "transactions":
            for block in end_of_run.blocks():
                if name in block.batches:
                    yield block.batches[name].native


@dataclass(frozen=True)
class ShippedTable:
    """A table whose blocks other processes make, on this machine or on others.

    Attributes:
        schema: its columns.
        blocks: how many it has, in order of time.
        task: its ``work(block)`` is a ``pyarrow.RecordBatch``.
    """

    schema: "pa.Schema"
    blocks: int
    task: Shipment


@dataclass(frozen=True)
class _MakeTable:
    """Makes the rows of a block of one table."""

    work: "_Work"

    def __call__(self, block: int) -> "pa.RecordBatch":
        batch = self.work(block).batch
        assert batch is not None, "asked only of tables that every block adds to"
        return batch


@dataclass(frozen=True)
class _Made:
    """What a worker sends back of a block."""

    index: int
    batch: "pa.RecordBatch | None"
    deferred: Deferred


@dataclass(frozen=True)
class _Work:
    """Makes a block, and keeps the rows of one table."""

    prepared: Prepared
    table: str

    def __call__(self, index: int) -> _Made:
        block = self.prepared.make_block(index)
        batch = block.batches.get(self.table)
        return _Made(index, batch.native if batch else None, block.deferred)
