"""Keeps what a run tells; the libraries are loaded only where the environment asks for metrics."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace

from synth import BlockDone, RunEnded, RunStarted, StreamProgress

#: Where to listen, the gateway's url, and the file's path: each asks for metrics.
PORT, GATEWAY, TEXTFILE = (f"SYNTH_PROMETHEUS_{name}" for name in ("PORT", "PUSHGATEWAY", "TEXTFILE"))
HOST, JOB = "SYNTH_PROMETHEUS_HOST", "SYNTH_PROMETHEUS_JOB"


@dataclass(frozen=True, kw_only=True)
class RunState:
    """The state of a run as its events say; never changed, only replaced, so that a scrape sees one moment.

    Attributes:
        rows, fraud_rows: transactions of the blocks that were done.
        blocks: blocks that are done, those before an earlier stop of a stream included.
        seconds: of the last event.
    """

    started: RunStarted
    rows: int = 0
    fraud_rows: int = 0
    blocks: int = 0
    seconds: float = 0.0
    progress: StreamProgress | None = None
    ended: RunEnded | None = None


class Watcher:
    """The subscriber of one run."""

    def __init__(self) -> None:
        self._ways = ExitStack()

    def run_started(self, event: RunStarted) -> None:
        """Opens what the environment asks for."""
        self.state = RunState(started=event)
        asked = {name: os.environ[name] for name in (PORT, GATEWAY, TEXTFILE) if os.environ.get(name)}
        if asked:
            from synth_prometheus.delivery import open_ways

            job, host = os.environ.get(JOB) or "synth", os.environ.get(HOST) or "127.0.0.1"
            open_ways(self._ways, lambda: self.state, asked, host=host, job=job)

    def block_done(self, event: BlockDone) -> None:
        """Counts."""
        rows, fraud_rows = self.state.rows + event.rows, self.state.fraud_rows + event.fraud_rows
        self.state = replace(
            self.state, rows=rows, fraud_rows=fraud_rows, blocks=event.block + 1, seconds=event.seconds
        )

    def stream_progress(self, event: StreamProgress) -> None:
        """Keeps how a stream goes."""
        self.state = replace(self.state, progress=event, seconds=event.seconds)

    def run_ended(self, event: RunEnded) -> None:
        """Writes and pushes the last state, and stops listening."""
        self.state = replace(self.state, ended=event, seconds=event.seconds)
        self._ways.close()
