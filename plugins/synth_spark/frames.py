"""Tables of a plan as data frames: made by executors when Spark asks for them, written nowhere."""

import atexit
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import synth

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

#: Rows that are handed to Spark at a time.
_AT_ONCE = 65_536


def dataframe(spark: "SparkSession", *recipe: Any, table: str = "", **files: Any) -> "DataFrame":
    """A table of a recipe, whose blocks the executors make whenever the frame is computed.

    Partition for partition it has the rows of ``synth.run``, in their order. A table that does not grow with the
    transactions is made here, and sent.

    Args:
        recipe, files: as the arguments of ``synth.plan``.
        table: its name; empty for the first one, the transactions.

    Raises:
        ConfigError, RefusedError: as ``synth.plan``.
    """
    shipped = synth.plan(*recipe, **files).made_of(table)
    if isinstance(shipped, synth.ArrowTable):
        return spark.createDataFrame(shipped.to_arrow())
    name = f"synth-table-{os.urandom(8).hex()}"
    folder = tempfile.mkdtemp(prefix="synth-shipment-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # executors fetch it when the frame is computed
    shipped.task.save(Path(folder) / name)
    spark.sparkContext.addFile(str(Path(folder) / name))
    blocks = spark.range(0, shipped.blocks, 1, shipped.blocks)
    return blocks.mapInArrow(_making(name), schema_of(shipped.schema))


def _making(name: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Makes the blocks whose numbers come in."""

    def make(batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        from synth_spark.tasks import shipment_at

        for batch in batches:
            for block in batch.column(0).to_pylist():
                yield from _pieces(shipment_at(name).work(block))

    return make


def _pieces(rows: Any) -> "Iterator[pa.RecordBatch]":
    for first in range(0, rows.num_rows, _AT_ONCE):
        yield rows.slice(first, _AT_ONCE)


def schema_of(schema: "pa.Schema") -> "StructType":
    """The types that Spark has for Arrow's; times are instants, not times of some wall."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


@lru_cache(maxsize=1)
def _planned(overrides: str) -> "synth.RunPlan":
    """A plan, once in each Python process: on machines that share no files nothing else has to be sent."""
    return synth.plan(*shlex.split(overrides))


def _shipped(overrides: str, table: str) -> Any:
    shipped = _planned(overrides).made_of(table)
    if isinstance(shipped, synth.ArrowTable):
        raise synth.RefusedError(f"{table} comes once: synth_spark.dataframe reads it, the data source does not")
    return shipped


def register(spark: "SparkSession") -> None:
    """Lets ``spark.read.format("synth")`` read tables of recipes.

    Its options are ``overrides``, words as on the command line, and ``table``. Each Python process plans by itself: for
    a large population ``dataframe`` is faster.
    """
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

    class SynthReader(DataSourceReader):
        def __init__(self, options: dict[str, str]) -> None:
            self.overrides, self.table = options["overrides"], options.get("table", "")

        def partitions(self) -> list[InputPartition]:
            return [InputPartition(block) for block in range(_shipped(self.overrides, self.table).blocks)]

        def read(self, partition: InputPartition) -> Iterator[Any]:
            return _pieces(_shipped(self.overrides, self.table).task.work(partition.value))

    class SynthSource(DataSource):
        @classmethod
        def name(cls) -> str:
            return "synth"

        def schema(self) -> "StructType":
            return schema_of(_shipped(self.options["overrides"], self.options.get("table", "")).schema)

        def reader(self, schema: "StructType") -> DataSourceReader:
            return SynthReader(dict(self.options))

    spark.dataSource.register(SynthSource)
