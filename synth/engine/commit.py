"""The end of a run: commit every sink, or take everything back; neither is stopped half-way."""

import logging
from collections.abc import Mapping

from synth.contracts.sink import Sink
from synth.engine.signals import ignoring_signals
from synth.errors import PartlyDone, SynthError, blaming

log = logging.getLogger(__name__)


def commit(sinks: Mapping[str, Sink], manifests: Mapping[str, bytes]) -> None:
    """Commits sink by sink; the first failure decides between nothing and partly done."""
    done: list[str] = []
    for name, sink in sinks.items():
        try:
            with blaming(f"sink {name!r}"):
                sink.commit(manifests[name])
        except SynthError as error:
            if not done:
                raise
            raise PartlyDone(f"sink {name!r} failed after {', '.join(done)} had been committed: {error}") from error
        done.append(name)


def abort(sinks: Mapping[str, Sink]) -> None:
    """Takes back every sink, whatever state it is in."""
    with ignoring_signals():
        for name, sink in sinks.items():
            try:
                sink.abort()
            except Exception as error:  # noqa: BLE001 — the other sinks have to be taken back all the same
                log.warning("sink %r could not take everything back: %s", name, error)
