"""A reader of a topic that shares no code with the sink."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

_PATIENCE_S = 120


@dataclass(frozen=True)
class Seen:
    """A message that a reader of committed ones sees."""

    partition: int
    key: bytes | None
    value: bytes | None
    time_ms: int
    headers: dict[str, str]

    @property
    def sequence(self) -> int:
        return int(self.headers["sequence"])


def consume(address: str, topic: str, who: Mapping[str, str] | None = None) -> list[Seen]:
    """Every committed message of a topic, partition by partition, from the first to the last.

    Args:
        who: the client's settings for a broker that does not let everybody in.
    """
    settings = {"bootstrap.servers": address, "group.id": "reader", "isolation.level": "read_committed", **(who or {})}
    consumer = Consumer({**settings, "enable.partition.eof": True, "fetch.wait.max.ms": 10, "log_level": 0})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        seen: list[Seen] = []
        left = set(partitions)
        deadline = time.monotonic() + _PATIENCE_S
        while left:
            assert time.monotonic() < deadline, f"the end of {topic} was not reached"
            for message in consumer.consume(10_000, timeout=0.2):
                error = message.error()
                if error is None:
                    seen.append(_seen(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition() or 0)
                else:
                    raise KafkaException(error)
        return seen
    finally:
        consumer.close()


def _seen(message: Message) -> Seen:
    headers: Any = message.headers() or []
    told = {name: value.decode() for name, value in headers}
    return Seen(message.partition() or 0, message.key(), message.value(), message.timestamp()[1], told)


def wait_for_messages(address: str, topic: str, at_least: int) -> int:
    """Returns how many messages were sent, committed or not, once they are so many."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "watcher", "log_level": 0})
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while time.monotonic() < deadline:
            with suppress(KafkaException):  # a topic that is just being made
                known = consumer.list_topics(timeout=30).topics
                partitions = known[topic].partitions if topic in known else ()
                ends = [consumer.get_watermark_offsets(TopicPartition(topic, each), timeout=30) for each in partitions]
                if (sent := sum(end for _, end in ends)) >= at_least:
                    return sent
            time.sleep(0.05)
    finally:
        consumer.close()
    raise AssertionError(f"{topic} did not get {at_least} messages")


def values(seen: list[Seen], *, rows: int) -> list[bytes]:
    """The messages in the order of their sequence, each number once and none missing."""
    ordered = sorted(seen, key=lambda message: message.sequence)
    assert [message.sequence for message in ordered] == list(range(rows))
    return [message.value or b"" for message in ordered]
