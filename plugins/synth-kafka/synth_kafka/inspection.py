"""What a look at the cluster finds before a stream begins; it makes nothing, and takes some seconds at most."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AclOperation, AdminClient

from synth import Finding, Prospect, RefusedError, State, counted
from synth_kafka.config import KafkaConfig
from synth_kafka.connection import Connection
from synth_kafka.control import Control, read_control
from synth_kafka.errors import subject_of
from synth_kafka.place import retention_ms
from synth_kafka.registry import reach_registry
from synth_kafka.topics import Topic, find_lacking, find_topics, how_to_make

#: How long the first answer may take, and any later one.
_PATIENCE_S, _ANSWER_S = 5.0, 5.0

_OLD = "clock=rebased shifts the events to now, sink.kafka.timestamps=emit leaves their times to the rows"


@dataclass(frozen=True)
class Inspection:
    """A look at the cluster.

    Attributes:
        topics: table → its topic, the transactions' first.
        control_topic: where a stream's checkpoint would be.
        overwrite: whether a stream that is there may go.
        part: which part of a stream is to come.
    """

    config: KafkaConfig
    topics: Mapping[str, str]
    control_topic: str
    prospect: Prospect
    overwrite: bool
    part: int

    def findings(self) -> Iterator[Finding]:
        """What there is to say: of the cluster, of who is let in, of each topic, and of a stream that is there."""
        connection = Connection(self.config.servers, patience_s=_PATIENCE_S)
        try:
            admin = connection.admin()
            yield _cluster(admin, self.config.servers)
            yield Finding(what="access", state="ok", told=connection.access())
            lacking = self._find_lacking(admin)
            found = find_topics(admin, [*self.topics.values(), self.control_topic], answer_s=_ANSWER_S)
            for name, rights in lacking.items():
                told = f"this user lacks the right to {' and '.join(rights)}"
                yield Finding(what=f"topic {name!r}", state="failure", told=told, hint="the cluster's ACLs give it")
            for position, name in enumerate(self.topics.values()):
                if name in found or name not in lacking:  # one that may not be seen may be there
                    yield from self._topic(name, found.get(name), timed=position == 0)
            if self.control_topic not in lacking:
                yield from self._control_topic(found.get(self.control_topic))
            if self.control_topic in found:
                control = read_control(connection.settings(), self.control_topic, answer_s=_ANSWER_S)
                yield self._stream(control)
        except RefusedError as error:
            yield Finding(what="access", state="failure", told=str(error))
        except KafkaException as error:
            reason = connection.reason(error.args[0])
            told = connection.why(error.args[0], self.config.topic)
            yield Finding(what=subject_of(reason), state="failure", told=told)

    def _find_lacking(self, admin: AdminClient) -> dict[str, list[str]]:
        """Topic → rights that a stream needs and this user lacks."""
        wanted = {name: [AclOperation.WRITE] for name in self.topics.values()}
        wanted[self.control_topic] = [AclOperation.READ, AclOperation.WRITE]
        return find_lacking(admin, wanted, answer_s=_ANSWER_S)

    def _topic(self, name: str, found: Topic | None, *, timed: bool) -> Iterator[Finding]:
        """Of a topic of rows; ``timed`` if its messages carry the events' times."""
        wanted = self.config.partitions
        if found is None and not self.config.create:
            yield self._missing(name, wanted)
            return
        troubles = [*self._times(name, found)] if timed and self.config.timestamps == "event" else []
        if found is None:
            kept = "for ever" if self.config.retention_h is None else f"for {_span(self.config.retention_h * 3600)}"
            told = f"will be made with {counted(wanted, 'partition')}, and keep messages {kept}"
            yield Finding(what=f"topic {name!r}", state="ok", told=told)
        elif found.partitions >= wanted:
            yield Finding(what=f"topic {name!r}", state="ok", told=f"has {counted(found.partitions, 'partition')}")
        else:
            told = f"has {counted(found.partitions, 'partition')}, not the {wanted} of sink.kafka.partitions"
            hint = "a topic that is there stays as it is; kafka-topics.sh --alter --partitions adds some"
            yield Finding(what=f"topic {name!r}", state="warning", told=told, hint=hint)
        yield from troubles

    def _missing(self, name: str, partitions: int) -> Finding:
        hint = f"set sink.kafka.create=true, or make it: {how_to_make(name, partitions)}"
        return Finding(what=f"topic {name!r}", state="failure", told="does not exist", hint=hint)

    def _times(self, name: str, found: Topic | None) -> Iterator[Finding]:
        """Whether the topic takes and keeps messages as old and as new as the events will be."""
        made_ms = retention_ms(self.config)
        kept_s = found.retention_s if found else None if made_ms is None else made_ms / 1000
        what, oldest_s, ahead_s = f"topic {name!r}", self.prospect.oldest_s, -self.prospect.newest_s
        first, last = f"the first events will be {_span(oldest_s)} old", f"the last ones will be {_span(ahead_s)} ahead"
        if kept_s is not None and oldest_s > kept_s:
            told = f"keeps messages for {_span(kept_s)} by their event times, and {first}: Kafka soon drops them"
            yield Finding(what=what, state="warning", told=told, hint=f"{_OLD}; retention.ms=-1 keeps all")
        if found and found.before_s is not None and oldest_s > found.before_s:
            told = f"takes no message from more than {_span(found.before_s)} ago, and {first}"
            yield Finding(what=what, state="failure", told=told, hint=f"{_OLD}; or message.timestamp.before.max.ms")
        if found and found.after_s is not None and ahead_s > found.after_s:
            told = f"takes no message from more than {_span(found.after_s)} ahead, and {last}"
            yield Finding(what=what, state="failure", told=told, hint=f"{_OLD}; or message.timestamp.after.max.ms")

    def _control_topic(self, found: Topic | None) -> Iterator[Finding]:
        if found is None and not self.config.create:
            yield self._missing(self.control_topic, 1)
        elif found is not None and found.retention_s is not None:
            told = f"drops a stream's checkpoint after {_span(found.retention_s)}"
            hint = "kafka-configs.sh --alter --add-config cleanup.policy=compact"
            yield Finding(what=f"topic {self.control_topic!r}", state="warning", told=told, hint=hint)

    def _stream(self, control: Control) -> Finding:
        """Whether another stream is in the way."""
        topic, resume = self.config.topic, self.prospect.resume

        def finding(state: State, told: str, hint: str = "") -> Finding:
            return Finding(what="stream", state=state, told=told, hint=hint)

        if not control.records or control.clearing:
            return finding("ok", f"topic {topic!r} holds none")
        if self.overwrite:
            return finding("ok", f"topic {topic!r} holds one, which goes away first")
        if control.finished(self.part):
            told = f"topic {topic!r} holds a stream already, and it is complete"
            return finding("failure", told, "empty the topic with --overwrite, or name another topic")
        mark = control.checkpoint(self.part)
        if mark is not None and mark.fingerprint != self.prospect.fingerprint:
            told = f"topic {topic!r} holds the stream of another recipe: it cannot go on here"
            return finding("failure", told, "empty the topic with --overwrite, or name another topic")
        told = f"topic {topic!r} holds {mark.events if mark else 0:,} events of this very stream"
        if resume:
            return finding("ok", f"{told}, which goes on there")
        return finding("warning", told, "go on with synth stream --resume, or empty the topic with --overwrite")


def inspect_registry(address: str) -> Finding:
    """Of the schema registry."""
    try:
        reach_registry(address, answer_s=_ANSWER_S)
    except RefusedError as error:
        return Finding(what="registry", state="failure", told=str(error))
    return Finding(what="registry", state="ok", told=f"{address} answers")


def _cluster(admin: AdminClient, servers: str) -> Finding:
    known = admin.list_topics(timeout=_ANSWER_S)
    told = f"{servers} answers: cluster {known.cluster_id}, {counted(len(known.brokers), 'broker')}"
    return Finding(what="broker", state="ok", told=told)


def _span(seconds: float) -> str:
    """``7.0 days``, ``1.5 hours``, ``20 s``."""
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} days"
    return f"{seconds / 3600:,.1f} hours" if seconds >= 3600 else f"{seconds:,.0f} s"
