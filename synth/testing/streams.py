"""The contract of sinks that take streams."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import ClassVar, cast

from synth.contracts.hookspecs import SinkSpec
from synth.contracts.stream_sink import Checkpoint, StreamSink
from synth.errors import RefusedError
from synth.sinks.streamed import encoded
from synth.testing.bench import TestBench
from synth.testing.contract import Broken, Unjudged, rule
from synth.testing.lifecycle import Life
from synth.testing.places import Places

_STREAM, _OTHER = "a" * 64, "b" * 64


class StreamLife(Life):
    """One sink of streams, and the blocks that it is to send."""

    def __init__(self, bench: TestBench, uri: str, *, overwrite: bool = False) -> None:
        super().__init__(bench, uri, overwrite=overwrite)
        self.stream = cast("StreamSink", self.sink)
        self.at = Checkpoint.start(_STREAM, origin_us=0)

    def send(self, block: int, encoder: StreamSink | None = None) -> None:
        """Sends a whole block, without a mark."""
        made = self.made[block]
        for batch in made.batches.values():
            for piece, rows in encoded(encoder or self.stream, batch):
                half = rows // 2
                self.stream.send(piece, 0, half, emit_us=None)
                self.stream.poll(0)
                self.stream.send(piece, half, rows, emit_us=None)
        tallies = self.at.with_block({name: made.rows(name) for name in made.batches}, made.digests)
        self.at = replace(self.at, block=block + 1, events=self.at.events + made.rows(), tallies=tallies)

    def end(self) -> None:
        """Marks the end and completes the stream."""
        self.stream.mark(self.at)
        self.stream.commit(self.finish())


class StreamSinkContract(Places):
    """What synth asks of a sink that takes a stream."""

    group: ClassVar[str] = "sink"
    needs: ClassVar[tuple[str, ...]] = ("scenario=[card_chain]", "scenario.card_chain.ratio=0.05")

    @rule
    def test_check_leaves_no_trace(self) -> None:
        """check touches nothing."""
        with self.place() as (folder, uri):
            life = StreamLife(self.bench, uri)
            before = self.traces(folder, uri)
            with suppress(RefusedError):
                life.stream.check(resume=False)
            if self.traces(folder, uri) != before:
                raise Broken("something has changed in the place")

    @rule
    def test_what_is_sent_comes_back(self) -> None:
        """What was sent is what a reader gets, each row once and in order."""
        with self._opened() as (life, uri):
            for block in range(life.blocks):
                life.send(block)
                life.stream.mark(life.at)
            life.end()
            self.require_written(life, uri)

    @rule
    def test_workers_get_a_copy(self) -> None:
        """An opened sink pickles, and what its copy encodes can be sent."""
        with self._opened() as (life, uri):
            try:
                copy = pickle.loads(pickle.dumps(life.stream))
            except Exception as error:
                raise Broken(f"it does not pickle: {type(error).__name__}: {error}", "after open") from error
            for block in range(life.blocks):
                life.send(block, copy)
            life.end()
            self.require_written(life, uri)

    @rule
    def test_a_stream_goes_on_at_its_mark(self) -> None:
        """What was sent after the last mark is gone when the stream goes on, and what was marked is told."""
        with self._opened() as (life, uri):
            self._require_memory(life)
            life.send(0)
            marked = life.at
            life.stream.mark(marked)
            life.send(1)
            life.stream.abort()
            again = StreamLife(self.bench, uri)
            again.stream.check(resume=True)
            kept = again.stream.open(again.prepared.extra, fingerprint=_STREAM, resume=True)
            try:
                if kept != marked:
                    raise Broken("open does not tell the checkpoint that was marked")
                again.at = marked
                for block in range(1, again.blocks):
                    again.send(block)
                again.end()
            except BaseException:
                again.stream.abort()
                raise
            self.require_written(again, uri)

    @rule
    def test_another_stream_is_refused(self) -> None:
        """A stream of another fingerprint does not go on in the place."""
        with self._opened() as (life, uri):
            self._require_memory(life)
            life.send(0)
            life.stream.mark(life.at)
            life.stream.abort()
            other = StreamLife(self.bench, uri)
            try:
                other.stream.check(resume=True)
                other.stream.open(other.prepared.extra, fingerprint=_OTHER, resume=True)
            except RefusedError:
                return
            finally:
                other.stream.abort()
            raise Broken("open goes on with the stream of another recipe")

    @rule
    def test_a_second_stream_is_refused(self) -> None:
        """Where a stream is, another one is refused unless it may overwrite."""
        with self._opened() as (life, uri):
            self._require_memory(life)
            for block in range(life.blocks):
                life.send(block)
            life.end()
            try:
                StreamLife(self.bench, uri).stream.check(resume=False)
            except RefusedError:
                StreamLife(self.bench, uri, overwrite=True).stream.check(resume=False)
                return
            raise Broken("check accepts a place that holds a stream")

    @contextmanager
    def _opened(self) -> Iterator[tuple[StreamLife, str]]:
        """A sink that is ready for its first row."""
        if self._declared.stdout:
            raise Unjudged("it writes to the standard output")
        if "uri" not in self.bench.spec.config.__dataclass_fields__:
            raise Unjudged("its config has no uri, so that the kit cannot send it to a place of its own")
        with self.place() as (_, uri):
            life = StreamLife(self.bench, uri)
            try:
                life.stream.check(resume=False)
            except RefusedError as error:
                raise Unjudged(f"the place that its choice names is not there: {error}") from error
            try:
                life.stream.open(life.prepared.extra, fingerprint=_STREAM, resume=False)
                life.stream.mark(life.at)
                yield life, uri
            finally:
                life.stream.abort()

    @property
    def _declared(self) -> SinkSpec:
        """What the sink says of itself."""
        assert isinstance(self.bench.spec, SinkSpec)
        return self.bench.spec

    def _require_memory(self, life: StreamLife) -> None:
        if not self._declared.resumes:
            raise Unjudged("it remembers nothing")
