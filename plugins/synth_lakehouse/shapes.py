"""What columns a lake table has, held against those of a run."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from synth import RefusedError, Table

if TYPE_CHECKING:
    import pyarrow as pa

RUN = "synth_run"
"""The column of a table that several runs share; no file holds it."""


def with_run(schema: "pa.Schema", run: str) -> "pa.Schema":
    """The columns of a table; with ``synth_run`` behind them where a run's name is in it."""
    import pyarrow as pa

    doc = {"doc": "the run: the first digits of its fingerprint"}
    return schema.append(pa.field(RUN, pa.string(), metadata=doc)) if run else schema


def require_names(tables: Iterable[Table]) -> None:
    """Refuses a column that is called as ours.

    Raises:
        RefusedError: names it.
    """
    for table in tables:
        if RUN in table.schema.names:
            raise RefusedError(f"lake tables keep the name {RUN!r} for the run of a row: rename it in the view")


def require_layout(uri: str, table: Table, found: "pa.Schema | None", *, runs: bool) -> None:
    """Refuses to mix tables whose rows say of which run they are with those whose rows do not.

    Args:
        found: the columns that are there; None where there is no table.
        runs: whether this run's rows say it.

    Raises:
        RefusedError: the table is of the other kind.
    """
    if found is None or (RUN in found.names) == runs:
        return
    if runs:
        message = "was written without if_exists=append, and takes no second run: choose another uri, or leave it out"
    else:
        message = "was written with if_exists=append, so that its rows say of which run they are: say it here, too"
    raise RefusedError(f"cannot write to {uri}: table {table.name!r} {message}")


def require_shape(uri: str, table: Table, found: "pa.Schema | None", *, runs: bool) -> None:
    """Refuses to add rows of other columns than a table has.

    Raises:
        RefusedError: tells both.
    """
    if found is None:
        return
    schema = with_run(table.schema, "all" if runs else "")
    here = [f"{name} {_family(kind)}" for name, kind in zip(found.names, found.types, strict=True)]
    wanted = [f"{name} {_family(kind)}" for name, kind in zip(schema.names, schema.types, strict=True)]
    if here != wanted:
        message = f"its columns are {', '.join(here)}, those of this run {', '.join(wanted)}"
        raise RefusedError(f"cannot write to {uri}: table {table.name!r} has another shape: {message}")


def _family(kind: Any) -> str:
    """A type's name, where table formats may know fewer: no small integers, texts of any length."""
    name = str(kind).replace("large_", "")
    return "int" if name in ("int8", "int16", "int32") else "text" if name in ("string", "string_view") else name
