"""A schema registry: where readers look a message's schema up by the number in front of it."""

import os
import struct
from collections.abc import Mapping
from typing import Any

from synth import RefusedError
from synth.errors import hide_secrets, on_one_line
from synth_kafka.formats import Format

_MAGIC = 0


def registry_client(address: str) -> Any:
    """A client of Confluent's, with user and password from the environment.

    Raises:
        RefusedError: its libraries are not installed.
    """
    try:
        from confluent_kafka.schema_registry import SchemaRegistryClient
    except ImportError as error:
        raise RefusedError("sink.kafka.registry needs more packages: pip install 'synth-kafka[registry]'") from error
    settings = {"url": address, "max.retries": 1, "timeout": 10}
    user, password = (os.environ.get(f"SYNTH_KAFKA_REGISTRY_{word}") for word in ("USERNAME", "PASSWORD"))
    if user and password:
        settings["basic.auth.user.info"] = f"{user}:{password}"
    return SchemaRegistryClient(settings)


def reach_registry(address: str) -> None:
    """Asks the registry something, and leaves no trace.

    Raises:
        RefusedError: it does not answer.
    """
    client = registry_client(address)
    try:
        client.get_subjects()
    except Exception as error:
        raise RefusedError(_told(address, error)) from error


def framings(address: str, made_by: Format, schemas: Mapping[str, str]) -> dict[str, bytes]:
    """Registers the schema of each topic's values and tells what goes before each of its messages.

    Raises:
        RefusedError: the registry does not take a schema.
    """
    from confluent_kafka.schema_registry import Schema

    client, found = registry_client(address), {}
    for topic, schema in schemas.items():
        try:
            number = client.register_schema(f"{topic}-value", Schema(schema, made_by.registry_type))
        except Exception as error:
            raise RefusedError(_told(address, error)) from error
        found[topic] = struct.pack(">bI", _MAGIC, number) + made_by.framing
    return found


def _told(address: str, error: Exception) -> str:
    return f"the schema registry {hide_secrets(address)} says no: {on_one_line(str(error) or type(error).__name__)}"
