"""A schema registry: where readers look a message's schema up by the number in front of it."""

import base64
import json
import os
import struct
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from synth import RefusedError, on_one_line
from synth_kafka.formats import Format

_MAGIC = 0
_ANSWER_S = 10
_TYPE = "application/vnd.schemaregistry.v1+json"


def reach_registry(address: str, *, answer_s: float = _ANSWER_S) -> None:
    """Asks the registry something, and leaves no trace.

    Args:
        answer_s: how long the answer may take.

    Raises:
        RefusedError: it does not answer.
    """
    _ask(address, "/subjects", answer_s=answer_s)


def framings(address: str, made_by: Format, schemas: Mapping[str, str]) -> dict[str, bytes]:
    """Registers the schema of each topic's values, and tells what goes before each of its messages.

    Raises:
        RefusedError: the registry does not take a schema.
    """
    found = {}
    for topic, schema in schemas.items():
        wanted = {"schema": schema, "schemaType": made_by.registry_type}
        answer = _ask(address, f"/subjects/{quote(topic, safe='')}-value/versions", wanted)
        found[topic] = struct.pack(">bI", _MAGIC, answer["id"]) + made_by.framing
    return found


def _ask(address: str, path: str, body: Mapping[str, str] | None = None, *, answer_s: float = _ANSWER_S) -> Any:
    request = urllib.request.Request(
        address.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": _TYPE, "Accept": _TYPE, **_who()},
    )
    try:
        with urllib.request.urlopen(request, timeout=answer_s) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            message = error.read().decode(errors="replace")
        raise RefusedError(
            f"the schema registry {address} says no: {error.code} {on_one_line(message)[:300]}"
        ) from error
    except (OSError, ValueError) as error:
        message = on_one_line(str(error))
        raise RefusedError(
            f"the schema registry {address} does not answer: is sink.kafka.registry right? ({message})"
        ) from error


def _who() -> dict[str, str]:
    user, password = (os.environ.get(f"SYNTH_KAFKA_REGISTRY_{word}", "") for word in ("USERNAME", "PASSWORD"))
    if not user:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
