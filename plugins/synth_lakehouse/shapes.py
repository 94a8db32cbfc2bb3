"""What columns a lake table has, held against those of a run."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from synth import RefusedError, Table

if TYPE_CHECKING:
    import pyarrow as pa

RUN = "synth_run"
"""The column of a table that several runs share; no file holds it."""


def with_told(schema: "pa.Schema", names: Iterable[str]) -> "pa.Schema":
    """The columns of a table, and behind them those that a format keeps beside each file: texts that sort as times do.

    Args:
        names: ``synth_run``, or parts of the event time.
    """
    import pyarrow as pa

    for name in names:
        doc = "the run: the first digits of its fingerprint" if name == RUN else f"the {name} of the event time, UTC"
        schema = schema.append(pa.field(name, pa.string(), metadata={"doc": doc}))
    return schema


def require_names(tables: Iterable[Table]) -> None:
    """Refuses a column that is called as ours.

    Raises:
        RefusedError: names it.
    """
    for table in tables:
        if RUN in table.schema.names:
            raise RefusedError(f"lake tables keep the name {RUN!r} for the run of a row: rename it in the view")


def require_layout(uri: str, table: Table, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuses to mix tables whose rows say of which run they are with those whose rows do not, and other partitions.

    Args:
        found, wanted: by what the table that is there is partitioned, and that of this run.

    Raises:
        RefusedError: the table is of another kind.
    """
    if {*found} == {*wanted}:
        return
    if RUN in wanted and RUN not in found:
        message = "was written without if_exists=append, and takes no second run: choose another uri, or leave it out"
    elif RUN in found and RUN not in wanted:
        message = "was written with if_exists=append, so that its rows say of which run they are: say it here, too"
    else:
        keys = ", ".join(key for key in found if key != RUN)
        message = f"has partition_by: [{keys}], which no run changes: say it here, too, or choose another uri"
    raise RefusedError(f"cannot write to {uri}: table {table.name!r} {message}")


def require_shape(uri: str, table: Table, found: "pa.Schema", schema: "pa.Schema") -> None:
    """Refuses to add rows of other columns than a table has.

    Args:
        found, schema: the columns that are there, and those of this run.

    Raises:
        RefusedError: tells both.
    """
    here = [f"{name} {_family(kind)}" for name, kind in zip(found.names, found.types, strict=True)]
    wanted = [f"{name} {_family(kind)}" for name, kind in zip(schema.names, schema.types, strict=True)]
    if here != wanted:
        message = f"its columns are {', '.join(here)}, those of this run {', '.join(wanted)}"
        raise RefusedError(f"cannot write to {uri}: table {table.name!r} has another shape: {message}")


def _family(kind: Any) -> str:
    """A type's name, where table formats may know fewer: no small integers, texts of any length."""
    name = str(kind).replace("large_", "")
    return "int" if name in ("int8", "int16", "int32") else "text" if name in ("string", "string_view") else name
