"""The whole stream: the rows of a run, in order and in their time, into a sink that remembers how far it is."""

import dataclasses
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.catalog import Catalog
from synth.clock.lag import Lag
from synth.clock.schedule import make_schedule, start_us
from synth.closing import Closing
from synth.errors import ConfigError, InterruptedRun, PartlyDone, SynthError, Violation, blaming
from synth.execution import manifest_of, run_directory, started_event
from synth.manifest import TableTally
from synth.prepare import Prepared, prepare
from synth.recipe import Part, Recipe
from synth.rng import Streams
from synth.run_events import Announcer
from synth.sinks.contract import SinkJob
from synth.sinks.stream import Checkpoint, StreamSink, Tally
from synth.streaming.ahead import ahead
from synth.streaming.deliveries import deliveries, tables_of
from synth.streaming.pieces import BlockEnd, make_pieces
from synth.streaming.sender import Live, Pace, Sender, Stopped, Tell
from synth.streaming.stopping import stopping
from synth.timeline import US_PER_S
from synth.writing import Tallies

__all__ = ["Live", "StreamResult", "is_resumable", "stream"]

log = logging.getLogger(__name__)

#: How far the work is ahead of the driver: blocks that are made, and pieces that are encoded.
_BLOCKS, _PIECES = 1, 16


@dataclass(frozen=True)
class StreamResult:
    """What a stream sent.

    Attributes:
        place: the sink's uri.
        at: its end: events, fraud, skipped ones.
        rate: events a second of this start, from the first one to the last one.
        lag: how late the events of this start were; None without a clock.
        digest: content digest of the data, that of a run of the same recipe where there is no noise.
        seconds: wall time of this start.
    """

    place: str
    at: Checkpoint
    rate: float
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
    directory: Path | None = None,
    tell: Tell | None = None,
) -> StreamResult:
    """Sends the rows of a recipe to its sink, in order and each when it is due.

    Args:
        started: ``time.perf_counter()`` when the work began.
        resume: whether a stream that stopped in the sink's place goes on; one that is not there begins.
        overwrite: whether a stream or run in the sink's place may be replaced.
        directory: where a sink without a uri writes; a fresh one below ``runs/`` if None.
        tell: is called about once a second.

    Raises:
        ConfigError: the sink cannot take a stream; nothing was sent.
        RefusedError: the recipe or the place does not allow it; nothing was sent.
        InterruptedRun, PartlyDone: it stopped, or failed; up to its last mark it stands.
        RunError: it failed, and the sink remembers nothing.
    """
    _refuse_other_days(recipe)
    name, part = _only_sink(recipe, catalog, resume=resume)
    prepared = prepare(recipe)
    sink = _make_sink(prepared, name, part, directory or run_directory(), overwrite=overwrite)
    announcer = Announcer(catalog.subscribers, started=started)
    with announcer.telling_the_end():
        return _Stream(prepared, catalog, name, sink, announcer, started).run(tell, resume=resume)


class _Stream:
    """One start of a stream."""

    def __init__(
        self, prepared: Prepared, catalog: Catalog, name: str, sink: StreamSink, announcer: Announcer, started: float
    ) -> None:
        self._prepared, self._catalog, self._name, self._sink = prepared, catalog, name, sink
        self._announcer, self._started, self._blamed = announcer, started, f"sink {name!r}"
        self._closing = Closing(prepared.make_block)

    def run(self, tell: Tell | None, *, resume: bool) -> StreamResult:
        """From the checkpoint to the end."""
        recipe, sink = self._prepared.recipe, self._sink
        with blaming(self._blamed):
            sink.check(resume=resume)
        self._announcer.start(started_event(self._prepared, {self._name: sink.uri}))
        fingerprint = stream_fingerprint(recipe)
        try:
            with blaming(self._blamed):
                kept = sink.open(self._prepared.extra, fingerprint=fingerprint, resume=resume)
            at = kept or Checkpoint.start(fingerprint, origin_us=time.time_ns() // 1000)
            self._announcer.sent(at.events, blocks=at.block)
            self._warn_of_retention(at)
            sender = Sender(sink, self._blamed, at, Pace(recipe.clock, at) if recipe.clock.paced else None, tell)
            try:
                with self._explaining(sender):
                    self._send(sender)
            finally:
                self._announcer.sent(sender.at.events, blocks=sender.at.block)
            return self._finish(sender)
        except BaseException:
            sink.abort()
            raise

    def _send(self, sender: Sender) -> None:
        """Marks the start, sends what is left, and marks the end."""
        recipe, at = self._prepared.recipe, sender.at
        sender.mark()
        schedule = make_schedule(recipe.clock, recipe.timeline, Streams(recipe.run.seed, "clock"))
        made = deliveries(self._prepared, at.block, self._closing, shift_us=shift_us(recipe, at))
        with (
            stopping() as asked,
            closing(ahead(made, _BLOCKS, "synth-blocks")) as blocks,
            closing(ahead(make_pieces(self._sink, schedule, blocks, at), _PIECES, "synth-pieces")) as pieces,
        ):
            sender.stop_when(asked)
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
            if not self._sink.resumable:
                raise
            raise PartlyDone(f"{error}; the stream stands at its last checkpoint") from error

    def _finish(self, sender: Sender) -> StreamResult:
        """Ends the stream, and writes its manifest."""
        recipe, at = self._prepared.recipe, sender.at
        tallies = self._tallies(at)
        told: dict[str, Any] = {"events": at.events, "fraud": at.fraud, "skipped": at.skipped}
        told |= {"clock": dataclasses.asdict(recipe.clock), "noise": dataclasses.asdict(recipe.noise)}
        if recipe.clock.rebase:
            told["shift_us"] = shift_us(recipe, at)
        with blaming(self._blamed):
            files = self._sink.finish()
            manifest = manifest_of(
                self._prepared, self._catalog, self._name, files, tallies, self._closing.counts(), told
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

    def _warn_of_retention(self, at: Checkpoint) -> None:
        """Event times that the place holds too old to keep vanish as they come."""
        recipe, kept_s = self._prepared.recipe, self._sink.retention_s()
        first_us = recipe.timeline.start_s * US_PER_S + shift_us(recipe, at)
        age_s = time.time_ns() / 1e9 - first_us / US_PER_S
        if kept_s is not None and age_s > kept_s:
            log.warning(
                "sink %r keeps rows for %.1f days by their event times, and the first ones are %.1f days old: "
                "clock=rebased shifts them to now",
                self._name,
                kept_s / 86_400,
                age_s / 86_400,
            )


def stream_fingerprint(recipe: Recipe) -> str:
    """Hex digest of what decides a stream's rows and their order; the recipe's own where all is as made."""
    changed: dict[str, Any] = {} if recipe.noise.silent else {"noise": dataclasses.asdict(recipe.noise)}
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


def _refuse_other_days(recipe: Recipe) -> None:
    """Live is a moment of the window."""
    window, live_us = recipe.timeline, start_us(recipe.clock, recipe.timeline)
    if not window.start_s * US_PER_S <= live_us < window.end_s * US_PER_S:
        told = f"clock.live_from: {recipe.clock.live_from!r} lies outside the window"
        allowed = "a time from timeline.start on, before timeline.end"
        raise ConfigError([Violation(path="clock.live_from", message=told, allowed=allowed)])


def _only_sink(recipe: Recipe, catalog: Catalog, *, resume: bool) -> tuple[str, Part]:
    able = [name for name in catalog.names("sink") if (spec := catalog.find("sink", name)) and _streams(spec.factory)]
    wrong = [
        Violation(
            path=f"sink.{name}",
            message=f"sink {name!r} takes whole runs, and cannot take a stream",
            allowed=f"a sink of kind {', '.join(able)}",
            hint=f"choose one: sink={able[0]}",
        )
        for name, part in recipe.sinks.items()
        if not _streams(part.spec.factory)
    ]
    if not wrong and len(recipe.sinks) > 1:
        wrong = [Violation(path="sink", message="a stream goes to one sink", allowed=" or ".join(recipe.sinks))]
    for name, part in recipe.sinks.items():
        if resume and not wrong and not is_resumable(part):
            wrong.append(Violation(path=f"sink.{name}", message=f"sink {name!r} remembers nothing that could go on"))
        elif resume and not wrong and getattr(part.config, "uri", "") is None:
            told = f"--resume needs to know where the stream is: sink.{name}.uri is null"
            wrong.append(Violation(path=f"sink.{name}.uri", message=told))
    if wrong:
        raise ConfigError(wrong)
    return next(iter(recipe.sinks.items()))


def is_resumable(part: Part) -> bool:
    """Whether a sink remembers how far a stream is."""
    return _streams(part.spec.factory) and bool(getattr(part.spec.factory, "resumable", False))


def _streams(factory: Any) -> bool:
    return isinstance(factory, type) and issubclass(factory, StreamSink)


def _make_sink(prepared: Prepared, name: str, part: Part, directory: Path, *, overwrite: bool) -> StreamSink:
    uri = getattr(part.config, "uri", None) or str(directory)
    extra = tuple(batch.table for batch in prepared.extra)
    with blaming(f"sink {name!r}"):
        sink = part.make(SinkJob(uri, tables_of(prepared), extra, len(prepared.plan.rows_b), overwrite))
    assert isinstance(sink, StreamSink)
    return sink
