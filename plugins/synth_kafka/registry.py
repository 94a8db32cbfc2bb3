"""A schema registry: where readers look a message's schema up by the number in front of it."""

import base64
import http
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


def require_compatible(
    address: str, made_by: Format, schemas: Mapping[str, str], *, answer_s: float = _ANSWER_S
) -> None:
    """Asks whether the registry would take each topic's schema beside the one that it has; leaves no trace.

    Raises:
        RefusedError: it would not, or it does not answer.
    """
    for topic, schema in schemas.items():
        subject, wanted = f"{topic}-value", {"schema": schema, "schemaType": made_by.registry_type}
        path = f"/compatibility/subjects/{quote(subject, safe='')}/versions/latest"
        answer = _ask(address, path, wanted, answer_s=answer_s, absent={"is_compatible": True})
        if not answer.get("is_compatible"):
            raise RefusedError(
                f"the schema registry {address} has a schema {subject!r} with which that of this stream is not "
                "compatible: name another topic, or change the subject's compatibility"
            )


def framings(address: str, made_by: Format, schemas: Mapping[str, str]) -> dict[str, bytes]:
    """Registers the schema of each topic's values, and tells what goes before each of its messages.

    Raises:
        RefusedError: the registry does not take a schema.
    """
    found = {}
    for topic, schema in schemas.items():
        wanted = {"schema": schema, "schemaType": made_by.registry_type}
        answer = _ask(address, f"/subjects/{quote(topic, safe='')}-value/versions", wanted)
        found[topic] = framing_of(made_by, answer["id"])
    return found


def framing_of(made_by: Format, number: int) -> bytes:
    """What goes before each message whose schema has a number."""
    return struct.pack(">bI", _MAGIC, number) + made_by.framing


def _ask(
    address: str,
    path: str,
    body: Mapping[str, str] | None = None,
    *,
    answer_s: float = _ANSWER_S,
    absent: Mapping[str, Any] | None = None,
) -> Any:
    """What the registry answers.

    Args:
        absent: the answer where it has nothing of that name; None where that is an error.
    """
    request = urllib.request.Request(
        address.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": _TYPE, "Accept": _TYPE, **_who()},
    )
    try:
        with urllib.request.urlopen(request, timeout=answer_s) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if absent is not None and error.code == http.HTTPStatus.NOT_FOUND:
            error.close()
            return absent
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
