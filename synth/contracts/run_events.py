"""What a run tells those who watch it: that it started, that a block is done, how a stream goes, how it ended.

Watching changes nothing: who fails while being told is told nothing more, and the run goes on.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Literal, Protocol

from synth.errors import InterruptedRun, PartlyDone, on_one_line

log = logging.getLogger(__name__)

Outcome = Literal["done", "failed", "interrupted", "partly done"]

#: What a subscriber may leave out.
_OPTIONAL = frozenset({"stream_progress"})


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


class StreamSubscriber(Subscriber, Protocol):
    """A subscriber that wants to know how a stream goes; one without this method is told all the rest."""

    def stream_progress(self, event: StreamProgress) -> None:
        """About once a second between the blocks of a stream, and once when its last row was sent or it stopped."""


class Announcer:
    """Tells every subscriber of one run.

    Args:
        factories: (plugin, what makes its subscriber); each is called when the run starts.
        started: ``time.perf_counter()`` when the work began.
    """

    def __init__(self, factories: Sequence[tuple[str, Callable[[], Subscriber]]], *, started: float) -> None:
        self._factories, self._began = factories, started
        self._subscribers: list[tuple[str, Subscriber]] = []
        self._started: RunStarted | None = None
        self._blocks = 0
        self._sent: int | None = None

    def start(self, event: RunStarted) -> None:
        """Makes the subscribers and tells them that the run starts."""
        self._started = event
        for plugin, factory in self._factories:
            with self._dropping(plugin, "cannot be made"):
                self._subscribers.append((plugin, factory()))
        self._tell("run_started", event)

    @contextmanager
    def telling_the_end(self) -> Iterator[None]:
        """Tells how the run that starts inside ends; a failure is told and goes on."""
        try:
            yield
        except (InterruptedRun, KeyboardInterrupt) as error:
            self._end("interrupted", error)
            raise
        except PartlyDone as error:
            self._end("partly done", error)
            raise
        except BaseException as error:
            self._end("failed", error)
            raise
        self._end("done")

    def block(self, rows: int, fraud_rows: int) -> None:
        """Tells that the next block is done."""
        event = BlockDone(block=self._blocks, rows=rows, fraud_rows=fraud_rows, seconds=self._seconds())
        self._blocks += 1
        self._tell("block_done", event)

    def progress(self, event: StreamProgress) -> None:
        """Tells those who want to know how a stream goes."""
        self._tell("stream_progress", event)

    def sent(self, events: int, *, blocks: int) -> None:
        """Notes how far a stream is: readers find these transactions however it ends, and these blocks were told."""
        self._sent, self._blocks = events, blocks

    def _end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        if self._started is None:
            return
        rows = self._started.rows if outcome in ("done", "partly done") else 0
        rows = rows if self._sent is None else self._sent
        told = "" if error is None else on_one_line(str(error) or type(error).__name__)
        try:
            self._tell("run_ended", RunEnded(outcome=outcome, rows=rows, seconds=self._seconds(), error=told))
        except KeyboardInterrupt:  # the run is over: whoever is impatient waits for the subscribers only
            log.warning("interrupted while the subscribers were told how the run ended: %s", outcome)

    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def _tell(self, method: str, event: RunStarted | BlockDone | StreamProgress | RunEnded) -> None:
        for plugin, subscriber in list(self._subscribers):
            with self._dropping(plugin, f"failed in {method}", subscriber):
                if method not in _OPTIONAL or hasattr(subscriber, method):
                    getattr(subscriber, method)(event)

    @contextmanager
    def _dropping(self, plugin: str, what: str, subscriber: Subscriber | None = None) -> Iterator[None]:
        """Keeps a subscriber's failure, and what it prints, away from the run."""
        try:
            with redirect_stdout(sys.stderr):
                yield
        except (Exception, SystemExit) as error:  # noqa: BLE001 — a plugin may fail in any way
            self._subscribers = [pair for pair in self._subscribers if pair[1] is not subscriber]
            reason = on_one_line(f"{type(error).__name__}: {error}")
            log.warning("a subscriber of plugin %r %s and is told nothing more: %s", plugin, what, reason)
