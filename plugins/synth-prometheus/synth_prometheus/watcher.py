"""Keeps what a run tells; the libraries are loaded only where the environment asks for metrics."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace

from synth import BlockDone, RunEnded, RunStarted, StreamProgress

#: Where to listen, the gateway's url, and the file's path: each asks for metrics.
PORT, GATEWAY, TEXTFILE = (f"SYNTH_PROMETHEUS_{name}" for name in ("PORT", "PUSHGATEWAY", "TEXTFILE"))
HOST, JOB = "SYNTH_PROMETHEUS_HOST", "SYNTH_PROMETHEUS_JOB"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a run has told so far; never changed, only replaced, so that a scrape sees one moment.

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
        self.told = Told(started=event)
        asked = {name: os.environ[name] for name in (PORT, GATEWAY, TEXTFILE) if os.environ.get(name)}
        if asked:
            from synth_prometheus.delivery import open_ways

            job, host = os.environ.get(JOB) or "synth", os.environ.get(HOST) or "127.0.0.1"
            open_ways(self._ways, lambda: self.told, asked, host=host, job=job)

    def block_done(self, event: BlockDone) -> None:
        """Counts."""
        rows, fraud_rows = self.told.rows + event.rows, self.told.fraud_rows + event.fraud_rows
        self.told = replace(self.told, rows=rows, fraud_rows=fraud_rows, blocks=event.block + 1, seconds=event.seconds)

    def stream_progress(self, event: StreamProgress) -> None:
        """Keeps how a stream goes."""
        self.told = replace(self.told, progress=event, seconds=event.seconds)

    def run_ended(self, event: RunEnded) -> None:
        """Writes and pushes the last state, and stops listening."""
        self.told = replace(self.told, ended=event, seconds=event.seconds)
        self._ways.close()
