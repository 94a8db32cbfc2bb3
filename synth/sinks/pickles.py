"""Pickled data frames, one a day, as the Fraud Detection Handbook lays its transactions out."""

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from synth.contracts.sink import SinkJob
from synth.errors import Problem
from synth.sinks.csv import Folder, Uri
from synth.sinks.files import FileSink
from synth.sinks.s3_options import S3, S3Options
from synth.sinks.targets import Target
from synth.tables.column import Column
from synth.tables.split import Split
from synth.tables.table import Table
from synth.tables.types import arrow_type
from synth.timeline import US_PER_S, Timeline

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from synth.contracts.output import ColumnEntry
    from synth.tables.batch import Batch

_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class PicklesConfig:
    """Pickled pandas data frames: a file a day, 2018-04-01.pkl, as the Fraud Detection Handbook reads them."""

    kind: Literal["pickles"] = "pickles"
    uri: Uri
    run_folder: Folder
    s3: S3 = field(default_factory=S3Options)

    def problems_with(self, view: Mapping[str, Column], window: Timeline) -> Iterator[Problem]:
        """Refuses a view that does not say of which day a row is."""
        if "time" not in {column.name for column in view.values()}:
            message = "files are of a day each, and the view does not show the event time"
            yield Problem(path="kind", message=message, allowed=("columns=handbook_book, or columns.add.time=time",))


class PicklesSink(FileSink):
    """Pickles, each alone in the place; those of a day without rows, too."""

    def __init__(self, config: PicklesConfig, job: SinkJob) -> None:
        super().__init__(PickleFormat(), "file", job, config.run_folder, split=_days(job), s3=config.s3)


def _days(job: SinkJob) -> Split:
    """The days that the window touches."""
    first, last = job.start_s // _DAY_S, max(job.start_s, job.end_s - 1) // _DAY_S
    days = range(first, last + 1)
    names = (f"{datetime.fromtimestamp(0, UTC) + timedelta(days=day):%Y-%m-%d}" for day in days)
    return Split(tuple(names), tuple(day * _DAY_S * US_PER_S for day in days[1:]))


@dataclass(frozen=True)
class PickleFormat:
    """A data frame, whole."""

    suffix: str = ".pkl"

    def encode(self, batch: "Batch") -> "pa.RecordBatch":
        """The native columns."""
        return batch.native

    def open_file(self, table: Table, target: Target) -> "PickleFile":
        """Begins one."""
        return PickleFile(table, target)


class PickleFile:
    """Rows that wait for the end of their file: a frame is pickled as a whole."""

    def __init__(self, table: Table, target: Target) -> None:
        self._schema, self._target = table.schema, target
        self._waiting: list[pa.RecordBatch] = []

    def append(self, payload: "pa.RecordBatch") -> None:
        """Keeps rows."""
        self._waiting.append(payload)

    def close(self) -> None:
        """Pickles them."""
        import pyarrow as pa

        rows = pa.Table.from_batches(self._waiting, schema=self._schema)
        self._waiting.clear()
        self._target.write(pickle.dumps(_as_frame(rows), protocol=4))

    def abort(self) -> None:
        """Forgets them."""
        self._waiting.clear()


def _as_frame(rows: "pa.Table") -> "pd.DataFrame":
    """Of NumPy's types alone, which every pandas has: whole numbers of 64 bits, times in nanoseconds; texts and days as
    objects, and so numbers and flags with nulls.
    """
    import pyarrow.types as types

    frame: pd.DataFrame = rows.to_pandas(integer_object_nulls=True, coerce_temporal_nanoseconds=True)
    for shown in rows.schema:
        if types.is_string(shown.type):
            frame[shown.name] = frame[shown.name].astype(object)
        elif types.is_timestamp(shown.type) and shown.type.tz:
            frame[shown.name] = frame[shown.name].dt.tz_convert(UTC)
        elif types.is_integer(shown.type) and not rows.column(shown.name).null_count:
            frame[shown.name] = frame[shown.name].astype("int64")
    frame.columns = frame.columns.astype(object)
    return frame


def read_pickle(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    """The rows of a file, for ``synth verify``: a pickle may run anything, and this reader lets it make a frame alone.

    Raises:
        pickle.UnpicklingError: it is none, or asks for more than a frame is made of.
    """
    import pyarrow as pa

    frame = _Frames(stream).load()
    names = [column["name"] for column in columns]
    if list(frame.columns) != names:
        raise ValueError(f"it has the columns {', '.join(map(str, frame.columns))}")
    kinds = [arrow_type(column["type"]) for column in columns]
    arrays = [pa.array(frame[name], from_pandas=True).cast(kind) for name, kind in zip(names, kinds, strict=True)]
    yield pa.RecordBatch.from_arrays(arrays, names=names)


class _Frames(pickle.Unpickler):
    """Reads what data frames are made of, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The parts of a frame."""
        if (module.partition(".")[0], name) not in _PARTS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data frame is made of")
        return super().find_class(module, name)


#: What is asked for, by the library and by name: the modules change with the versions of these.
_PARTS = {
    *(("pandas", name) for name in ("DataFrame", "BlockManager", "Index", "RangeIndex", "_new_Index")),
    *(("pandas", name) for name in ("_unpickle_block", "__pyx_unpickle_NDArrayBacked")),
    *(("pandas", name) for name in ("DatetimeArray", "DatetimeTZDtype")),
    *(("numpy", name) for name in ("ndarray", "dtype", "_reconstruct", "_frombuffer")),
    *(("datetime", name) for name in ("date", "timezone", "timedelta")),
    ("builtins", "slice"),
    ("decimal", "Decimal"),
    ("_codecs", "encode"),
}
