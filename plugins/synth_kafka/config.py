"""The keys of sink=kafka."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from synth import Problem
from synth_kafka.formats import FormatName, KeyFormatName

TOPIC = r"^[A-Za-z0-9._-]{1,200}$"
SERVERS = r"^[^\s,/@]+:\d+(,[^\s,/@]+:\d+)*$"

SCHEMES = ("kafka",)
"""What uris of streams begin with."""

CONTROL = "synth"
"""What the control topic's name ends with."""


@dataclass(frozen=True, kw_only=True)
class KafkaConfig:
    """A topic of Apache Kafka. Who may write there, and how, is in the environment: SYNTH_KAFKA_USERNAME and others."""

    kind: Literal["kafka"] = "kafka"
    servers: Annotated[
        str,
        Field(pattern=SERVERS, description="brokers to begin with: host:port, with commas"),
    ]
    topic: Annotated[str, Field(pattern=TOPIC, description="where the transactions go")]
    side_topics: Annotated[list[str], Field(description="tables that go to topics of their own, <topic>.<table>")]
    format: Annotated[FormatName, Field(description="what a message is")]
    registry: Annotated[
        str | None,
        Field(pattern=r"^https?://[^@\s]+$", description="address of a schema registry; null: messages without schema"),
    ]
    subjects: Annotated[
        Literal["topic", "record", "topic_record"], Field(description="what the registry calls the schemas of messages")
    ] = "topic"
    optional: Annotated[
        list[str], Field(description="columns that schemas let be missing, so that a view may have gained them")
    ] = field(default_factory=list)
    key: Annotated[str | None, Field(description="column that is the key of a message; null: no keys")]
    key_format: Annotated[
        KeyFormatName, Field(description="what a key is: the column's text, or its value in Avro")
    ] = "text"
    timestamps: Annotated[
        Literal["event", "emit"], Field(description="time of a message: its event's, or that of its hand-over")
    ]
    create: Annotated[bool, Field(description="whether topics that are missing are made")]
    partitions: Annotated[int, Field(ge=1, le=10_000, description="partitions of a topic that is made")]
    retention_h: Annotated[
        float | None, Field(gt=0, description="hours that a topic that is made keeps a message; null: for ever")
    ]
    timeout_s: Annotated[int, Field(ge=1, le=900, description="seconds that the brokers may be away")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        schemas = self.format != "json"
        if self.registry is not None and not schemas and self.key_format == "text":
            yield Problem(
                path="registry",
                message="JSON is sent without a schema",
                allowed=("null, or sink.kafka.format=avro or protobuf",),
            )
        if self.subjects != "topic" and not (self.registry and schemas):
            message = "only a registry's schemas of messages have subjects"
            yield Problem(path="subjects", message=message, allowed=("topic, or with a registry and format=avro",))
        if self.optional and not schemas:
            message = "JSON has no schema that a column could be missing from"
            yield Problem(path="optional", message=message, allowed=("[], or sink.kafka.format=avro or protobuf",))
        if self.key_format != "text" and self.key is None and not self.side_topics:
            yield Problem(path="key_format", message="messages have no key", allowed=("text, or with sink.kafka.key",))
        if self.topic in (".", ".."):
            yield Problem(path="topic", message=f"Kafka has no topic named {self.topic!r}")
        if CONTROL in self.side_topics:
            taken = control_topic(self)
            yield Problem(path="side_topics", message=f"topic {taken!r} holds the stream's checkpoint, and no table")


def control_topic(config: KafkaConfig) -> str:
    """The topic that holds the checkpoint."""
    return f"{config.topic}.{CONTROL}"


def side_topic(config: KafkaConfig, table: str) -> str:
    """The topic of a table beside the transactions."""
    return f"{config.topic}.{table}"


def taken_topics(config: KafkaConfig) -> list[tuple[str, ...]]:
    """The topics of a stream, on brokers that are the same where they are named alike.

    Kafka takes ``a.b`` and ``a_b`` for one name, for its metrics cannot tell them apart.
    """
    servers = ",".join(sorted(config.servers.lower().split(",")))
    topics = [config.topic, control_topic(config), *(side_topic(config, table) for table in config.side_topics)]
    return [("kafka", servers, topic.replace(".", "_")) for topic in topics]
