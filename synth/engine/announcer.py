"""Tells the subscribers of a run what happens. Who fails while being told is told nothing more; the run goes on."""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout

from synth.contracts.run_events import (
    BlockDone,
    Outcome,
    RunEnded,
    RunStarted,
    StreamProgress,
    StreamSubscriber,
    Subscriber,
)
from synth.engine.prepare import Prepared
from synth.errors import InterruptedRun, PartlyDone
from synth.wording import hide_secrets, on_one_line

log = logging.getLogger(__name__)


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
        self._tell("run_started", lambda each: each.run_started(event))

    @contextmanager
    def announcing_end(self) -> Iterator[None]:
        """Announces how the run that starts inside ends; a failure is announced and goes on."""
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
        self._tell("block_done", lambda each: each.block_done(event))

    def progress(self, event: StreamProgress) -> None:
        """Tells those who want to know how a stream goes."""

        def tell(subscriber: Subscriber) -> None:
            if isinstance(subscriber, StreamSubscriber):
                subscriber.stream_progress(event)

        self._tell("stream_progress", tell)

    def sent(self, events: int, *, blocks: int) -> None:
        """Notes how far a stream is: readers find these transactions however it ends, and these blocks were told."""
        self._sent, self._blocks = events, blocks

    def _end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        if self._started is None:
            return
        rows = self._started.rows if outcome in ("done", "partly done") else 0
        rows = rows if self._sent is None else self._sent
        message = "" if error is None else on_one_line(str(error) or type(error).__name__)
        try:
            event = RunEnded(outcome=outcome, rows=rows, seconds=self._seconds(), error=message)
            self._tell("run_ended", lambda each: each.run_ended(event))
        except KeyboardInterrupt:  # the run is over: whoever is impatient waits for the subscribers only
            log.warning("interrupted while the subscribers were told how the run ended: %s", outcome)

    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def _tell(self, method: str, tell: Callable[[Subscriber], None]) -> None:
        for plugin, subscriber in list(self._subscribers):
            with self._dropping(plugin, f"failed in {method}", subscriber):
                tell(subscriber)

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


def started_event(prepared: Prepared, uris: Mapping[str, str]) -> RunStarted:
    """What subscribers are told at the start; ``uris`` by the sinks' names."""
    return RunStarted(
        fingerprint=prepared.recipe.fingerprint,
        rows=int(prepared.plan.rows_b.sum()),
        fraud_rows=prepared.plan.planned_rows(),
        blocks=len(prepared.plan.rows_b),
        sinks={name: hide_secrets(uri) for name, uri in uris.items()},
    )
