"""The control topic of a part: its checkpoint, manifest and schemas, each under a key of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from synth import RefusedError
from synth.sinks.stream import Checkpoint

CHECKPOINT, MANIFEST, CLEARING = "checkpoint", "manifest", "clearing"
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Control:
    """What a control topic says.

    Attributes:
        records: key → the value that was written last.
    """

    records: Mapping[str, bytes]

    @property
    def checkpoint(self) -> Checkpoint | None:
        """How far the part is.

        Raises:
            RefusedError: something else stands in its place.
        """
        kept = self.records.get(CHECKPOINT)
        try:
            return None if kept is None else Checkpoint.from_json(json.loads(kept))
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("the control topic holds a checkpoint that this version cannot read") from error

    @property
    def finished(self) -> bool:
        """Whether the part is complete."""
        return MANIFEST in self.records

    @property
    def clearing(self) -> bool:
        """Whether somebody who began to empty the topics was stopped."""
        return CLEARING in self.records


def read_control(settings: Mapping[str, Any], topic: str, *, answer_s: float = _ANSWER_S) -> Control:
    """Reads a control topic to its end, as committed.

    Args:
        answer_s: how long an answer may take.

    Raises:
        KafkaException: the broker does not tell.
    """
    own = {"group.id": topic, "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 10}
    consumer = Consumer({**settings, **own, "isolation.level": "read_committed", "auto.offset.reset": "earliest"})
    records: dict[str, bytes] = {}
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while True:
            message = consumer.poll(answer_s)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                return Control(records)
            if error is not None:
                raise KafkaException(error)
            key, value = (message.key() or b"").decode(), message.value()
            if value is None:
                records.pop(key, None)
            else:
                records[key] = value
    finally:
        consumer.close()
