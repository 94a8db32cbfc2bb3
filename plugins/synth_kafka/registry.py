"""A schema registry: where readers look a message's schema up by the number in front of it."""

import base64
import http
import json
import os
import struct
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from synth import RefusedError, on_one_line
from synth_kafka.subjects import Subject

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


def require_compatible(address: str, subjects: Iterable[Subject], *, answer_s: float = _ANSWER_S) -> None:
    """Asks whether the registry would take each schema beside the one that it has; leaves no trace.

    Raises:
        RefusedError: it would not, or it does not answer.
    """
    for subject in subjects:
        latest = f"/subjects/{quote(subject.name, safe='')}/versions/latest"
        answer = _ask(
            address, f"/compatibility{latest}", _wanted(subject), answer_s=answer_s, absent={"is_compatible": True}
        )
        if not answer.get("is_compatible"):
            gained = _gained(subject, _ask(address, latest, answer_s=answer_s).get("schema", ""))
            way = (
                f"sink.kafka.optional=[{','.join(gained)}] lets it take what the view has gained, or " if gained else ""
            )
            raise RefusedError(
                f"the schema registry {address} has a schema {subject.name!r} with which that of this stream is not "
                f"compatible: {way}name another topic, or change the subject's compatibility"
            )


def _wanted(subject: Subject) -> dict[str, str]:
    return {"schema": subject.schema, "schemaType": subject.kind}


def _gained(subject: Subject, before: str) -> list[str]:
    """The columns of an Avro record that an earlier one lacks, and that have to be there."""
    try:
        ours, theirs = json.loads(subject.schema), json.loads(before)
        known = {field["name"] for field in theirs["fields"]}
        return [field["name"] for field in ours["fields"] if field["name"] not in known and "default" not in field]
    except (ValueError, KeyError, TypeError):
        return []


def framings(address: str, subjects: Iterable[Subject]) -> dict[tuple[str, str], bytes]:
    """Registers schemas, and tells for (topic, side) what goes before each value or key.

    Raises:
        RefusedError: the registry does not take a schema.
    """
    found = {}
    for subject in subjects:
        answer = _ask(address, f"/subjects/{quote(subject.name, safe='')}/versions", _wanted(subject))
        found[subject.topic, subject.side] = framing_of(subject, answer["id"])
    return found


def framing_of(subject: Subject, number: int) -> bytes:
    """What goes before each value or key whose schema has a number."""
    return struct.pack(">bI", _MAGIC, number) + subject.framing


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
