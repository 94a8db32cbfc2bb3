"""A stream in its topics, open for reading: what it says of itself, and the rows of each table."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from synth import RefusedError, TableSource, counted, nearest
from synth_kafka.config import CONTROL, SERVERS, TOPIC
from synth_kafka.connection import Connection
from synth_kafka.control import Control, manifest_key, read_control
from synth_kafka.reading.messages import TopicMessages
from synth_kafka.reading.stream import MessageStream

_FORM = "kafka://host:port/topic"
_RUN_DIGITS = 16


class KafkaSource(TableSource):
    """The stream of a topic.

    Args:
        uri: ``kafka://host:port[,host:port]/topic``.
    """

    def __init__(self, uri: str) -> None:
        self._servers, self._topic = _parse(uri)
        self._connection = Connection(self._servers)
        self._manifest: Mapping[str, Any] = {}
        self._control = Control({})
        self._passes: dict[str, TopicMessages] = {}

    def read_manifest(self) -> bytes | None:
        """That of the stream, once all of its parts are complete.

        Raises:
            RefusedError: no broker answers, there is no stream, or it is not complete.
        """
        with self._connection.explaining(self._topic):
            known = {name for name in self._connection.admin().list_topics(timeout=30).topics if name}
            control = f"{self._topic}.{CONTROL}"
            if self._topic not in known:
                near = nearest(self._topic, [name for name in known if f"{name}.{CONTROL}" in known])
                raise RefusedError(f"{self.uri}: there is no topic {self._topic!r}" + (f" ({near})" if near else ""))
            if control not in known:
                raise RefusedError(
                    f"{self.uri} holds no synth run: beside topic {self._topic!r} there is no topic {control!r}"
                )
            self._control = read_control(self._connection.settings(), control)
        manifest = self._whole(self._control)
        self._manifest = json.loads(manifest)
        return manifest

    @property
    def uri(self) -> str:
        """As users give it."""
        return f"kafka://{self._servers}/{self._topic}"

    def name_of(self, table: str) -> str:
        """The topic, and its format."""
        form = self._sink["format"]
        return f"{self._topic_of(table)}.{'jsonl' if form == 'json' else form}"

    def lacks(self, table: str) -> str:
        """Tables that went to no topic; and what several parts sent, for nothing says how their rows follow."""
        if table != self._main and table not in self._sink["side_topics"]:
            return f"it went to no topic: sink.kafka.side_topics=[{table}] sends it, too"
        if table == self._main and self._parts > 1:
            return f"{self._parts} parts sent them, and no message tells how the rows of the parts follow each other"
        return ""

    def open_reader(self, name: str) -> BinaryIO:
        """The messages in order."""
        topic = name.rpartition(".")[0]
        form = self._sink["format"]
        schema = self._control.records.get(f"schema:{topic}", b"").decode()
        framed = self._sink["registry"] is not None and form != "json"
        stream = MessageStream(self._values(topic), form, schema, framed=framed)
        return cast("BinaryIO", stream.as_lines() if form == "json" else stream)

    def checks(self) -> Iterator[tuple[str, bool | None, str]]:
        """Each topic; those whose rows nobody could use are read here."""
        for table in (self._main, *self._sink["side_topics"]):
            topic = self._topic_of(table)
            try:
                if topic not in self._passes or not self._passes[topic].over:
                    for _ in self._values(topic):
                        pass
            except RefusedError as error:
                yield f"messages in {topic!r}", False, str(error)
            else:
                yield self._passes[topic].result()

    @property
    def _main(self) -> str:
        """The table whose topic the others' names begin with: the run's first."""
        return next(iter(self._manifest["tables"]))

    @property
    def _sink(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self._manifest["sink"])

    @property
    def _parts(self) -> int:
        return _parts_of(self._manifest)

    def _topic_of(self, table: str) -> str:
        return self._topic if table == self._main else f"{self._topic}.{table}"

    def _values(self, topic: str) -> Iterator[list[bytes]]:
        """A new pass over a topic."""
        table = self._main if topic == self._topic else topic.removeprefix(f"{self._topic}.")
        marks = {part: self._control.checkpoint(part) for part in range(self._parts)}
        expected = {part: mark.events for part, mark in marks.items() if mark is not None}
        run = next(mark.fingerprint for mark in marks.values() if mark is not None)[:_RUN_DIGITS]
        if table != self._main:
            expected = {0: int(self._manifest["tables"][table]["rows"])}
        with self._connection.explaining(topic):
            found = TopicMessages(self._connection.settings(), topic, run=run, parts=expected)
            self._passes[topic] = found
            yield from found.values()

    def _whole(self, control: Control) -> bytes:
        """The manifest of a stream all parts of which are complete.

        Raises:
            RefusedError: they are not; says what there is.
        """
        if control.clearing:
            raise RefusedError(f"{self.uri} holds no whole run: somebody began to empty its topics, and was stopped")
        if not control.parts:
            raise RefusedError(f"{self.uri} holds no synth run: its control topic tells of none")
        texts = {part: control.records.get(manifest_key(part)) for part in control.parts}
        first = next((text for text in texts.values() if text is not None), None)
        parts = range(max(1, *(each + 1 for each in control.parts), _parts_of(json.loads(first or b"{}"))))
        if missing := [part for part in parts if texts.get(part) is None]:
            raise RefusedError(f"{self.uri} holds no whole run: {self._so_far(control, missing, len(parts))}")
        assert first is not None, "every part has a manifest"
        told = {json.loads(text or b"{}").get("digest") for text in texts.values()}
        if len(told) > 1 or any(control.checkpoint(part) is None for part in parts):
            raise RefusedError(f"{self.uri} holds no whole run: its parts are of several runs, or lack a checkpoint")
        return first

    def _so_far(self, control: Control, missing: list[int], parts: int) -> str:
        """How far an incomplete stream is."""
        told = []
        for part in missing:
            mark = control.checkpoint(part)
            named = f"part {part} of its stream" if parts > 1 else "its stream"
            sent = mark and f"has sent {counted(mark.events, 'event')}, {mark.fraud:,} of them fraud"
            told.append(f"{named} {sent or 'has not begun'}")
        return f"{'; '.join(told)}. Wait until it ends, or go on with it: synth stream … --resume"


def _parts_of(manifest: Mapping[str, Any]) -> int:
    return int(manifest.get("stream", {}).get("parts", 1))


def _parse(uri: str) -> tuple[str, str]:
    """Brokers and topic.

    Raises:
        RefusedError: the uri names none; one that may hold a password is not repeated.
    """
    rest = uri.partition("://")[2]
    if "@" in rest or "?" in rest:
        raise RefusedError(
            f"a uri of Kafka is {_FORM}, and nothing more: user and password are SYNTH_KAFKA_USERNAME and "
            "SYNTH_KAFKA_PASSWORD"
        )
    servers, _, topic = rest.partition("/")
    if not re.fullmatch(SERVERS, servers) or not re.fullmatch(TOPIC, topic):
        raise RefusedError(f"{uri} is no uri of Kafka: give {_FORM}, several brokers with commas")
    return servers, topic
