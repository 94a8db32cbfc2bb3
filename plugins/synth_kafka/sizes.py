"""How large the messages of a stream are, found out from its rows before anything is sent."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from synth import Checkpoint, SinkJob
from synth_kafka.rows import EncodedRows, Framing, RowEncoder

if TYPE_CHECKING:
    from synth import Batch

#: librdkafka's own limit of a message, its ``message.max.bytes``.
MOST_BYTES = 1_000_000

#: What is around key and value of a message that is alone in its batch: the batch's head, the widest numbers of a
#: record, and our headers; https://kafka.apache.org/documentation/#recordbatch
_AROUND_BYTES = 61 + 20 + len("run") + 16 + len("part") + 4 + len("sequence") + 12 + 3 * 2

#: Rows of a table that are looked at first.
_FIRST_ROWS = 10_000

#: Of what a topic takes: larger messages among the first rows have every row looked at.
_NEAR = 0.5

#: What a message is taken to have of a table whose first block has no rows.
_UNSEEN_BYTES = 2_000


def largest_messages(
    rows: "Iterable[Batch]",
    encoders: Mapping[str, RowEncoder],
    framings: Mapping[str, Framing],
    limits: Mapping[str, int],
) -> dict[str, int]:
    """Table → bytes of its largest message, as far as that matters.

    The first rows of each table tell enough where their messages are small beside what the topic takes; where they are
    not, every row of the stream is made and looked at.

    Args:
        rows: those of the stream; they can be gone through again.
        encoders: table → how its rows become messages, the table of which every block has rows first.
        framings: table → what goes before its values and keys.
        limits: table → bytes that its topic takes.
    """
    wanted = {name: encoder for name, encoder in encoders.items() if name in limits}
    found: dict[str, int] = {}
    main = next(iter(encoders), "")
    for batch in rows:
        name = batch.table.name
        if name == main and name in found:
            break
        if name in wanted and name not in found and batch.native.num_rows:
            found[name] = _largest(
                wanted[name].encode(batch.part(0, min(_FIRST_ROWS, batch.native.num_rows)), framings[name])
            )
    near = {name for name in wanted if found.get(name, _UNSEEN_BYTES) > _NEAR * limits[name]}
    for batch in rows if near else ():
        name = batch.table.name
        if name in near:
            for piece in batch.pieces(_FIRST_ROWS):
                found[name] = max(found.get(name, 0), _largest(wanted[name].encode(piece, framings[name])))
    return found


def _largest(rows: EncodedRows) -> int:
    """Bytes of the largest of some messages; 0 of none."""
    pairs = zip(rows.values, rows.keys, strict=True)
    return max((_AROUND_BYTES + len(value) + len(key or b"") for value, key in pairs), default=0)


def checkpoint_bytes(job: SinkJob) -> int:
    """Bytes of the last checkpoint of a stream, which says of each block what it had."""
    start, names = Checkpoint.start("0" * 64, origin_us=10**16), [table.name for table in job.tables]
    rows, digests = dict.fromkeys(names, 10**7), dict.fromkeys(names, bytes(32))
    once = replace(start, tallies=start.with_block(rows, digests))
    twice = replace(once, tallies=once.with_block(rows, digests))
    first, second = (len(json.dumps(each.as_json())) for each in (once, twice))
    return _AROUND_BYTES + first + (second - first) * (job.blocks - 1)
