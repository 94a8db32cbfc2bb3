"""The driver of a stream: hands rows over when they are due, marks, and tells how it goes."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from synth.arrays import Int64
from synth.clock.config import ClockConfig
from synth.clock.lag import Lag, LagHistogram
from synth.contracts.run_events import StreamProgress
from synth.contracts.stream_sink import Checkpoint, StreamSink, StreamStats
from synth.errors import RunError, blaming
from synth.stream.pieces import BlockEnd, Piece
from synth.timeline import US_PER_S

#: A mark costs the sink a file or a transaction; what lies behind the last one is sent again after a crash.
_MARK_S = 1.0

_TELL_S = 1.0

#: The shortest and the longest wait: rows that are due closer together go in one batch.
#: The shortest time of which a rate says something.
_TELLING_S = 0.5
_TICK_S, _MAX_WAIT_SECONDS = 0.001, 0.1


class Stopped(Exception):
    """Somebody wants the stream to stop."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a stream goes.

    Attributes:
        at: how far it is, counted from its first start.
        rate: events a second since the last time that it was told.
        lag: how late the events since then were; None without a clock.
        lags: how late all events of this start were.
        stats: of the sink.
    """

    at: Checkpoint
    rate: float
    lag: Lag | None
    lags: LagHistogram
    stats: StreamStats

    def progress(self, seconds: float) -> StreamProgress:
        """What subscribers are told, so many seconds after the work on this start began."""
        return StreamProgress(
            events=self.at.events,
            fraud_rows=self.at.fraud,
            skipped=self.at.skipped,
            in_flight=self.stats.in_flight,
            failed=self.stats.failed,
            lag_counts=self.lags.counts(),
            lag_sum_s=self.lags.sum_s,
            seconds=seconds,
        )


ProgressCallback = Callable[[Progress], None]


class Pace:
    """Where the schedule's time stands: microseconds after the stream's start, on the clock that only goes forward.

    A stream that goes on begins where it stopped, except where event times stand for moments of the wall clock: it
    then catches up first, and what it catches up with is not late.
    """

    def __init__(self, clock: ClockConfig, at: Checkpoint) -> None:
        self.overload = clock.overload
        self.catching_up = clock.pinned
        self._begun = False
        self._resumed = at.events + at.skipped > 0
        passed_us = time.time_ns() // 1000 - at.origin_us if clock.pinned else 0
        self._zero_us = time.monotonic_ns() // 1000 - passed_us
        self._pinned = clock.pinned

    def begin(self, offset_us: int) -> None:
        """The first row is there, and its time is now, unless the wall clock says otherwise."""
        if not self._begun and not self._pinned:
            self._zero_us = time.monotonic_ns() // 1000 - (offset_us if self._resumed else 0)
        self._begun = True

    def now_us(self) -> int:
        """Microseconds after the stream's start."""
        return time.monotonic_ns() // 1000 - self._zero_us

    def too_late(self, offset_us_t: Int64, now_us: int) -> int:
        """How many of the first rows are too late to be sent."""
        if self.overload.policy == "block" or self.catching_up:
            return 0
        return int(np.searchsorted(offset_us_t, now_us - self.overload.after_s * US_PER_S))


class Sender:
    """Sends pieces in order.

    Attributes:
        at: how far the stream is.
        lag: of all events of this start.
    """

    def __init__(
        self, sink: StreamSink, blamed: str, at: Checkpoint, pace: Pace | None, tell: ProgressCallback
    ) -> None:
        self.at, self.lag = at, LagHistogram()
        self._sink, self._blamed, self._pace, self._tell = sink, blamed, pace, tell
        self._asked = threading.Event()
        self._lately, self._told_events = LagHistogram(), at.events
        self._marked, self._marked_s = at, time.monotonic()
        self._told_s = self._marked_s
        self._first_events, self._first_s, self._last_s = at.events, 0.0, 0.0

    @property
    def rate(self) -> float | None:
        """Events a second of this start, from the first one sent to the last one; None of too short a time."""
        span_s = self._last_s - self._first_s
        return (self.at.events - self._first_events) / span_s if span_s >= _TELLING_S else None

    def live(self) -> Progress:
        """How it goes."""
        rate = (self.at.events - self._told_events) / max(time.monotonic() - self._told_s, _TICK_S)
        return Progress(at=self.at, rate=rate, lag=self._lately.read(), lags=self.lag, stats=self._sink.stats())

    def stop_when(self, asked: threading.Event) -> None:
        """Stops with ``Stopped`` once the event is set, between two sends."""
        self._asked = asked

    def send(self, piece: Piece) -> None:
        """Sends some transactions, each when it is due."""
        if piece.offset_us_t is None or self._pace is None:
            self._housekeeping()
            self._hand_over(piece, 0, piece.rows)
            return
        self._pace.begin(int(piece.offset_us_t[0]))
        row = 0
        while row < piece.rows:
            self._housekeeping()
            now_us = self._pace.now_us()
            due = int(np.searchsorted(piece.offset_us_t, now_us, side="right"))
            if due <= row:
                self._pace.catching_up = False
                self._wait((int(piece.offset_us_t[row]) - now_us) / US_PER_S)
                continue
            first = max(row, self._pace.too_late(piece.offset_us_t[:due], now_us))
            if first > row:
                self._leave_out(piece, row, first, now_us)
            if due > first:
                self._hand_over(piece, first, due)
                self._count_lag(piece.offset_us_t[first:due])
            row = due

    def end_block(self, end: BlockEnd) -> None:
        """Sends the other tables of a block, whose last transaction is sent."""
        with blaming(self._blamed):
            for encoded, rows in end.side:
                self._sink.send(encoded, 0, rows, emit_us=self._emit_us())
        tallies = self.at.with_block(end.rows, end.digests)
        before = self.at.before + end.arrivals
        self.at = replace(self.at, block=self.at.block + 1, row=0, before=before, tallies=tallies)

    def mark(self) -> None:
        """Makes what was sent durable."""
        with blaming(self._blamed):
            self._sink.mark(self.at)
        self._marked, self._marked_s = self.at, time.monotonic()

    def _hand_over(self, piece: Piece, first: int, last: int) -> None:
        with blaming(self._blamed):
            self._sink.send(piece.encoded, first, last, emit_us=self._emit_us())
        self._last_s = time.monotonic()
        self._first_s = self._first_s or self._last_s
        fraud = int(piece.fraud_t[last] - piece.fraud_t[first])
        at, rows = self.at, last - first
        self.at = replace(at, row=at.row + rows, events=at.events + rows, fraud=at.fraud + fraud)

    def _leave_out(self, piece: Piece, first: int, last: int, now_us: int) -> None:
        """Does with rows that are too late what the clock says."""
        assert piece.offset_us_t is not None
        assert self._pace is not None
        if self._pace.overload.policy == "fail":
            behind_s = (now_us - int(piece.offset_us_t[first])) / US_PER_S
            message = f"the sink is {behind_s:,.1f} s behind, more than clock.overload.after_s"
            raise RunError(f"{message}={self._pace.overload.after_s:g} allows: it takes fewer events than come")
        self.at = replace(self.at, row=self.at.row + last - first, skipped=self.at.skipped + last - first)

    def _count_lag(self, offset_us_t: Int64) -> None:
        assert self._pace is not None
        lag_us_t = self._pace.now_us() - offset_us_t
        if self._pace.catching_up and lag_us_t[-1] > self._pace.overload.after_s * US_PER_S:
            return
        self._pace.catching_up = False
        self.lag.add(lag_us_t)
        self._lately.add(lag_us_t)

    def _emit_us(self) -> int | None:
        return time.time_ns() // 1000 if self._pace is not None else None

    def _housekeeping(self) -> None:
        """What has to be done now and then."""
        if self._asked.is_set():
            raise Stopped
        now_s = time.monotonic()
        if now_s - self._marked_s >= _MARK_S and self._marked is not self.at:
            self.mark()
        with blaming(self._blamed):
            self._sink.poll(0)
        if now_s - self._told_s >= _TELL_S:
            self._tell(self.live())
            self._lately, self._told_events, self._told_s = LagHistogram(), self.at.events, now_s

    def _wait(self, seconds: float) -> None:
        """Waits, and lets delivery reports in meanwhile."""
        until_s = time.monotonic() + min(max(seconds, _TICK_S), _MAX_WAIT_SECONDS)
        with blaming(self._blamed):
            self._sink.poll(max(0.0, until_s - time.monotonic()))
        time.sleep(max(0.0, until_s - time.monotonic()))
