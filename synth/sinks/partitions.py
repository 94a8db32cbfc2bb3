"""The rows of a block by partition, each with the folder that is named after its values, as Hive names them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np

from synth.arrays import Int64
from synth.errors import RunError
from synth.sinks.places import PARTITION
from synth.tables.partition import NULL, TIME_PARTS, escaped
from synth.tables.split import time_of
from synth.tables.table import Table

if TYPE_CHECKING:
    from synth.tables.batch import Batch

#: Of a part of the time, the unit that NumPy counts it in.
_UNITS = {"year": "Y", "month": "M", "day": "D", "hour": "h"}


def partitioned_table(table: Table, keys: Sequence[str]) -> Table:
    """What the files hold: the values of the other keys stand in the names of the folders alone."""
    return replace(table, fields=tuple(field for field in table.fields if field.name not in keys))


def partition_of(file: str) -> dict[str, str | None]:
    """What the folders of a file say of its rows.

    >>> synth.partition_of("transactions/day=2022-01-03/channel=in%2Fout/part-00000.parquet")
    {'day': '2022-01-03', 'channel': 'in/out'}

    Args:
        file: its name, below the place.

    Returns:
        Key → value, as text; None for one that is missing. Empty for a file in no such folder.
    """
    steps = (step.partition(PARTITION) for step in file.split("/")[:-1])
    return {unquote(key): None if value == NULL else unquote(value) for key, sign, value in steps if sign}


def split(batch: "Batch", keys: Sequence[str], *, keep: bool = False) -> Iterator[tuple[str, "Batch"]]:
    """Yields each partition that has rows here: its folder and these rows, in order; who begins first comes first.

    Args:
        keep: whether the rows hold the values that their folder is named after, too.
    """
    if not batch.native.num_rows:
        return
    code_t, folders = _coded(batch, keys)
    rest = batch if keep else batch.only(partitioned_table(batch.table, keys))
    if not (np.diff(code_t) < 0).any():
        ends = np.flatnonzero(np.diff(code_t, append=len(folders)))
        for first, last in zip([0, *(ends[:-1] + 1)], ends + 1, strict=True):
            yield folders[code_t[first]], rest.part(int(first), int(last))
        return
    by_code = np.argsort(code_t, kind="stable")
    for code, rows in enumerate(np.split(by_code, np.cumsum(np.bincount(code_t))[:-1])):
        yield folders[code], rest.take(rows)


def _coded(batch: "Batch", keys: Sequence[str]) -> tuple[Int64, list[str]]:
    """(t,) which partition each row is in, counted as they begin, and the folder of each."""
    code_t, texts_k = np.zeros(batch.native.num_rows, dtype=np.int64), []
    for key in keys:
        own_t, texts = _codes(batch, key)
        code_t = code_t * len(texts) + own_t
        texts_k.append((own_t, texts))
    _, first, code_t = np.unique(code_t, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    folders = [
        "/".join(f"{escaped(key)}={texts[own_t[row]]}" for key, (own_t, texts) in zip(keys, texts_k, strict=True))
        for row in np.sort(first)
    ]
    return rank[code_t], folders


def _codes(batch: "Batch", key: str) -> tuple[Int64, list[str]]:
    """(t,) the value of a key in each row, as a position among its texts."""
    if key in TIME_PARTS:
        time_t = time_of(batch).astype(f"datetime64[{_UNITS[key]}]")
        values, code_t = np.unique(time_t, return_inverse=True)
        return code_t, [text.replace("T", "-") for text in np.datetime_as_string(values).tolist()]
    coded = batch.native.column(key).dictionary_encode(null_encoding="encode")
    values = coded.dictionary.to_pylist()
    if "" in values:
        raise RunError(f"no folder can be named after the empty text that {key!r} has in some rows")
    return coded.indices.to_numpy().astype(np.int64), [NULL if v is None else escaped(str(v)) for v in values]
