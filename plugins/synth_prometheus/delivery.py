"""The ways to Prometheus: an endpoint while a run goes on, a gateway and a file when it ends.

Whatever goes wrong on them is told in one line, and the run goes on.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread

from prometheus_client import CollectorRegistry, MetricsHandler, push_to_gateway, write_to_textfile

from synth import on_one_line
from synth_prometheus.metrics import RunMetrics
from synth_prometheus.watcher import GATEWAY, PORT, TEXTFILE, RunState

log = logging.getLogger(__name__)

#: How long the end of a run may wait: for a scrape that is under way to begin, and for the gateway.
_LOOK_S, _GATEWAY_S = 0.05, 5


class _Server(ThreadingHTTPServer):
    """Serves one registry; a thread a scrape."""

    def server_bind(self) -> None:
        """Binds, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A scraper that goes away is none of the run's business."""
        log.debug("a scrape by %s failed", client_address)


def open_ways(ways: ExitStack, state: Callable[[], RunState], asked: Mapping[str, str], *, host: str, job: str) -> None:
    """Opens the endpoint, and leaves on the stack what is to be done when the run has ended.

    Args:
        asked: variables of the environment that are set → their values.
    """
    registry = CollectorRegistry()  # not the global one: two runs of one process have nothing in common
    registry.register(RunMetrics(state))
    if PORT in asked:
        with _warning(f"no metrics at {host}:{asked[PORT]}"):
            ways.enter_context(_serving(registry, host, asked[PORT]))
    if GATEWAY in asked:
        ways.callback(_push, registry, asked[GATEWAY], job)
    if TEXTFILE in asked:
        ways.callback(_write, registry, asked[TEXTFILE])


@contextmanager
def _serving(registry: CollectorRegistry, host: str, port: str) -> Iterator[None]:
    """Offers the metrics over HTTP."""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{PORT} is {port!r}, and a port is a number from 1 to 65535")
    server = _Server((host, int(port)), MetricsHandler.factory(registry))
    thread = Thread(target=server.serve_forever, args=(_LOOK_S,), name="synth-prometheus", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _push(registry: CollectorRegistry, gateway: str, job: str) -> None:
    with _warning(f"no metrics pushed to {gateway}"):
        push_to_gateway(gateway, job=job, registry=registry, timeout=_GATEWAY_S)


def _write(registry: CollectorRegistry, path: str) -> None:
    with _warning(f"no metrics written to {path}"):
        write_to_textfile(path, registry)


@contextmanager
def _warning(what: str) -> Iterator[None]:
    """Tells what does not work, and goes on."""
    try:
        yield
    except (OSError, ValueError, HTTPException) as error:
        log.warning("%s", on_one_line(f"{what}: {error}; the run is not affected"))
