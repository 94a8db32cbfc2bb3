"""The topics of a stream: looked at before a run, made or emptied when it begins."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from synth_kafka.config import KafkaConfig, control_topic, side_topic
from synth_kafka.connection import Connection
from synth_kafka.control import Control, read_control
from synth_kafka.topics import Topic, empty_topic, find_topics, make_control_topic, make_topic, require_topics

_HOUR_MS = 3_600_000
_PATIENCE_S, _PAUSE_S = 10.0, 0.05


def topic_names(config: KafkaConfig, transactions: str) -> dict[str, str]:
    """Table → its topic, for those that have one; ``transactions`` is what the first table is called."""
    return {transactions: config.topic} | {name: side_topic(config, name) for name in config.side_topics}


def retention_ms(config: KafkaConfig) -> int | None:
    """How long a topic that is made keeps a message; None for ever."""
    return None if config.retention_h is None else round(config.retention_h * _HOUR_MS)


class Place:
    """The topics.

    Attributes:
        connection: with which it is looked at.
        control_topic: holds the checkpoint.
    """

    def __init__(self, connection: Connection, config: KafkaConfig, topics: Mapping[str, str]) -> None:
        self.connection, self._config, self._topics = connection, config, topics
        self.control_topic = control_topic(config)
        self._found: dict[str, Topic] = {}

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turns what the client raises into a refusal."""
        with self.connection.explaining(self._config.topic):
            yield

    def look(self) -> Control:
        """What the control topic says, and whether every topic is there or may be made; touches nothing.

        Raises:
            RefusedError: no broker answers, or a topic is missing.
        """
        with self.explaining():
            found = self._find(self.connection.admin())
            return self._read() if self.control_topic in found else Control({})

    def prepare(self) -> None:
        """Makes the topics that are missing.

        Raises:
            RefusedError: the cluster does not let it.
        """
        with self.explaining():
            admin = self.connection.admin()
            missing = {*self._topics.values(), self.control_topic} - set(self._find(admin))
            for name in sorted(missing):
                self._make(admin, name)
            deadline = time.monotonic() + _PATIENCE_S
            while not missing <= set(self._found):  # a broker may hear of a new topic a moment later
                if time.monotonic() > deadline:
                    raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
                time.sleep(_PAUSE_S)
                self._find(admin)

    def read_control(self) -> Control:
        """What the control topic says.

        Raises:
            RefusedError: the broker does not tell.
        """
        with self.explaining():
            return self._read()

    def empty(self) -> None:
        """Removes every message of the stream's topics.

        Raises:
            RefusedError: the broker does not.
        """
        with self.explaining():
            admin = self.connection.admin()
            for name in self._topics.values():
                empty_topic(admin, self._found[name])

    def message_bytes(self) -> int:
        """The largest batch of messages that every topic takes."""
        return min(topic.message_bytes for topic in self._found.values())

    def _find(self, admin: AdminClient) -> dict[str, Topic]:
        self._found = find_topics(admin, [*self._topics.values(), self.control_topic])
        if not self._config.create:
            require_topics(self._topics.values(), self._found, partitions=self._config.partitions)
            require_topics([self.control_topic], self._found, partitions=1)
        return self._found

    def _make(self, admin: AdminClient, name: str) -> None:
        if name == self.control_topic:
            make_control_topic(admin, name)
        else:
            make_topic(admin, name, self._config.partitions, retention_ms(self._config))

    def _read(self) -> Control:
        return read_control(self.connection.settings(), self.control_topic)
