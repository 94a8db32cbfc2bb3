"""The topics: what they are like, and making those that are missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AclOperation, ConfigResource, NewTopic, OffsetSpec, ResourceType

from synth import RefusedError

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_ANSWER_S = 30
_EVER = "9223372036854775807"


@dataclass(frozen=True)
class Topic:
    """A topic that exists.

    Attributes:
        partitions: how many.
        retention_s: age at which it drops a message; None where the age of an event does not matter.
        before_s, after_s: how far back and ahead of now a message's time may lie; None for any.
        message_bytes: the largest batch of messages that it takes.
        deletes: whether it lets messages be deleted; one that is only compacted does not.
    """

    name: str
    partitions: int
    retention_s: float | None
    before_s: float | None
    after_s: float | None
    message_bytes: int
    deletes: bool


def find_topics(admin: "AdminClient", names: Iterable[str], *, answer_s: float = _ANSWER_S) -> dict[str, Topic]:
    """Those of the topics that exist.

    Args:
        answer_s: how long an answer may take.

    Raises:
        KafkaException: the broker does not tell.
    """
    known = admin.list_topics(timeout=answer_s).topics
    there = {name: len(known[name].partitions) for name in names if name in known}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in there]
    answers = admin.describe_configs(resources, request_timeout=answer_s) if resources else {}
    found = {}
    for resource, future in answers.items():
        values = {key: entry.value for key, entry in future.result().items()}
        found[resource.name] = _topic(resource.name, there[resource.name], values)
    return found


def find_lacking(
    admin: "AdminClient", wanted: Mapping[str, Sequence[AclOperation]], *, answer_s: float
) -> dict[str, list[str]]:
    """Topic → what we may not do with it, of what is wanted; topics with which all is well are left out.

    Raises:
        KafkaException: the broker does not tell.
    """
    names = TopicCollection(list(wanted))
    answers = admin.describe_topics(names, include_authorized_operations=True, request_timeout=answer_s)
    lacking = {}
    for name, future in answers.items():
        try:
            allowed = future.result().authorized_operations
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue
            if code != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise
            allowed = []
        if allowed is not None:  # an old broker does not tell
            lacking[name] = [operation.name.lower() for operation in wanted[name] if operation not in allowed]
    return {name: operations for name, operations in lacking.items() if operations}


def _topic(name: str, partitions: int, values: Mapping[str, str | None]) -> Topic:
    kept_ms = int(values.get("retention.ms") or -1)
    drops = "delete" in (values.get("cleanup.policy") or "delete")
    stamped = values.get("message.timestamp.type") == "LogAppendTime"
    retention_s = kept_ms / 1000 if drops and not stamped and kept_ms >= 0 else None
    before_s, after_s = (
        None if stamped or limit in (None, _EVER) else int(limit) / 1000
        for limit in (values.get(f"message.timestamp.{side}.max.ms") for side in ("before", "after"))
    )
    message_bytes = int(values.get("max.message.bytes") or 1_000_000)
    return Topic(name, partitions, retention_s, before_s, after_s, message_bytes, drops)


def make_topic(admin: "AdminClient", name: str, partitions: int, retention_ms: int | None) -> None:
    """Makes a topic for events of any time; all is well if somebody else was faster.

    Args:
        retention_ms: None for ever.

    Raises:
        KafkaException: the broker does not.
    """
    _make(admin, new_topic(name, partitions, retention_ms))


def new_topic(name: str, partitions: int, retention_ms: int | None) -> NewTopic:
    """A topic for events of any time, to be made.

    Args:
        retention_ms: None for ever.
    """
    kept = {"retention.ms": str(-1 if retention_ms is None else retention_ms), "message.timestamp.after.max.ms": _EVER}
    return NewTopic(name, partitions, -1, config=kept)


def make_control_topic(admin: "AdminClient", name: str) -> None:
    """Makes the topic of a stream's checkpoints.

    Raises:
        KafkaException: the broker does not.
    """
    _make(admin, new_control_topic(name))


def new_control_topic(name: str) -> NewTopic:
    """The topic of a stream's checkpoints: one partition, of which Kafka keeps the last record of each key."""
    return NewTopic(name, 1, -1, config={"cleanup.policy": "compact", "segment.bytes": str(1 << 24)})


def find_unmakeable(admin: "AdminClient", wanted: Sequence[NewTopic], *, answer_s: float) -> dict[str, KafkaError]:
    """Topic → why the cluster would not make it: a right, a policy, a name that it takes for another one.

    Raises:
        KafkaException: the broker does not tell.
    """
    lacking = {}
    asked = admin.create_topics([*wanted], validate_only=True, request_timeout=answer_s) if wanted else {}
    for name, future in asked.items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
                raise
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                lacking[name] = error.args[0]
    return lacking


def _make(admin: "AdminClient", topic: NewTopic) -> None:
    [future] = admin.create_topics([topic], operation_timeout=_ANSWER_S, request_timeout=_ANSWER_S).values()
    try:
        future.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def empty_topic(admin: "AdminClient", topic: Topic) -> None:
    """Removes every message.

    Raises:
        KafkaException: the broker does not.
    """
    ends = {TopicPartition(topic.name, i): OffsetSpec.latest() for i in range(topic.partitions)}
    offsets = admin.list_offsets(ends, request_timeout=_ANSWER_S)
    until = [TopicPartition(each.topic, each.partition, future.result().offset) for each, future in offsets.items()]
    for future in admin.delete_records(until, request_timeout=_ANSWER_S).values():
        future.result()


def require_topics(wanted: Iterable[str], found: Mapping[str, Topic], *, partitions: int) -> None:
    """Refuses topics that do not exist, and says how to make them."""
    missing = [name for name in wanted if name not in found]
    if missing:
        named = "topic " + ", ".join(map(repr, missing))
        how = how_to_make(missing[0], partitions)
        raise RefusedError(f"{named} does not exist: set sink.kafka.create=true, or make it: {how}")


def how_to_make(name: str, partitions: int) -> str:
    """The command that makes a topic for events of any time."""
    return f"kafka-topics.sh --create --topic {name} --partitions {partitions} --config retention.ms=-1"
