"""The control topic of a stream: schemas, and each part's checkpoint and manifest, each under a key of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from synth import Checkpoint, RefusedError

CLEARING = "clearing"
_CHECKPOINT, _MANIFEST = "checkpoint:", "manifest:"
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Control:
    """What a control topic says.

    Attributes:
        records: key → the value that was written last.
    """

    records: Mapping[str, bytes]

    @property
    def parts(self) -> list[int]:
        """The parts that have begun."""
        return sorted(int(key.removeprefix(_CHECKPOINT)) for key in self.records if key.startswith(_CHECKPOINT))

    def checkpoint(self, part: int) -> Checkpoint | None:
        """How far a part is.

        Raises:
            RefusedError: something else stands in its place.
        """
        kept = self.records.get(checkpoint_key(part))
        try:
            return None if kept is None else Checkpoint.from_json(json.loads(kept))
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("the control topic holds a checkpoint that this version cannot read") from error

    def finished(self, part: int) -> bool:
        """Whether a part is complete."""
        return manifest_key(part) in self.records

    @property
    def clearing(self) -> bool:
        """Whether somebody who began to empty the topics was stopped."""
        return CLEARING in self.records


def checkpoint_key(part: int) -> str:
    """Where a part's checkpoint is."""
    return f"{_CHECKPOINT}{part}"


def manifest_key(part: int) -> str:
    """Where a complete part's manifest is."""
    return f"{_MANIFEST}{part}"


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
            if error is not None and error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                continue  # no group is made use of: who may not have one may read all the same
            if error is not None:
                raise KafkaException(error)
            key, value = (message.key() or b"").decode(), message.value()
            if value is None:
                records.pop(key, None)
            else:
                records[key] = value
    finally:
        consumer.close()
