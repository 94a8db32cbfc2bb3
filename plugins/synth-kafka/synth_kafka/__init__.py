"""A sink for synth: a topic of Apache Kafka that holds every event once."""

from synth import SinkSpec, hookimpl
from synth_kafka.config import KafkaConfig
from synth_kafka.sink import KafkaSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [SinkSpec(KafkaConfig, KafkaSink, streams=True, parts=True)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its option."""
    return ["pkg://synth_kafka.conf"]
