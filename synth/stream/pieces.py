"""The rows of a stream, encoded and with the times at which they are due: what the driver only has to hand over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.arrays import Int64
from synth.clock.schedule import Schedule
from synth.contracts.stream_sink import Checkpoint, StreamSink
from synth.sinks.streamed import encoded
from synth.stream.deliveries import Delivery
from synth.stream.share import Share


@dataclass(frozen=True)
class Piece:
    """Some transactions.

    Attributes:
        encoded: what the sink made of them.
        rows: how many.
        offset_us_t: (t,) int64 when each is due after the stream's start, never falling; None for at once.
        fraud_t: (t + 1,) int64 how many of the first rows are fraud.
    """

    encoded: Any
    rows: int
    offset_us_t: Int64 | None
    fraud_t: Int64


@dataclass(frozen=True)
class BlockEnd:
    """All transactions of a block are there.

    Attributes:
        side: the encoded rows of the other tables, each with their number.
        arrivals: transactions that the block delivered, in all parts of the stream.
        rows, digests: table name → rows and content digest of the block.
    """

    side: tuple[tuple[Any, int], ...]
    arrivals: int
    rows: Mapping[str, int]
    digests: Mapping[str, bytes]


def make_pieces(
    sink: StreamSink, schedule: Schedule | None, made: Iterator[Delivery], at: Checkpoint, share: Share
) -> Iterator[Piece | BlockEnd]:
    """Encodes what is delivered from a checkpoint on.

    Args:
        made: what is delivered from the checkpoint's block on, in all parts of the stream.
        share: what of it this part sends; every row is due when it would be in a stream of one part.
    """
    first, before = at.row, at.before
    for delivery in made:
        row_s, arrivals = share.rows(delivery), len(delivery.arrival_us_t)
        offset_us_t = schedule.offsets_us(before, delivery.arrival_us_t) if schedule and arrivals else None
        row = first
        for lines, rows in encoded(sink, share.transactions(delivery, row_s), first):
            piece_s = row_s[row : row + rows]
            due_us_t = None if offset_us_t is None else offset_us_t[piece_s]
            yield Piece(lines, rows, due_us_t, np.concatenate([[0], np.cumsum(delivery.fraud_t[piece_s])]))
            row += rows
        side = tuple(piece for batch in delivery.side.values() for piece in encoded(sink, batch)) if share.first else ()
        yield BlockEnd(side, arrivals, delivery.rows, delivery.digests)
        first, before = 0, before + arrivals
