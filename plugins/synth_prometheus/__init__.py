"""Prometheus metrics of synth's runs and streams. Nothing is offered or sent unless the environment says where."""

from collections.abc import Callable

from synth import StreamSubscriber, hookimpl
from synth_prometheus.watcher import Watcher

synth_api = ">=1.0,<2"


@hookimpl
def synth_subscribers() -> list[Callable[[], StreamSubscriber]]:
    """A watcher for each run."""
    return [Watcher]
