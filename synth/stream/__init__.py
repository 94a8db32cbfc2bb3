"""The whole stream: the rows of a run, in order and in their time, into a sink that remembers how far it is."""

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.clock.lag import Lag
from synth.clock.schedule import make_schedule, start_us
from synth.config.catalog import Catalog
from synth.config.part import SinkPart
from synth.config.recipe import Recipe
from synth.contracts.sink import SinkJob
from synth.contracts.stream_sink import Checkpoint, StreamSink, Tally
from synth.engine.announcer import Announcer, started_event
from synth.engine.end_of_run import EndOfRun
from synth.engine.manifest import TableTally, manifest_of
from synth.engine.open_sinks import run_directory
from synth.engine.preflight import make_preflight_context, refuse_or_warn
from synth.engine.prepare import Prepared, prepare, refuse_short_memory
from synth.engine.signals import stop_requests
from synth.engine.write import Tallies
from synth.errors import InterruptedRun, PartlyDone, SynthError, blaming
from synth.rng import Streams
from synth.stream.ahead import ahead
from synth.stream.deliveries import deliveries, shifted, tables_of
from synth.stream.pieces import BlockEnd, make_pieces
from synth.stream.refusals import is_resumable, only_sink, refuse_lost_times, refuse_other_days, refuse_parts
from synth.stream.sender import Pace, Progress, ProgressCallback, Sender, Stopped
from synth.stream.share import WHOLE, Share
from synth.timeline import US_PER_S

__all__ = ["Progress", "Share", "StreamResult", "is_resumable", "stream"]

#: How far the work is ahead of the driver: blocks that are made, and pieces that are encoded.
_BLOCKS, _PIECES = 1, 16


@dataclass(frozen=True)
class StreamResult:
    """What a stream sent.

    Attributes:
        place: the sink's uri.
        at: its end: events, fraud, skipped ones.
        rate: events a second of this start, from the first one to the last one; None where that is too short to tell.
        lag: how late the events of this start were; None without a clock.
        digest: content digest of the data, that of a run of the same recipe where there is no noise.
        seconds: wall time of this start.
    """

    place: str
    at: Checkpoint
    rate: float | None
    lag: Lag | None
    digest: str
    seconds: float


def stream(
    recipe: Recipe,
    catalog: Catalog,
    *,
    started: float,
    resume: bool = False,
    overwrite: bool = False,
    share: Share = WHOLE,
    directory: Path | None = None,
    tell: ProgressCallback | None = None,
) -> StreamResult:
    """Sends the rows of a recipe to its sink, in order and each when it is due.

    Args:
        started: ``time.perf_counter()`` when the work began.
        resume: whether a stream that stopped in the sink's place goes on; one that is not there begins.
        overwrite: whether a stream or run in the sink's place may be replaced.
        share: which part of the stream this process sends.
        directory: where a sink without a uri writes; a fresh one below ``runs/`` if None.
        tell: is called about once a second.

    Raises:
        ConfigError: the sink cannot take a stream; nothing was sent.
        RefusedError: the recipe or the place does not allow it; nothing was sent.
        InterruptedRun, PartlyDone: it stopped, or failed; up to its last mark it stands.
        RunError: it failed, and the sink remembers nothing.
    """
    refuse_other_days(recipe)
    name, part = only_sink(recipe, catalog, resume=resume)
    refuse_parts(recipe, part, share, overwrite=overwrite)
    prepared = prepare(recipe)
    refuse_short_memory(prepared)
    refuse_lost_times(recipe, (*tables_of(prepared), *(batch.table for batch in prepared.extra)))
    sink = _make_sink(prepared, name, part, directory or run_directory(), share, overwrite=overwrite)
    announcer = Announcer(catalog.subscribers, started=started)
    with announcer.announcing_end():
        return _StreamRun(prepared, catalog, name, sink, share, announcer, started).run(tell, resume=resume)


class _StreamRun:
    """One start of a stream."""

    def __init__(
        self,
        prepared: Prepared,
        catalog: Catalog,
        name: str,
        sink: StreamSink,
        share: Share,
        announcer: Announcer,
        started: float,
    ) -> None:
        self._prepared, self._catalog, self._name, self._sink, self._share = prepared, catalog, name, sink, share
        self._announcer, self._started, self._blamed = announcer, started, f"sink {name!r}"
        self._closing = EndOfRun(prepared.make_block)

    def run(self, tell: ProgressCallback | None, *, resume: bool) -> StreamResult:
        """From the checkpoint to the end."""
        recipe, sink = self._prepared.recipe, self._sink

        def report(live: Progress) -> None:
            self._announcer.progress(live.progress(time.perf_counter() - self._started))
            if tell is not None:
                tell(live)

        with blaming(self._blamed):
            sink.check(resume=resume)
        fingerprint = stream_fingerprint(recipe, self._share.parts)
        refuse_or_warn(self._name, sink, make_preflight_context(self._prepared, fingerprint, resume=resume))
        self._announcer.start(started_event(self._prepared, {self._name: sink.uri}))
        try:
            at = self._open(fingerprint, resume=resume)
            self._announcer.sent(at.events, blocks=at.block)
            sender = Sender(sink, self._blamed, at, Pace(recipe.clock, at) if recipe.clock.paced else None, report)
            try:
                with self._explaining(sender):
                    self._send(sender)
            finally:
                self._announcer.sent(sender.at.events, blocks=sender.at.block)
                self._announcer.progress(sender.live().progress(time.perf_counter() - self._started))
            return self._finish(sender)
        except BaseException:
            sink.abort()
            raise

    def _open(self, fingerprint: str, *, resume: bool) -> Checkpoint:
        """Opens the sink with the tables that come once, with their times as of now; where the stream stands."""
        recipe, extra = self._prepared.recipe, self._prepared.extra if self._share.first else ()
        now = Checkpoint.start(fingerprint, origin_us=time.time_ns() // 1000)
        with blaming(self._blamed):
            shown = [shifted(batch, shift_us(recipe, now)) for batch in extra]
            kept = self._sink.open(shown, fingerprint=fingerprint, resume=resume)
        if kept is None and not (recipe.clock.rebase and any(batch.table.shifts for batch in extra)):
            # opening takes a while that no event is late for
            now = Checkpoint.start(fingerprint, origin_us=time.time_ns() // 1000)
        return kept or now

    def _send(self, sender: Sender) -> None:
        """Marks the start, sends what is left, and marks the end."""
        recipe, at = self._prepared.recipe, sender.at
        sender.mark()
        schedule = make_schedule(recipe.clock, recipe.timeline, Streams(recipe.run.seed, "clock"))
        made = deliveries(self._prepared, at.block, self._closing, shift_us=shift_us(recipe, at))
        with (
            stop_requests() as requested,
            closing(ahead(made, _BLOCKS, "synth-blocks")) as blocks,
            closing(
                ahead(make_pieces(self._sink, schedule, blocks, at, self._share), _PIECES, "synth-pieces")
            ) as pieces,
        ):
            sender.stop_when(requested)
            for piece in pieces:
                if isinstance(piece, BlockEnd):
                    sender.end_block(piece)
                    if "transactions" in piece.rows:
                        self._announcer.block(piece.rows["transactions"], piece.rows["labels"])
                else:
                    sender.send(piece)
        sender.mark()

    @contextmanager
    def _explaining(self, sender: Sender) -> Iterator[None]:
        """Says of a stream that stops early where it stands."""
        try:
            try:
                yield
            except Stopped as stop:
                sender.mark()
                raise InterruptedRun(f"interrupted after {sender.at.events:,} events") from stop
        except InterruptedRun:
            raise
        except KeyboardInterrupt as interrupt:
            raise InterruptedRun("interrupted: the stream stands at its last checkpoint") from interrupt
        except SynthError as error:
            if not is_resumable(self._prepared.recipe.sinks[self._name]):
                raise
            raise PartlyDone(f"{error}; the stream stands at its last checkpoint") from error

    def _finish(self, sender: Sender) -> StreamResult:
        """Ends the stream, and writes its manifest."""
        recipe, at = self._prepared.recipe, sender.at
        tallies = self._tallies(at)
        message: dict[str, Any] = {"events": at.events, "fraud": at.fraud, "skipped": at.skipped}
        message |= {"clock": dataclasses.asdict(recipe.clock), "noise": dataclasses.asdict(recipe.noise)}
        if recipe.clock.rebase:
            message["shift_us"] = shift_us(recipe, at)
        if self._share.parts > 1:
            message |= dataclasses.asdict(self._share)
        with blaming(self._blamed):
            files = self._sink.finish()
            manifest = manifest_of(
                self._prepared, self._catalog, self._name, files, tallies, self._closing.counts(), message
            )
            self._sink.commit(manifest)
        digest = json.loads(manifest)["digest"]
        seconds = time.perf_counter() - self._started
        return StreamResult(self._sink.uri, at, sender.rate, sender.lag.read(), digest, seconds)

    def _tallies(self, at: Checkpoint) -> Tallies:
        tallies = {}
        for table in tables_of(self._prepared):
            kept = at.tallies.get(table.name, Tally())
            tallies[table.name] = TableTally(table, list(kept.rows), [bytes.fromhex(each) for each in kept.digests])
        return tallies | {batch.table.name: TableTally.once(batch) for batch in self._prepared.extra}


def stream_fingerprint(recipe: Recipe, parts: int = 1) -> str:
    """Hex digest of what decides a stream's rows, order and parts; the recipe's own where all is as made."""
    changed: dict[str, Any] = {} if recipe.noise.silent else {"noise": dataclasses.asdict(recipe.noise)}
    if parts > 1:
        changed["parts"] = parts
    if recipe.clock.rebase:
        changed["rebase"] = start_us(recipe.clock, recipe.timeline)
    if not changed:
        return recipe.fingerprint
    return hashlib.sha256(json.dumps([recipe.fingerprint, changed], sort_keys=True).encode()).hexdigest()


def shift_us(recipe: Recipe, at: Checkpoint) -> int:
    """What is added to every event time: whole seconds, for event times have no more."""
    if not recipe.clock.rebase:
        return 0
    return (at.origin_us - start_us(recipe.clock, recipe.timeline)) // US_PER_S * US_PER_S


def _make_sink(
    prepared: Prepared, name: str, part: SinkPart, directory: Path, share: Share, *, overwrite: bool
) -> StreamSink:
    uri = part.uri or str(directory)
    extra = tuple(batch.table for batch in prepared.extra)
    with blaming(f"sink {name!r}"):
        blocks = len(prepared.plan.rows_b)
        fingerprint = stream_fingerprint(prepared.recipe, share.parts)
        job = SinkJob(uri, tables_of(prepared), extra, blocks, overwrite, share.part, share.parts, fingerprint)
        sink = part.make(job)
    assert isinstance(sink, StreamSink)
    return sink
