"""The places of a recipe, looked at before anything is sent to them."""

import logging
import time
from collections.abc import Mapping

from synth.clock.ages import ages_when_sent
from synth.config.recipe import Recipe
from synth.contracts.findings import Finding
from synth.contracts.inspection import Inspectable, Prospect
from synth.contracts.sink import Sink
from synth.errors import RefusedError, SynthError, blaming, on_one_line
from synth.sinks.streamed import Streamed

log = logging.getLogger(__name__)


def make_prospect(recipe: Recipe, fingerprint: str, *, resume: bool = False) -> Prospect:
    """What the places of a recipe are asked about, now.

    Args:
        fingerprint: of the stream.
    """
    oldest_s, newest_s = ages_when_sent(recipe.clock, recipe.timeline, now_s=time.time_ns() / 1e9)
    return Prospect(fingerprint=fingerprint, resume=resume, oldest_s=oldest_s, newest_s=newest_s)


def inspect_sinks(sinks: Mapping[str, Sink], prospect: Prospect) -> dict[str, list[Finding]]:
    """Sink name → what there is to say of its place; whatever goes wrong meanwhile is a finding, too."""
    return {name: _inspect(name, sink, prospect) for name, sink in sinks.items()}


def heed_findings(name: str, sink: object, prospect: Prospect) -> None:
    """Tells what is to be said of a sink's place before anything is sent there.

    Raises:
        RefusedError: it does not take these rows.
    """
    if not isinstance(sink, Inspectable):
        return
    blamed = f"sink {name!r}"
    with blaming(blamed):
        found = sink.inspect(prospect)
    for finding in found:
        if finding.state == "failure":
            raise RefusedError(f"{blamed}: {finding.what}: {finding.line}")
        if finding.state == "warning":
            log.warning("%s: %s: %s", blamed, finding.what, finding.line)


def _inspect(name: str, sink: Sink, prospect: Prospect) -> list[Finding]:
    offered = sink.inner if isinstance(sink, Streamed) else sink
    try:
        with blaming(f"sink {name!r}"):
            if isinstance(offered, Inspectable):
                return list(offered.inspect(prospect))
            sink.check()
    except SynthError as error:
        return [failure_of("place", error)]
    return [Finding(what="place", state="ok", told="can be written")]


def failure_of(what: str, error: SynthError) -> Finding:
    """An error as a finding; one that blames the configuration says where."""
    if not error.problems:
        return Finding(what=what, state="failure", told=on_one_line(str(error)))
    blamed = error.problems[0]
    allowed, where = blamed.allowed and f"allowed: {blamed.allowed}", blamed.where
    hint = "; ".join(filter(None, (blamed.hint, allowed, where)))
    return Finding(what=what, state="failure", told=on_one_line(blamed.message), hint=on_one_line(hint))
