"""The state of a run as Prometheus metrics; names and units follow https://prometheus.io/docs/practices/naming/."""

from collections.abc import Callable, Iterator
from typing import get_args

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

import synth
from synth import Outcome, StreamProgress
from synth_prometheus.watcher import RunState


class RunMetrics(Collector):
    """Makes the metrics when somebody asks, on the thread of who asks: a run has no work with them.

    Args:
        state: gives the state of the run.
    """

    def __init__(self, state: Callable[[], RunState]) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """All metrics of one moment."""
        state = self._state()
        about = {"version": synth.__version__, "fingerprint": state.started.fingerprint}
        yield InfoMetricFamily("synth_run", "The version of synth and the fingerprint of the recipe", about)
        running = state.ended is None
        yield GaugeMetricFamily("synth_run_in_progress", "1 until the run has ended", float(running))
        outcome = GaugeMetricFamily("synth_run_outcome", "1 for how the run ended", labels=["outcome"])
        for name in get_args(Outcome):
            outcome.add_metric([name], float(state.ended is not None and state.ended.outcome == name))
        yield outcome
        yield GaugeMetricFamily("synth_rows_planned", "Transactions to make, fraud included", state.started.rows)
        yield CounterMetricFamily("synth_rows_made", "Transactions made by this process, fraud included", state.rows)
        yield CounterMetricFamily("synth_fraud_rows_made", "Fraud transactions made by this process", state.fraud_rows)
        yield GaugeMetricFamily("synth_blocks_planned", "Blocks to make", state.started.blocks)
        yield CounterMetricFamily("synth_blocks_done", "Blocks made and handed to every sink", state.blocks)
        seconds = "Seconds from the start of the work to the last news of it"
        yield GaugeMetricFamily("synth_run_duration_seconds", seconds, state.seconds)
        if state.progress is not None:
            yield from _of_stream(state.progress)


def _of_stream(now: StreamProgress) -> Iterator[Metric]:
    """What only a stream has; the lag only where a clock says when events are due."""
    text = "Transactions sent since the stream's first start, duplicates included"
    yield CounterMetricFamily("synth_stream_events_sent", text, now.events)
    yield CounterMetricFamily("synth_stream_fraud_events_sent", "Fraud transactions among those sent", now.fraud_rows)
    text = "Transactions left out because they were too late"
    yield CounterMetricFamily("synth_stream_events_skipped", text, now.skipped)
    text = "Deliveries of this start that failed and were made again"
    yield CounterMetricFamily("synth_stream_delivery_failures", text, now.failed)
    text = "Rows handed over that the sink has not confirmed"
    yield GaugeMetricFamily("synth_stream_rows_in_flight", text, now.in_flight)
    if now.lag_counts:
        late = [(floatToGoString(bound), count) for bound, count in now.lag_counts]
        text = "How late transactions of this start were sent"
        yield HistogramMetricFamily("synth_stream_lag_seconds", text, late, now.lag_sum_s)
