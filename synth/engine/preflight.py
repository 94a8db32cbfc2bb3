"""Preflight: the places of a recipe are checked before anything is sent to them."""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth.clock.ages import ages_when_sent
from synth.contracts.preflight import Preflight, PreflightContext, PreflightResult
from synth.contracts.sink import Sink
from synth.engine.prepare import Prepared
from synth.errors import RefusedError, SynthError, blaming
from synth.sinks.streamed import Streamed
from synth.wording import on_one_line

if TYPE_CHECKING:
    from synth.tables.batch import Batch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rows:
    """The rows of a run before it runs, made while somebody goes through them; a stream's noise is not in them."""

    prepared: Prepared

    def __iter__(self) -> "Iterator[Batch]":
        yield from self.prepared.extra
        for index in range(len(self.prepared.plan.rows_b)):
            block = self.prepared.make_block(index)
            yield from block.batches.values()
            if block.deferred.reports is not None:
                yield block.deferred.reports


def make_preflight_context(prepared: Prepared, fingerprint: str, *, resume: bool = False) -> PreflightContext:
    """What the preflight of a recipe's places needs to know, now.

    Args:
        fingerprint: of the stream.
    """
    recipe = prepared.recipe
    oldest_s, newest_s = ages_when_sent(recipe.clock, recipe.timeline, now_s=time.time_ns() / 1e9)
    rows = Rows(prepared)
    return PreflightContext(fingerprint=fingerprint, resume=resume, oldest_s=oldest_s, newest_s=newest_s, rows=rows)


def preflight_sinks(sinks: Mapping[str, Sink], context: PreflightContext) -> dict[str, list[PreflightResult]]:
    """Sink name → the results of its preflight; whatever goes wrong meanwhile is one, too."""
    return {name: _preflight(name, sink, context) for name, sink in sinks.items()}


def refuse_or_warn(name: str, sink: object, context: PreflightContext) -> None:
    """Logs the warnings of a sink's preflight.

    Raises:
        RefusedError: a check failed.
    """
    if not isinstance(sink, Preflight):
        return
    blamed = f"sink {name!r}"
    with blaming(blamed):
        results = sink.preflight(context)
    for result in results:
        if result.state == "failure":
            raise RefusedError(f"{blamed}: {result.what}: {result.line}")
        if result.state == "warning":
            log.warning("%s: %s: %s", blamed, result.what, result.line)


def _preflight(name: str, sink: Sink, context: PreflightContext) -> list[PreflightResult]:
    offered = sink.inner if isinstance(sink, Streamed) else sink
    try:
        with blaming(f"sink {name!r}"):
            if isinstance(offered, Preflight):
                return list(offered.preflight(context))
            sink.check()
    except SynthError as error:
        return [failure_of("place", error)]
    return [PreflightResult(what="place", state="ok", message="can be written")]


def failure_of(what: str, error: SynthError) -> PreflightResult:
    """An error as a preflight result; one that blames the configuration says where."""
    if not error.problems:
        return PreflightResult(what=what, state="failure", message=on_one_line(str(error)))
    blamed = error.problems[0]
    allowed = f"allowed: {blamed.allowed_in_words}" if blamed.allowed else ""
    hint = "; ".join(filter(None, (blamed.hint, allowed, blamed.where)))
    return PreflightResult(what=what, state="failure", message=on_one_line(blamed.message), hint=on_one_line(hint))
