"""The events of a run and the contract of those who watch it.

Watching changes nothing: who fails while being told is told nothing more, and the run goes on.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

#: How a run ended; see ``RunEnded``.
Outcome = Literal["done", "failed", "interrupted", "partly done"]


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """The sinks have agreed, and the first block is about to be made.

    Attributes:
        fingerprint: of the recipe; runs with the same one make the same data.
        rows: transactions to come, fraud included.
        fraud_rows: fraud transactions to come that are planned; what scenarios claim of the genuine ones shows as it
            is made.
        blocks: number of blocks.
        sinks: sink name → the uri that it writes to, without user and password.
    """

    fingerprint: str
    rows: int
    fraud_rows: int
    blocks: int
    sinks: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class BlockDone:
    """A block is made and handed to every sink; it is not committed yet.

    Attributes:
        block: its index, from 0.
        rows: its transactions, fraud included.
        fraud_rows: its fraud transactions.
        seconds: since the work on the run began.
    """

    block: int
    rows: int
    fraud_rows: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StreamProgress:
    """How a stream goes, or this part of it. It counts from the stream's first start, unless it says otherwise.

    Attributes:
        events: transactions sent, duplicates included.
        fraud_rows: fraud transactions among them.
        skipped: transactions that were due and not sent, because the clock's ``overload`` says so.
        in_flight: rows handed over that the sink has not confirmed.
        failed: attempts to deliver that failed since this start, and were made again.
        lag_counts: (seconds, events of this start that were at most so late), both rising, the last one for infinity;
            empty without a clock. What a stream catches up with is not late, and not counted.
        lag_sum_s: by how much those events were late in all.
        seconds: since the work on this start began.
    """

    events: int
    fraud_rows: int
    skipped: int
    in_flight: int
    failed: int
    lag_counts: tuple[tuple[float, int], ...]
    lag_sum_s: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """The last commit is made, or what was staged has been taken back.

    Attributes:
        outcome: ``partly done`` when some sinks were committed before another one failed.
        rows: transactions that readers find; of a run that failed or was interrupted 0, of a stream those sent before.
        seconds: since the work on the run began.
        error: what went wrong in one line, without secrets; empty when nothing did.
    """

    outcome: Outcome
    rows: int
    seconds: float
    error: str = ""


class Subscriber(Protocol):
    """Watches one run. Is called on the driver's thread, in this order, and holds the run up while it works."""

    def run_started(self, event: RunStarted) -> None:
        """Once, before the first block."""

    def block_done(self, event: BlockDone) -> None:
        """Once a block, in block order."""

    def run_ended(self, event: RunEnded) -> None:
        """Once, after all else: nothing of the run is staged any more."""


@runtime_checkable
class StreamSubscriber(Subscriber, Protocol):
    """A subscriber that wants to know how a stream goes; one without this method is told all the rest."""

    def stream_progress(self, event: StreamProgress) -> None:
        """About once a second between the blocks of a stream, and once when its last row was sent or it stopped."""
