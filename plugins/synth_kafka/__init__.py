"""A sink for synth: a topic of Apache Kafka that holds every event once."""

from typing import TYPE_CHECKING, BinaryIO

from synth import SinkJob, SinkSpec, hookimpl
from synth_kafka.config import SCHEMES, KafkaConfig, taken_topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from synth import ColumnEntry, TableSource
    from synth_kafka.sink import KafkaSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [
        SinkSpec(
            KafkaConfig,
            _make_sink,
            streams=True,
            parts=True,
            takes=taken_topics,
            schemes=SCHEMES,
            opens=_open_topic,
            reads=_read_messages,
        )
    ]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its option."""
    return ["pkg://synth_kafka.conf"]


# The libraries are loaded by what needs them, not by whoever asks which sinks there are.


def _make_sink(config: KafkaConfig, job: SinkJob) -> "KafkaSink":
    from synth_kafka.sink import KafkaSink

    return KafkaSink(config, job)


def _open_topic(uri: str) -> "TableSource":
    from synth_kafka.reading.source import KafkaSource

    return KafkaSource(uri)


def _read_messages(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    from synth_kafka.reading.stream import read_messages

    return read_messages(stream, table, columns)
