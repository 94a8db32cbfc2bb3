"""Runs of a component: made in memory in any order, or written and read back by another route."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth.check.verify import Report, verify
from synth.engine.block import Block, BlockMaker
from synth.engine.prepare import Prepared
from synth.engine.run import execute
from synth.runners.local import LocalConfig, LocalRunner
from synth.tables.batch import Batch
from synth.testing.bench import Size, TestBench
from synth.testing.contract import Broken
from synth.testing.elsewhere import made_elsewhere


def blocks_of(prepared: Prepared) -> int:
    """How many blocks a run has."""
    return len(prepared.plan.rows_b)


def make_in_order(make_block: BlockMaker, order: Iterable[int]) -> dict[int, Block]:
    """Blocks by index, made in this order."""
    return {index: make_block(index) for index in order}


def make_on_workers(prepared: Prepared, workers: int) -> dict[int, Block]:
    """Blocks by index, made by threads."""
    made = LocalRunner(LocalConfig(workers=workers)).map(prepared.make_block, blocks_of(prepared))
    return {block.index: block for block in made}


def make_elsewhere(prepared: Prepared) -> dict[int, Block]:
    """Blocks by index, made by another process.

    Raises:
        Broken: what makes them does not pickle, or fails there.
    """
    work, blocks = _MakeRows(prepared.make_block), range(blocks_of(prepared))
    return made_elsewhere(work, blocks, "what makes the blocks")


@dataclass(frozen=True)
class _MakeRows:
    """Makes a block that can be sent: without its shorter ways to print."""

    make_block: BlockMaker

    def __call__(self, index: int) -> Block:
        block = self.make_block(index)
        return replace(block, batches={name: bare(batch) for name, batch in block.batches.items()})


def bare(batch: Batch) -> Batch:
    """The same rows, without shorter ways to print them, which do not pickle."""
    return Batch(batch.table, batch.native, {})


def transactions_of(prepared: Prepared) -> pd.DataFrame:
    """The transactions of a run, made in memory."""
    made = make_in_order(prepared.make_block, range(blocks_of(prepared)))
    batches = [block.batches["transactions"].native for block in made.values()]
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return frame


def frame_of(bench: TestBench, size: Size) -> pd.DataFrame:
    """The transactions of a size, shared between checks."""
    return bench.keep(("frame", size), lambda: transactions_of(bench.prepared(size)))


def require_same(first: dict[int, Block], second: dict[int, Block], how: str) -> None:
    """Compares two makings of a run, block by block and table by table.

    Args:
        how: what was different in the second making, e.g. ``made in reverse``.

    Raises:
        Broken: they differ; names the first block, table and column.
    """
    for index, block in sorted(first.items()):
        for table, digest in block.digests.items():
            if second[index].digests[table] != digest:
                before, after = block.batches[table].native, second[index].batches[table].native
                columns = [n for n in before.schema.names if not before.column(n).equals(after.column(n))]
                message = f"column {columns[0]}" if columns else f"{after.num_rows:,} rows after {before.num_rows:,}"
                raise Broken(f"{how}, a block has other bytes", f"block {index}, table {table}, {message}")


@dataclass(frozen=True)
class WrittenRun:
    """A run that was written and read back.

    Attributes:
        tables: as PyArrow reads them from the files.
        report: what ``synth.check.verify`` found.
    """

    tables: dict[str, pd.DataFrame]
    report: Report


def write_and_read(bench: TestBench, size: Size) -> WrittenRun:
    """Runs a size into Parquet files and reads them back with PyArrow; shared between checks."""
    return bench.keep(("written", size), lambda: _write_and_read(bench, size))


@contextmanager
def written(bench: TestBench, size: Size) -> Iterator[Path]:
    """Runs a size into Parquet files; yields their folder, which goes away again."""
    with tempfile.TemporaryDirectory(prefix="synth-testing-") as scratch:
        place = Path(scratch) / "run"
        execute(bench.recipe(size), bench.catalog, started=time.perf_counter(), directory=place)
        yield place


def _write_and_read(bench: TestBench, size: Size) -> WrittenRun:
    with written(bench, size) as place:
        tables = {}
        for folder in place.glob("*/"):
            parts = sorted(folder.glob("*.parquet"))
            tables[folder.name] = pa.concat_tables([pq.ParquetFile(part).read() for part in parts]).to_pandas()
        return WrittenRun(tables, verify(str(place), catalog=bench.catalog))


def require_verified(written: WrittenRun) -> None:
    """Raises for the first check of ``synth verify`` that fails."""
    for check in written.report.failed:
        raise Broken(check.detail, check.name)
