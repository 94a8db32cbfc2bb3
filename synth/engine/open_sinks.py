"""The sinks of a recipe, each with its place; nothing is touched yet."""

import os
import time
from pathlib import Path

from synth.contracts.sink import Sink, SinkJob
from synth.contracts.stream_sink import StreamSink
from synth.engine.prepare import Prepared
from synth.errors import blaming
from synth.sinks.streamed import Streamed


def run_directory(base: Path | None = None) -> Path:
    """A fresh directory for a run that names none: the time of day, and a few random letters against collisions."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return (base or Path("runs")) / f"{stamp}-{os.urandom(2).hex()}"


def make_sinks(prepared: Prepared, directory: Path, *, overwrite: bool) -> dict[str, Sink]:
    """The sinks of a recipe, in name order. Of several sinks without a uri each gets its own folder."""
    sinks = prepared.recipe.sinks
    uris = {name: part.uri for name, part in sinks.items()}
    homeless = [name for name, uri in uris.items() if uri is None]
    made = {}
    for name, part in sinks.items():
        uri = uris[name] or str(directory / name if len(homeless) > 1 else directory)
        extra = tuple(batch.table for batch in prepared.extra)
        tables, blocks = prepared.make_block.tables, len(prepared.plan.rows_b)
        recipe = prepared.recipe
        window = {"start_s": recipe.timeline.start_s, "end_s": recipe.timeline.end_s}
        job = SinkJob(uri, tables, extra, blocks, overwrite, fingerprint=recipe.fingerprint, **window)
        with blaming(f"sink {name!r}"):
            sink = part.make(job)
            made[name] = (
                Streamed(sink, prepared.recipe.fingerprint, resumes=part.spec.resumes)
                if isinstance(sink, StreamSink)
                else sink
            )
    return made
