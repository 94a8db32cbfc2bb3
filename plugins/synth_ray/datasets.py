"""Tables of a plan as Ray datasets: made by workers when somebody goes through them, written nowhere."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import synth

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from ray.data import Dataset


def dataset(*recipe: Any, table: str = "", **files: Any) -> "Dataset":
    """A table of a recipe, whose blocks the workers make whenever the dataset is gone through.

    They come in order of time where ``ray.data.DataContext`` preserves the order. A table that does not grow with the
    transactions is made here, and sent.

    Args:
        recipe, files: as the arguments of ``synth.plan``.
        table: its name; empty for the first one, the transactions.

    Raises:
        ConfigError, RefusedError: as ``synth.plan``.
    """
    import ray

    from synth_ray.tasks import put

    shipped = synth.plan(*recipe, **files).made_of(table)
    if isinstance(shipped, synth.ArrowTable):
        return ray.data.from_arrow(shipped.to_arrow())
    with tempfile.TemporaryDirectory(prefix="synth-shipment-") as folder:
        shipped.task.save(Path(folder) / "shipment")
        there = put(Path(folder) / "shipment")
    blocks = ray.data.range(shipped.blocks, override_num_blocks=shipped.blocks)
    return blocks.map_batches(_make, batch_format="pyarrow", fn_args=(there,), zero_copy_batch=True)


def _make(blocks: "pa.Table", there: list[Any]) -> "Iterator[pa.Table]":
    """The rows of the blocks whose numbers come in."""
    import pyarrow as pa

    from synth_ray.tasks import shipment_of

    for block in blocks.column("id").to_pylist():
        yield pa.Table.from_batches([shipment_of(there).work(block)])
