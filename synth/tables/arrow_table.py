"""A table that is made, or read, while somebody goes through it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synth.wording import counted

if TYPE_CHECKING:
    import pandas as pd


class ArrowTable:
    """A table whose rows come block by block: memory does not grow with them, unless somebody keeps them.

    Whatever takes Arrow's streams takes it as it is, once or again: ``pl.DataFrame(table)``,
    ``pd.DataFrame.from_arrow(table)``, ``pa.table(table)``, and DuckDB by the name of the variable.

    Args:
        batches: begins to yield the rows, in order, with the schema's types.
        enumerated: the text columns that have few different texts, each with those that are known beforehand; they
            come as dictionaries, to which other texts are added as they come.

    Attributes:
        name: what it is called.
        doc: one line: what a row of it is.
        rows: how many it has; None where that shows only when they are made.
        schema: its columns; unit, role and doc are in the fields' metadata.
    """

    def __init__(
        self,
        name: str,
        schema: pa.Schema,
        batches: Callable[[], Iterator[pa.RecordBatch]],
        *,
        doc: str = "",
        rows: int | None = None,
        enumerated: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.name, self.doc, self.rows = name, doc, rows
        self._batches, self._enumerated = batches, enumerated or {}
        fields = [each.with_type(_CODED) if each.name in self._enumerated else each for each in schema]
        self.schema = pa.schema(fields, metadata=schema.metadata)

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order, a block at a time."""
        texts: dict[str, pa.Array] = {
            name: pa.array(list(dict.fromkeys(known)), pa.string()) for name, known in self._enumerated.items()
        }
        for batch in self._batches():
            columns = batch.columns
            for place, field in enumerate(self.schema):
                if field.name in texts:
                    columns[place], texts[field.name] = _coded(columns[place], texts[field.name])
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
            del batch, columns  # the next block is made or read meanwhile

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as a stream of Arrow's C interface; see Arrow's PyCapsule protocol."""
        reader: Any = pa.RecordBatchReader.from_batches(self.schema, self.blocks())
        return reader.__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pa.Table:
        """All rows at once."""
        return pa.Table.from_batches(self.blocks(), self.schema).unify_dictionaries()

    def to_pandas(self) -> "pd.DataFrame":
        """All rows as a data frame.

        Times are UTC; card numbers and other ids are texts; columns with few different texts are categories; whole
        numbers that may be missing are of pandas' nullable type, ``Int64`` and the like.
        """
        return _frame(self.to_arrow())

    def head(self, rows: int) -> "pd.DataFrame":
        """The first rows, as ``to_pandas`` gives them; only the blocks that they are in are made or read."""
        found, blocks = 0, []
        for block in self.blocks():
            blocks.append(block.slice(0, rows - found))
            found += blocks[-1].num_rows
            if found == rows:
                break
        return _frame(pa.Table.from_batches(blocks, self.schema).unify_dictionaries())

    def __repr__(self) -> str:
        rows = "" if self.rows is None else f", {counted(self.rows, 'row')}"
        columns = ", ".join(f"{field.name}: {_word(field.type)}" for field in self.schema)
        return f"<table {self.name}{rows}: {columns}>"

    def _repr_html_(self) -> str:
        rows = "" if self.rows is None else f" · {counted(self.rows, 'row')}"
        head = f"<b>{escape(self.name)}</b>{rows}" + (f" · {escape(self.doc)}" if self.doc else "")
        cells = ((field.name, _word(field.type), _said(field, "unit"), _said(field, "doc")) for field in self.schema)
        lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
        return f"<div>{head}<table>{_HEAD}{lines}</table></div>"


def _frame(table: pa.Table) -> "pd.DataFrame":
    maybe = [field.name for field in table.schema if field.nullable and _is_plain(field.type)]
    frame: pd.DataFrame = table.drop_columns(maybe).to_pandas()
    for name in maybe:
        frame[name] = table.column(name).to_pandas(types_mapper=_with_missing)
    ordered: pd.DataFrame = frame[table.column_names]
    return ordered


_CODED = pa.dictionary(pa.int32(), pa.string())
_HEAD = "<tr><th>column</th><th>type</th><th>unit</th><th>what it says</th></tr>"


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _with_missing(kind: pa.DataType) -> Any:
    """The pandas type that knows missing values."""
    import pandas as pd

    plain = "boolean" if pa.types.is_boolean(kind) else str(kind).capitalize().replace("Uint", "UInt")
    return pd.api.types.pandas_dtype(plain)


def _word(kind: pa.DataType) -> str:
    return "category" if pa.types.is_dictionary(kind) else str(kind)


def _said(field: pa.Field, what: str) -> str:
    said: bytes = (field.metadata or {}).get(what.encode(), b"")
    return said.decode()


def _coded(values: pa.Array, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Texts as indices, and the different texts so far, in the order in which they came.

    Args:
        texts: those of the blocks before.
    """
    import pyarrow.compute as pc

    found = values.dictionary_encode()
    new = found.dictionary.filter(pc.invert(pc.is_in(found.dictionary, value_set=texts)))
    texts = pa.concat_arrays([texts, new])
    places = pc.index_in(found.dictionary, value_set=texts)
    return pa.DictionaryArray.from_arrays(pc.take(places, found.indices), texts), texts
