"""A sink of streams as a sink of runs: block by block, as fast as it takes them."""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synth.contracts.sink import Receipt
from synth.contracts.stream_sink import Checkpoint, StreamSink
from synth.tables.digest import digest_batch

if TYPE_CHECKING:
    from synth.contracts.store import Staged
    from synth.tables.batch import Batch

#: Rows that are encoded at a time.
PIECE_ROWS = 4_096


class Streamed:
    """Hands a run over to a sink of streams: each block's transactions, then its side tables, then a mark.

    Such a sink shows a run while it grows: what was marked stays when the run fails, and ``synth stream --resume``
    with the same recipe goes on from there.

    Args:
        resumes: whether the sink keeps what was marked.

    Attributes:
        inner: the sink of streams.
    """

    def __init__(self, sink: StreamSink, fingerprint: str, *, resumes: bool) -> None:
        self.uri, self.inner, self._resumes = sink.uri, sink, resumes
        self._at = Checkpoint.start(fingerprint, origin_us=time.time_ns() // 1000)

    @property
    def marked(self) -> bool:
        """Whether readers keep what was sent, whatever becomes of the run."""
        return self._resumes and self._at.block > 0

    def check(self) -> None:
        """Asks the sink."""
        self.inner.check(resume=False)

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Asks the sink."""
        return self.inner.measure(batches)

    def open(self, extra: "Sequence[Batch]") -> None:
        """Begins a new stream."""
        self.inner.open(extra, fingerprint=self._at.fingerprint, resume=False)

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Encodes a block piece by piece."""
        payloads = {
            name: (list(encoded(self.inner, batch)), batch.native.num_rows, digest_batch(batch.native))
            for name, batch in batches.items()
        }
        return Receipt(block, (), payloads)

    def collect(self, receipt: Receipt) -> None:
        """Sends the block and marks it."""
        for pieces, _, _ in receipt.payloads.values():
            for piece, rows in pieces:
                self.inner.send(piece, 0, rows, emit_us=None)
                self.inner.poll(0)
        rows = {name: rows for name, (_, rows, _) in receipt.payloads.items()}
        digests = {name: digest for name, (_, _, digest) in receipt.payloads.items()}
        self._at = dataclasses.replace(
            self._at,
            block=receipt.block + 1,
            before=self._at.before + rows.get("transactions", 0),
            events=self._at.events + rows.get("transactions", 0),
            fraud=self._at.fraud + rows.get("labels", 0),
            tallies=self._at.with_block(rows, digests),
        )
        self.inner.mark(self._at)

    def finish(self) -> "Mapping[str, Sequence[Staged]]":
        """Ends the stream."""
        return self.inner.finish()

    def commit(self, manifest: bytes) -> None:
        """Puts the manifest beside the stream."""
        self.inner.commit(manifest)

    def abort(self) -> None:
        """Keeps what was marked."""
        self.inner.abort()


def encoded(sink: StreamSink, batch: "Batch", first: int = 0) -> Iterator[tuple[Any, int]]:
    """What a sink makes of a batch from a row on, piece by piece: (encoded, rows)."""
    total = batch.native.num_rows
    for start in range(first, total, PIECE_ROWS):
        part = batch.part(start, min(start + PIECE_ROWS, total))
        yield sink.encode(part), part.native.num_rows
