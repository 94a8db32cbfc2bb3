"""Looks at the cluster before a stream begins; creates nothing, and takes some seconds at most."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AclOperation, AdminClient

from synth import PreflightContext, PreflightResult, PreflightState, RefusedError, SinkJob, counted
from synth_kafka.config import KafkaConfig
from synth_kafka.connection import Connection
from synth_kafka.control import Control, read_control
from synth_kafka.errors import subject_of
from synth_kafka.place import retention_ms
from synth_kafka.registry import reach_registry, require_compatible
from synth_kafka.rows import Framing, RowEncoder
from synth_kafka.sizes import MOST_BYTES, checkpoint_bytes, largest_messages
from synth_kafka.subjects import Subject
from synth_kafka.topics import (
    Topic,
    find_lacking,
    find_topics,
    find_unmakeable,
    how_to_make,
    new_control_topic,
    new_topic,
)

#: How long the first answer may take, and any later one.
_PATIENCE_S, _ANSWER_S = 5.0, 5.0

_OLD = "clock=rebased shifts the events to now, sink.kafka.timestamps=emit leaves their times to the rows"


@dataclass(frozen=True)
class ClusterPreflight:
    """A look at the cluster.

    Attributes:
        topics: table → its topic, the transactions' first.
        control_topic: where a stream's checkpoint would be.
        job: which part of a stream is to come, and whether one that is there may go.
        encoders: table → how its rows become messages; none where that is refused.
        framings: table → what goes before its values and keys.
    """

    config: KafkaConfig
    topics: Mapping[str, str]
    control_topic: str
    context: PreflightContext
    job: SinkJob
    encoders: Mapping[str, RowEncoder]
    framings: Mapping[str, Framing]

    def results(self) -> Iterator[PreflightResult]:
        """What there is to say: of the cluster, of who is let in, of each topic, and of a stream that is there."""
        connection = Connection(self.config.servers, patience_s=_PATIENCE_S)
        try:
            admin = connection.admin()
            yield _cluster(admin, self.config.servers)
            yield PreflightResult(what="access", state="ok", message=connection.access())
            lacking = self._find_lacking(admin)
            found = find_topics(admin, [*self.topics.values(), self.control_topic], answer_s=_ANSWER_S)
            for name, rights in lacking.items():
                message = f"this user lacks the right to {' and '.join(rights)}"
                yield PreflightResult(
                    what=f"topic {name!r}", state="failure", message=message, hint="the cluster's ACLs give it"
                )
            unmakeable = self._find_unmakeable(admin, {*found, *lacking})
            for name, error in unmakeable.items():
                message = f"cannot be made: {connection.why(error, name)}"
                yield PreflightResult(what=f"topic {name!r}", state="failure", message=message)
            for position, name in enumerate(self.topics.values()):
                # one that may not be seen may be there
                if name in found or (name not in lacking and name not in unmakeable):
                    yield from self._topic(name, found.get(name), timed=position == 0)
            if self.control_topic not in lacking and self.control_topic not in unmakeable:
                yield from self._control_topic(found.get(self.control_topic))
            if self.control_topic in found:
                control = read_control(connection.settings(), self.control_topic, answer_s=_ANSWER_S)
                yield self._stream(control)
                if self.job.overwrite and control.records:
                    yield from self._emptying(admin, found)
            yield from self._sizes(found)
        except RefusedError as error:
            yield PreflightResult(what="access", state="failure", message=str(error))
        except KafkaException as error:
            reason = connection.reason(error.args[0])
            message = connection.why(error.args[0], self.config.topic)
            yield PreflightResult(what=subject_of(reason), state="failure", message=message)

    def _find_lacking(self, admin: AdminClient) -> dict[str, list[str]]:
        """Topic → rights that a stream needs and this user lacks."""
        wanted = {name: [AclOperation.WRITE] for name in self.topics.values()}
        wanted[self.control_topic] = [AclOperation.READ, AclOperation.WRITE]
        return find_lacking(admin, wanted, answer_s=_ANSWER_S)

    def _find_unmakeable(self, admin: AdminClient, others: Collection[str]) -> dict[str, KafkaError]:
        """Topic → why it cannot be made, of those that would be; ``others`` are there, or cannot be seen."""
        if not self.config.create:
            return {}
        wanted = [
            new_topic(name, self.config.partitions, retention_ms(self.config))
            for name in self.topics.values()
            if name not in others
        ]
        wanted += [new_control_topic(self.control_topic)] if self.control_topic not in others else []
        return find_unmakeable(admin, wanted, answer_s=_ANSWER_S)

    def _emptying(self, admin: AdminClient, found: Mapping[str, Topic]) -> Iterator[PreflightResult]:
        """Whether the topics of a stream that is to go can be emptied."""
        there = [name for name in self.topics.values() if name in found]
        for name in find_lacking(admin, {name: [AclOperation.DELETE] for name in there}, answer_s=_ANSWER_S):
            message = "this user lacks the right to delete, and --overwrite empties the topic"
            yield PreflightResult(
                what=f"topic {name!r}", state="failure", message=message, hint="the cluster's ACLs give it"
            )
        for name in there:
            if not found[name].deletes:
                message = "is only compacted: Kafka deletes no messages of it, and --overwrite empties the topic"
                hint = "kafka-configs.sh --alter --add-config cleanup.policy=delete, or name another topic"
                yield PreflightResult(what=f"topic {name!r}", state="failure", message=message, hint=hint)

    def _sizes(self, found: Mapping[str, Topic]) -> Iterator[PreflightResult]:
        """Whether the topics take the largest messages, and the control topic the last checkpoint."""
        limits = {
            table: min(found[name].message_bytes if name in found else MOST_BYTES, MOST_BYTES)
            for table, name in self.topics.items()
        }
        largest = largest_messages(self.context.rows, self.encoders, self.framings, limits)
        for table, size in largest.items():
            if size > limits[table]:
                yield self._too_large(self.topics[table], "a message", size, limits[table], "show fewer columns")
        control = found.get(self.control_topic)
        most, size = min(control.message_bytes if control else MOST_BYTES, MOST_BYTES), checkpoint_bytes(self.job)
        if size > most:
            yield self._too_large(self.control_topic, "the last checkpoint", size, most, "raise block_rows")

    def _too_large(self, topic: str, thing: str, size: int, most: int, way: str) -> PreflightResult:
        message = f"takes {most:,} bytes at a time, and {thing} of this stream has {size:,}"
        hint = f"raise its max.message.bytes, or {way}" if most < MOST_BYTES else way
        return PreflightResult(what=f"topic {topic!r}", state="failure", message=message, hint=hint)

    def _topic(self, name: str, found: Topic | None, *, timed: bool) -> Iterator[PreflightResult]:
        """Of a topic of rows; ``timed`` if its messages carry the events' times."""
        wanted = self.config.partitions
        if found is None and not self.config.create:
            yield self._missing(name, wanted)
            return
        troubles = [*self._times(name, found)] if timed and self.config.timestamps == "event" else []
        if found is None:
            kept = "for ever" if self.config.retention_h is None else f"for {_span(self.config.retention_h * 3600)}"
            message = f"will be made with {counted(wanted, 'partition')}, and keep messages {kept}"
            yield PreflightResult(what=f"topic {name!r}", state="ok", message=message)
        elif found.partitions >= wanted:
            yield PreflightResult(
                what=f"topic {name!r}", state="ok", message=f"has {counted(found.partitions, 'partition')}"
            )
        else:
            message = f"has {counted(found.partitions, 'partition')}, not the {wanted} of sink.kafka.partitions"
            hint = "a topic that is there stays as it is; kafka-topics.sh --alter --partitions adds some"
            yield PreflightResult(what=f"topic {name!r}", state="warning", message=message, hint=hint)
        yield from troubles

    def _missing(self, name: str, partitions: int) -> PreflightResult:
        hint = f"set sink.kafka.create=true, or make it: {how_to_make(name, partitions)}"
        return PreflightResult(what=f"topic {name!r}", state="failure", message="does not exist", hint=hint)

    def _times(self, name: str, found: Topic | None) -> Iterator[PreflightResult]:
        """Whether the topic takes and keeps messages as old and as new as the events will be."""
        made_ms = retention_ms(self.config)
        kept_s = found.retention_s if found else None if made_ms is None else made_ms / 1000
        what, oldest_s, ahead_s = f"topic {name!r}", self.context.oldest_s, -self.context.newest_s
        first, last = f"the first events will be {_span(oldest_s)} old", f"the last ones will be {_span(ahead_s)} ahead"
        if kept_s is not None and oldest_s > kept_s:
            message = f"keeps messages for {_span(kept_s)} by their event times, and {first}: Kafka soon drops them"
            yield PreflightResult(
                what=what, state="warning", message=message, hint=f"{_OLD}; retention.ms=-1 keeps all"
            )
        if found and found.before_s is not None and oldest_s > found.before_s:
            message = f"takes no message from more than {_span(found.before_s)} ago, and {first}"
            yield PreflightResult(
                what=what, state="failure", message=message, hint=f"{_OLD}; or message.timestamp.before.max.ms"
            )
        if found and found.after_s is not None and ahead_s > found.after_s:
            message = f"takes no message from more than {_span(found.after_s)} ahead, and {last}"
            yield PreflightResult(
                what=what, state="failure", message=message, hint=f"{_OLD}; or message.timestamp.after.max.ms"
            )

    def _control_topic(self, found: Topic | None) -> Iterator[PreflightResult]:
        if found is None and not self.config.create:
            yield self._missing(self.control_topic, 1)
        elif found is not None and found.retention_s is not None:
            message = f"drops a stream's checkpoint after {_span(found.retention_s)}"
            hint = "kafka-configs.sh --alter --add-config cleanup.policy=compact"
            yield PreflightResult(what=f"topic {self.control_topic!r}", state="warning", message=message, hint=hint)

    def _stream(self, control: Control) -> PreflightResult:
        """Whether another stream is in the way."""
        topic, resume = self.config.topic, self.context.resume

        def result(state: PreflightState, message: str, hint: str = "") -> PreflightResult:
            return PreflightResult(what="stream", state=state, message=message, hint=hint)

        if not control.records or control.clearing:
            return result("ok", f"topic {topic!r} holds none")
        if self.job.overwrite:
            return result("ok", f"topic {topic!r} holds one, which goes away first")
        if control.finished(self.job.part):
            message = f"topic {topic!r} holds a stream already, and it is complete"
            return result("failure", message, "empty the topic with --overwrite, or name another topic")
        mark = control.checkpoint(self.job.part)
        if mark is not None and mark.fingerprint != self.context.fingerprint:
            message = f"topic {topic!r} holds the stream of another recipe: it cannot go on here"
            return result("failure", message, "empty the topic with --overwrite, or name another topic")
        message = f"topic {topic!r} holds {mark.events if mark else 0:,} events of this very stream"
        if resume:
            return result("ok", f"{message}, which goes on there")
        return result("warning", message, "go on with synth stream --resume, or empty the topic with --overwrite")


def check_registry(address: str, subjects: Sequence[Subject]) -> PreflightResult:
    """Of the schema registry: whether it answers, and would take the schemas."""
    try:
        reach_registry(address, answer_s=_ANSWER_S)
        require_compatible(address, subjects, answer_s=_ANSWER_S)
    except RefusedError as error:
        return PreflightResult(what="registry", state="failure", message=str(error))
    return PreflightResult(what="registry", state="ok", message=f"{address} answers")


def _cluster(admin: AdminClient, servers: str) -> PreflightResult:
    known = admin.list_topics(timeout=_ANSWER_S)
    message = f"{servers} answers: cluster {known.cluster_id}, {counted(len(known.brokers), 'broker')}"
    return PreflightResult(what="broker", state="ok", message=message)


def _span(seconds: float) -> str:
    """``7.0 days``, ``1.5 hours``, ``20 s``."""
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} days"
    return f"{seconds / 3600:,.1f} hours" if seconds >= 3600 else f"{seconds:,.0f} s"
