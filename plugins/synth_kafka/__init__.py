"""A sink for synth: a topic of Apache Kafka that holds every event once."""

from typing import TYPE_CHECKING

from synth import SinkJob, SinkSpec, hookimpl
from synth_kafka.config import KafkaConfig, taken_topics

if TYPE_CHECKING:
    from synth_kafka.sink import KafkaSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [SinkSpec(KafkaConfig, _make_sink, streams=True, parts=True, takes=taken_topics)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its option."""
    return ["pkg://synth_kafka.conf"]


def _make_sink(config: KafkaConfig, job: SinkJob) -> "KafkaSink":
    """The libraries are loaded by the sink, not by whoever asks which sinks there are."""
    from synth_kafka.sink import KafkaSink

    return KafkaSink(config, job)
