"""Delivers the rows of each block in the order of their arrival, noise and shifted times included.

The rows of a block arrive with the block, but for those that noise delays: they come with a later one, where their
time puts them. What a block delivers is a pure function of the recipe and the block's index: a stream that goes on
makes the blocks again from which rows may still be on their way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.engine.block import Block
from synth.engine.end_of_run import EndOfRun
from synth.engine.prepare import Prepared
from synth.noise.draws import draw_noise, tell_noise
from synth.rng import Streams
from synth.tables.batch import Batch, printers_of
from synth.tables.column import SHIFT_UNIT_US
from synth.tables.digest import digest_batch
from synth.tables.table import Table, noise_table
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Delivery:
    """What arrives with one block, or what only the end of the stream knows: it has no transactions.

    Attributes:
        index: the block.
        transactions: its rows in order of arrival.
        arrival_us_t: (t,) int64 when each arrives, in microseconds of event time since 1970; never falling.
        card_t: (t,) int64 index of the card of each.
        fraud_t: (t,) bool which of them are fraud.
        side: the other tables' rows of this block, as they were made, and the noise that its rows met.
        rows, digests: table name → rows and content digest of what was made, without noise and shift.
    """

    index: int
    transactions: Batch
    arrival_us_t: Int64
    card_t: Int64
    fraud_t: Mask
    side: Mapping[str, Batch]
    rows: Mapping[str, int]
    digests: Mapping[str, bytes]


@dataclass(frozen=True)
class _Coming:
    """Rows that have yet to arrive."""

    transactions: Batch
    arrival_us_t: Int64
    card_t: Int64
    event_t: Int64
    fraud_t: Mask


def tables_of(prepared: Prepared) -> tuple[Table, ...]:
    """The tables that a stream adds to."""
    tables = prepared.make_block.tables
    if prepared.recipe.noise.silent:
        return tables
    return (*tables, noise_table(prepared.make_block.labels))


def deliveries(prepared: Prepared, first: int, end_of_run: EndOfRun, *, shift_us: int = 0) -> Iterator[Delivery]:
    """What arrives with each block, from the block ``first`` on, and at the end.

    Args:
        end_of_run: knows at the end what all blocks know.
        shift_us: what is added to every event time that a row shows; whole seconds, for texts hold no more.
    """
    edge_us_b = prepared.plan.blocks.edge_s_b * US_PER_S
    noise, blocks = prepared.recipe.noise, len(prepared.plan.rows_b)
    # a row of block b arrives before the end of b, plus the longest delay
    begin = first
    if not noise.silent and first < blocks:
        begin = min(first, int(np.searchsorted(edge_us_b[1:] + noise.longest_us, edge_us_b[first])))
    coming: _Coming | None = None
    for index in range(begin, blocks):
        block = prepared.make_block(index)
        end_of_run.take(block.deferred)
        if noise.silent:
            delivery = _as_made(prepared, block)
        else:
            delivery, coming = _with_noise(prepared, block, coming)
        if index >= first:
            yield _shifted(delivery, shift_us)
    if prepared.plan.targets or prepared.make_block.label_events:
        for index in range(min(begin, blocks)):
            end_of_run.take(prepared.make_block(index).deferred)
    for block in end_of_run.blocks():
        if block.index >= first:
            yield _shifted(_at_the_end(prepared, block), shift_us)


def _at_the_end(prepared: Prepared, block: Block) -> Delivery:
    events = prepared.make_block.events
    transactions = Batch(events, pa.RecordBatch.from_pylist([], events.schema), {})
    rows = {name: block.rows(name) for name in block.batches}
    none = np.empty(0, dtype=np.int64)
    return Delivery(block.index, transactions, none, none, none.astype(bool), block.batches, rows, block.digests)


def _as_made(prepared: Prepared, block: Block) -> Delivery:
    side = {name: batch for name, batch in block.batches.items() if name != "transactions"}
    rows = {name: block.rows(name) for name in block.batches}
    fraud_t = np.zeros(block.rows(), dtype=bool)
    fraud_t[block.truth.row_f] = True
    transactions = block.batches["transactions"]
    return Delivery(block.index, transactions, block.time_us_t, block.card_t, fraud_t, side, rows, block.digests)


def _with_noise(prepared: Prepared, block: Block, coming: _Coming | None) -> tuple[Delivery, _Coming]:
    """What arrives with a block, and what comes later."""
    made, plan = _as_made(prepared, block), prepared.plan
    rows, first_event = block.rows(), int(plan.first_event_b[block.index])
    noise = draw_noise(prepared.recipe.noise, block.index, rows, Streams(prepared.recipe.run.seed, "noise"))
    arrival_us_t = block.time_us_t.copy()
    for kind in ("disorder", "late"):
        row_n, delay_us_n = noise.of(kind)
        arrival_us_t[row_n] += delay_us_n
    again_n, delay_us_n = noise.of("duplicate")
    sent = np.ones(rows, dtype=bool)
    sent[noise.of("drop")[0]] = False
    row_t = np.concatenate([np.flatnonzero(sent), again_n])
    arrival_us_t = np.concatenate([arrival_us_t[sent], block.time_us_t[again_n] + delay_us_n])
    card_t, event_t, fraud_t = made.card_t[row_t], row_t + first_event, made.fraud_t[row_t]
    parts, offset = [made.transactions], 0
    if coming is not None:
        parts, offset = [coming.transactions, made.transactions], len(coming.event_t)
        row_t = np.concatenate([np.arange(offset), row_t + offset])
        arrival_us_t = np.concatenate([coming.arrival_us_t, arrival_us_t])
        card_t = np.concatenate([coming.card_t, card_t])
        event_t = np.concatenate([coming.event_t, event_t])
        fraud_t = np.concatenate([coming.fraud_t, fraud_t])
    order = np.lexsort((event_t, arrival_us_t))
    last = block.index == len(plan.rows_b) - 1
    end_us = plan.blocks.edge_s_b[block.index + 1] * US_PER_S
    cut = len(order) if last else int(np.searchsorted(arrival_us_t[order], end_us))
    now, later = order[:cut], order[cut:]
    key = tell_noise(noise, noise_table(prepared.make_block.labels), first_event, made.transactions)
    delivery = Delivery(
        block.index,
        take_rows(parts, row_t[now]),
        arrival_us_t[now],
        card_t[now],
        fraud_t[now],
        {**made.side, "noise": key},
        {**made.rows, "noise": key.native.num_rows},
        {**made.digests, "noise": digest_batch(key.native)},
    )
    left = _printed(take_rows(parts, row_t[later]))
    return delivery, _Coming(left, arrival_us_t[later], card_t[later], event_t[later], fraud_t[later])


def take_rows(parts: Sequence[Batch], rows: Int64) -> Batch:
    """Rows of batches that follow each other; printed as they would be there, once somebody asks."""
    indices = pa.array(rows)

    def printed(column: int) -> pa.Array:
        return pa.concat_arrays([part.text.column(column) for part in parts]).take(indices)

    native = pa.Table.from_batches([part.native for part in parts]).combine_chunks().take(indices)
    batches = native.combine_chunks().to_batches()
    whole = batches[0] if batches else parts[0].native.slice(0, 0)
    return Batch(parts[0].table, whole, printers_of(parts[0].table, printed))


def _printed(batch: Batch) -> Batch:
    """The same rows, printed already: they keep no other batch in memory."""
    return Batch(batch.table, batch.native, printers_of(batch.table, batch.text.column))


def _shifted(delivery: Delivery, shift_us: int) -> Delivery:
    side = {name: shifted(batch, shift_us) for name, batch in delivery.side.items()}
    return replace(delivery, transactions=shifted(delivery.transactions, shift_us), side=side)


def shifted(batch: Batch, shift_us: int) -> Batch:
    """The same rows with other times, in the columns that follow them."""
    if not shift_us:
        return batch
    columns, printers = [], dict(batch.printers)
    for field, column in zip(batch.table.fields, batch.native.columns, strict=True):
        unit_us = SHIFT_UNIT_US.get(field.column.follows)
        if unit_us:
            printers.pop(field.name, None)
            column = pc.add(column.view(pa.int64()), shift_us // unit_us).view(column.type)
        columns.append(column)
    return Batch(batch.table, pa.RecordBatch.from_arrays(columns, schema=batch.table.schema), printers)
