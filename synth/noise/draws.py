"""Draws the noise that rows of a block meet, from streams of its own, and its answer key."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Int64
from synth.noise.config import NoiseConfig
from synth.rng import Streams
from synth.tables.arrow import names_to_arrow, to_arrow
from synth.tables.batch import Batch
from synth.tables.declared import NOISE_KINDS
from synth.tables.table import Table
from synth.timeline import US_PER_S

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Noise:
    """What the rows of a block meet.

    Attributes:
        row_n: (n,) int64 which rows, rising.
        kind_n: (n,) int64 index into ``NOISE_KINDS``.
        delay_us_n: (n,) int64 microseconds of event time; 0 for what is dropped.
    """

    row_n: Int64
    kind_n: Int64
    delay_us_n: Int64

    def of(self, kind: str) -> tuple[Int64, Int64]:
        """The rows that meet one kind, and their delays."""
        chosen = self.kind_n == NOISE_KINDS.index(kind)
        return self.row_n[chosen], self.delay_us_n[chosen]


def draw_noise(config: NoiseConfig, block: int, rows: int, streams: Streams) -> Noise:
    """What the rows of a block meet: each row by itself, with the configured shares as probabilities."""
    edges = np.cumsum(config.shares)
    kind_t = np.searchsorted(edges, streams.draw("kinds", block).random(rows), side="right")
    row_n = np.flatnonzero(kind_t < len(NOISE_KINDS))
    kind_n = kind_t[row_n]
    part_n = streams.draw("delays", block).random(rows)[row_n]
    ranges = [each.delay_s for each in (config.disorder, config.late, config.duplicates)]
    low_k = np.array([*(delay.min for delay in ranges), 0.0])
    high_k = np.array([*(delay.max for delay in ranges), 0.0])
    delay_s_n = low_k[kind_n] + part_n * (high_k - low_k)[kind_n]
    return Noise(row_n, kind_n, (delay_s_n * US_PER_S).astype(np.int64))


def tell_noise(noise: Noise, table: Table, first_event: int, transactions: Batch) -> Batch:
    """The answer key of a block."""
    columns: dict[str, pa.Array] = {
        "event_id": to_arrow(noise.row_n + first_event),
        "kind": names_to_arrow(NOISE_KINDS).take(to_arrow(noise.kind_n)),
        "delay_us": to_arrow(noise.delay_us_n),
    }
    for field in table.fields:
        if field.column.name == "tid":
            shown = transactions.table.shown["tid"]
            columns["tid"] = transactions.native.column(shown).take(to_arrow(noise.row_n))
    return Batch.of(table, {field.name: columns[field.column.name] for field in table.fields}, {})
