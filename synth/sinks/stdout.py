"""Transactions as JSON lines on the standard output: a stream for the next program of a pipe."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synth.contracts.sink import SinkJob
from synth.contracts.stream_sink import Checkpoint, StreamSink, StreamStats
from synth.sinks.jsonl_stream import Lines, encode_lines, write_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synth.tables.batch import Batch

_STDOUT = 1


@dataclass(frozen=True, kw_only=True)
class StdoutConfig:
    """The transactions as JSON lines on the standard output; the other tables are not written."""

    kind: Literal["stdout"] = "stdout"


def takes(config: StdoutConfig) -> list[tuple[str, ...]]:
    """The standard output, whoever writes there."""
    return [("the standard output",)]


class Stdout(StreamSink):
    """Writes, and remembers nothing."""

    def __init__(self, config: StdoutConfig, job: SinkJob) -> None:
        self.uri = "the standard output"
        self._sent = 0

    def check(self, *, resume: bool) -> None:
        """The standard output takes everything."""

    def open(self, extra: "Sequence[Batch]", *, fingerprint: str, resume: bool) -> Checkpoint | None:
        """Always from the start."""
        return None

    def encode(self, batch: "Batch") -> Lines | None:
        """The lines of the transactions."""
        return encode_lines(batch) if batch.table.name == "transactions" else None

    def send(self, encoded: Lines | None, first: int, last: int, *, emit_us: int | None) -> None:
        """Writes, and waits for the reader."""
        if encoded is not None:
            write_all(_STDOUT, encoded.rows(first, last))
            self._sent += last - first

    def mark(self, checkpoint: Checkpoint) -> None:
        """What is written is the reader's."""

    def commit(self, manifest: bytes) -> None:
        """The manifest has no place among the transactions."""

    def abort(self) -> None:
        """Nothing is held."""

    def stats(self) -> StreamStats:
        """What was written."""
        return StreamStats(delivered=self._sent)
