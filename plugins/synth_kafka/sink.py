"""The sink: events into a topic and a checkpoint beside them, both in one transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synth import Checkpoint, PreflightContext, PreflightResult, RefusedError, SinkJob, StreamSink, StreamStats
from synth_kafka.config import KafkaConfig
from synth_kafka.connection import Connection
from synth_kafka.control import CLEARING, Control, checkpoint_key, manifest_key
from synth_kafka.formats import make_format, make_key_format
from synth_kafka.place import Place, topic_names
from synth_kafka.preflight import ClusterPreflight, check_registry
from synth_kafka.producer import Headers, TransactionalProducer
from synth_kafka.registry import framing_of, framings, require_compatible
from synth_kafka.rows import EncodedRows, Framing, RowEncoder, make_encoders
from synth_kafka.subjects import Subject, subjects_of

if TYPE_CHECKING:
    from synth import Batch

#: Hex digits of the fingerprint that name a run in each message.
_RUN_LETTERS = 16

#: Rows of a table that comes once, made ready at a time.
_ROWS = 10_000


class KafkaSink(StreamSink):
    """A topic that holds every event once for whoever reads it with ``isolation.level=read_committed``.

    The rows of a second or so and the checkpoint that follows them are one transaction. A producer that comes back
    has the id of the one before it, which can then write no more, and goes on from the last checkpoint. Each part of a
    stream has a producer, an id and a checkpoint of its own.
    """

    def __init__(self, config: KafkaConfig, job: SinkJob) -> None:
        self._config, self._job = config, job
        self.uri = f"kafka://{config.servers}/{config.topic}"
        self._format = make_format(config.format, config.optional)
        self._topics = topic_names(config, job.tables[0].name)
        self._place = Place(Connection(config.servers), config, self._topics)
        self._producer: TransactionalProducer | None = None
        self._encoders: dict[str, RowEncoder] = {}
        self._framings: dict[tuple[str, str], bytes] = {}
        self._headers: dict[str, Headers] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What ``encode`` needs elsewhere: the connection stays with the driver."""
        return self.__dict__ | {"_producer": None, "_place": None}

    def check(self, *, resume: bool) -> None:
        """Looks at the view, the registry, the topics and the control topic."""
        self._make_encoders()
        if self._config.registry is not None:
            require_compatible(self._config.registry, self._subjects())
        self._require_free(self._place.look(), resume=resume)

    def preflight(self, context: PreflightContext) -> list[PreflightResult]:
        """Looks at all of it, and goes on behind the first thing that is wrong."""
        found = []
        try:
            self._make_encoders()
        except RefusedError as error:
            found.append(PreflightResult(what="view", state="failure", message=str(error)))
        registry, control = self._config.registry, self._place.control_topic
        subjects = self._subjects() if self._encoders else []
        numbered = {} if registry is None else {(each.topic, each.side): framing_of(each, 0) for each in subjects}
        framing = {table: _framing(numbered, topic) for table, topic in self._topics.items()}
        found += ClusterPreflight(
            self._config, self._topics, control, context, self._job, self._encoders, framing
        ).results()
        if registry is not None:
            found.append(check_registry(registry, subjects))
        return found

    def open(self, extra: "Sequence[Batch]", *, fingerprint: str, resume: bool) -> Checkpoint | None:
        """Makes the topics, shuts an earlier producer out, and finds out how far it was."""
        self._make_encoders()
        # A mistake is told before it shuts a running stream out.
        self._last_mark(self._place.look(), fingerprint, resume=resume)
        self._place.prepare()
        with self._place.explaining():
            self._producer = self._make_producer(self._job.part)
        control = self._place.read_control()
        checkpoint = self._last_mark(control, fingerprint, resume=resume)
        # The registry may say no, and what it takes harms nobody: it is asked before anything goes away.
        if self._config.registry is not None:
            self._framings = framings(self._config.registry, self._subjects())
        if control.clearing or (self._job.overwrite and control.records and checkpoint is None):
            self._clear(control)
        sent = {} if checkpoint is None else {name: sum(tally.rows) for name, tally in checkpoint.tallies.items()}
        for position, name in enumerate(self._encoders):
            first = checkpoint.events if checkpoint is not None and position == 0 else sent.get(name, 0)
            self._headers[name] = Headers(fingerprint[:_RUN_LETTERS], self._job.part, first)
        if checkpoint is None:
            self._begin(self._producer, extra)
        return checkpoint

    def encode(self, batch: "Batch") -> EncodedRows | None:
        """The messages of the rows; None for a table that goes nowhere."""
        name = batch.table.name
        encoder = self._encoders.get(name)
        return None if encoder is None else encoder.encode(batch, _framing(self._framings, self._topics[name]))

    def send(self, encoded: EncodedRows | None, first: int, last: int, *, emit_us: int | None) -> None:
        """Hands messages to the producer's queue, and waits where that is full."""
        assert self._producer is not None, "open() comes before send()"
        if encoded is not None:
            topic, headers = self._topics[encoded.table], self._headers[encoded.table]
            self._producer.send(topic, encoded, first, last, headers, (emit_us or 0) // 1000)

    def poll(self, seconds: float) -> None:
        """Lets the producer's reports in."""
        assert self._producer is not None, "open() comes before poll()"
        self._producer.poll(seconds)

    def mark(self, checkpoint: Checkpoint) -> None:
        """Commits the open transaction with the checkpoint in it."""
        self._commit({checkpoint_key(self._job.part): json.dumps(checkpoint.as_json()).encode()})

    def commit(self, manifest: bytes) -> None:
        """Puts the manifest into the control topic."""
        self._commit({manifest_key(self._job.part): manifest})

    def abort(self) -> None:
        """Takes the open transaction back."""
        if self._producer is not None:
            self._producer.abort()

    def stats(self) -> StreamStats:
        """As the producer tells."""
        return StreamStats() if self._producer is None else self._producer.stats()

    def _commit(self, records: Mapping[str, bytes | None]) -> None:
        assert self._producer is not None, "open() comes before a commit"
        self._producer.put(self._place.control_topic, records)
        self._producer.commit()

    def _make_encoders(self) -> None:
        tables = (*self._job.tables, *self._job.extra)
        config, timed = self._config, self._config.timestamps == "event"
        self._encoders = make_encoders(
            tables,
            self._format,
            make_key_format(config.key_format),
            wanted=config.side_topics,
            optional=config.optional,
            key=config.key,
            timed=timed,
        )

    def _make_producer(self, part: int) -> TransactionalProducer:
        return TransactionalProducer(
            self._place.connection,
            f"synth-{self._config.topic}-{part}",
            topic=self._config.topic,
            timeout_s=self._config.timeout_s,
            message_bytes=self._place.message_bytes(),
        )

    def _last_mark(self, control: Control, fingerprint: str, *, resume: bool) -> Checkpoint | None:
        self._require_free(control, resume=resume)
        marks = [mark for part in control.parts if (mark := control.checkpoint(part)) is not None]
        if (resume or not self._job.overwrite) and any(mark.fingerprint != fingerprint for mark in marks):
            other = "recipe" if self._job.parts == 1 and control.parts == [0] else "recipe, or in other parts"
            raise RefusedError(
                f"topic {self._config.topic!r} holds the stream of another {other}: it cannot go on here"
            )
        return control.checkpoint(self._job.part) if resume else None

    def _require_free(self, control: Control, *, resume: bool) -> None:
        topic, part = self._config.topic, self._job.part
        if control.clearing and part:
            raise RefusedError(f"part 0 is about to empty topic {topic!r}: start part {part} when it sends")
        if resume and control.finished(part):
            raise RefusedError(
                f"the stream in topic {topic!r} is complete{self._in_part()}: there is nothing to resume"
            )
        if part in control.parts and not control.clearing and not resume and not self._job.overwrite:
            how = "it is complete" if control.finished(part) else "go on with --resume"
            message = f"topic {topic!r} holds a stream already{self._in_part()}"
            raise RefusedError(f"{message}: {how}, or empty the topic with --overwrite{' in part 0' if part else ''}")

    def _in_part(self) -> str:
        return f" in part {self._job.part}" if self._job.parts > 1 else ""

    def _clear(self, control: Control) -> None:
        """Empties the topics; whoever comes after a crash in between does it again, for the control topic says so."""
        with self._place.explaining():
            for part in set(control.parts) - {self._job.part}:
                self._make_producer(part)  # it shuts out the one that may still write
        self._commit(dict.fromkeys(control.records) | {CLEARING: b"1"})
        self._place.empty()
        self._commit({CLEARING: None})

    def _begin(self, producer: TransactionalProducer, extra: "Sequence[Batch]") -> None:
        """Puts schemas and the tables that come once into the first transaction."""
        names = {"value": "schema", "key": "key-schema"}
        schemas = {f"{names[each.side]}:{each.topic}": each.schema.encode() for each in self._subjects()}
        producer.put(self._place.control_topic, schemas)
        for batch in extra:
            for piece in batch.pieces(_ROWS):
                self.send(self.encode(piece), 0, piece.native.num_rows, emit_us=None)

    def _subjects(self) -> list[Subject]:
        tables = {table.name: table for table in (*self._job.tables, *self._job.extra)}
        return list(subjects_of(self._config, self._topics, tables, self._encoders))


def _framing(framings: Mapping[tuple[str, str], bytes], topic: str) -> Framing:
    """What goes before values and keys of a topic."""
    return Framing(framings.get((topic, "value"), b""), framings.get((topic, "key"), b""))
