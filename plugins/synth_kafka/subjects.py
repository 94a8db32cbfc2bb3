"""The schemas of a stream: one of the messages of each topic and one of their keys, and what a registry calls them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from synth import Table
from synth_kafka.config import KafkaConfig
from synth_kafka.formats import make_format, make_key_format
from synth_kafka.rows import RowEncoder


@dataclass(frozen=True)
class Subject:
    """A schema, as it is registered.

    Attributes:
        topic: whose messages it describes.
        side: what of them.
        name: the subject.
        schema: its text; never empty.
        kind: what a registry calls its language.
        framing: what follows magic byte and schema id in front of what it describes.
    """

    topic: str
    side: Literal["value", "key"]
    name: str
    schema: str
    kind: str
    framing: bytes = b""


def subjects_of(
    config: KafkaConfig, topics: Mapping[str, str], tables: Mapping[str, Table], encoders: Mapping[str, RowEncoder]
) -> Iterator[Subject]:
    """What there are of schemas; none of what needs none.

    A key is no record and has no name of its own: it is always registered by its topic.

    Args:
        topics: table → its topic.
    """
    form, keys = make_format(config.format, config.optional), make_key_format(config.key_format)
    for name, topic in topics.items():
        record = f"synth.{name}"
        named = {"topic": f"{topic}-value", "record": record, "topic_record": f"{topic}-{record}"}
        if schema := form.schema(tables[name]):
            yield Subject(topic, "value", named[config.subjects], schema, form.registry_type, form.framing)
        if schema := encoders[name].key_schema(tables[name]):
            yield Subject(topic, "key", f"{topic}-key", schema, keys.registry_type)
