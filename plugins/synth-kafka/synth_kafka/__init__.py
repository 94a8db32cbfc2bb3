"""A sink for synth: a topic of Apache Kafka that holds every event once."""

from synth import SinkSpec, hookimpl
from synth_kafka.config import KafkaConfig, taken_topics
from synth_kafka.sink import KafkaSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [SinkSpec(KafkaConfig, KafkaSink, streams=True, parts=True, takes=taken_topics)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its option."""
    return ["pkg://synth_kafka.conf"]
