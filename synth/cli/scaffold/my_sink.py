"""My sink: say here where the tables go, and for whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from pydantic import Field

from synth import FileSink, SinkJob, SinkSpec, Table, TableFile, Target, TargetStream, hookimpl

if TYPE_CHECKING:  # heavy libraries are imported where they are used: every command loads every plugin
    import pyarrow as pa

    from synth import Batch

synth_api = ">=1.0,<2"


@dataclass(frozen=True, kw_only=True)
class MySinkConfig:
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_sink"] = "my_sink"
    uri: Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")] = None


class MySink(FileSink):
    """Arrow files, one a table. Staging, commit, stores and refusals are those of every sink of files."""

    def __init__(self, config: MySinkConfig, job: SinkJob) -> None:
        super().__init__(ArrowFormat(), "file", job)

    @staticmethod
    def read(file: BinaryIO, table: str, columns: Sequence[Any]) -> "Iterator[pa.RecordBatch]":
        """The rows of a file, for `synth verify` and `RunResult.to_pandas`."""
        import pyarrow as pa

        yield from pa.ipc.open_stream(file)


class ArrowFormat:
    """How a table becomes a file."""

    suffix = ".arrows"

    def encode(self, batch: "Batch") -> "pa.RecordBatch":
        """What a worker makes of a block alone."""
        return batch.native

    def open_file(self, table: Table, target: Target) -> TableFile:
        """Begins a file."""
        return ArrowFile(table, target)


class ArrowFile:
    """One file, written block by block in order."""

    def __init__(self, table: Table, target: Target) -> None:
        import pyarrow as pa

        self._stream = TargetStream(target)
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._stream, mode="w"), table.schema)

    def append(self, payload: "pa.RecordBatch") -> None:
        """Adds the rows of a block."""
        self._writer.write_batch(payload)

    def close(self) -> None:
        """Writes the end."""
        self._writer.close()

    def abort(self) -> None:
        """Writes nothing more."""
        self._stream.drop()
        self._writer.close()


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """Tells synth about the sink."""
    return [SinkSpec(MySinkConfig, MySink, place=True, reads=MySink.read)]
