"""The manifest in a bucket: which run is read there; put on the condition that no other run came in between."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from synth.errors import RunError
from synth.sinks.places import MANIFESTS
from synth.sinks.s3_errors import code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synth.sinks.s3_connection import Connection

TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
"""What a server answers when a condition does not hold, or another request is about to break it."""

REPLACED = "_replaced.json"
"""In a run's folder, as long as they are there: the files of the run that it replaced."""

_UNKNOWN = {"NotImplemented", "501"}


@dataclass(frozen=True)
class Standing:
    """The manifest that readers find.

    Attributes:
        name: below the place.
        text: its content.
        etag: what the server calls this content, without quotes: old gateways of Ceph compare with these alone.
    """

    name: str
    text: bytes
    etag: str

    @classmethod
    def find(cls, connection: Connection) -> Standing | None:
        """The first of the names that a manifest may have.

        Raises:
            BotoCoreError, ClientError: the server failed.
        """
        client, place = connection.client, connection.place
        for name in MANIFESTS:
            with suppress(client.exceptions.NoSuchKey):
                answer = client.get_object(Bucket=place.bucket, Key=place.key(name))
                return cls(name, answer["Body"].read(), answer["ETag"].strip('"'))
        return None


def put_manifest(connection: Connection, name: str, text: bytes, before: Standing | None) -> None:
    """Makes a manifest the one that readers find, if it is still ``before`` that they find now.

    Raises:
        RunError: another run has published; this one has not.
        Uncertain: the server failed, and so did asking it what it has done.
        BotoCoreError, ClientError: the server failed and has not put it.
    """
    place = connection.place
    condition = {"IfMatch": before.etag} if before else {"IfNoneMatch": "*"}
    try:
        if_known(
            lambda given: connection.client.put_object(
                Bucket=place.bucket, Key=place.key(before.name if before else name), Body=text, **given
            ),
            condition,
        )
    except (BotoCoreError, ClientError) as error:
        try:
            found = Standing.find(connection)
        except (BotoCoreError, ClientError) as second:
            raise Uncertain(f"cannot publish to {place.uri}: {connection.reason(second)}; {_UNSURE}") from error
        if found and found.text == text:
            return
        if isinstance(error, ClientError) and (code_of(error) in TAKEN or found != before):
            raise RunError(f"cannot publish to {place.uri}: another run has published there meanwhile") from error
        raise


_UNSURE = "whether the run is there, synth verify will say"


class Uncertain(RunError):
    """Nobody knows whether a run has been published: nothing of it may be taken back."""


def if_known(call: Callable[[Mapping[str, Any]], object], condition: Mapping[str, Any]) -> None:
    """Calls with a condition, or without it where the server knows no conditions."""
    try:
        call(condition)
    except ClientError as error:
        if code_of(error) not in _UNKNOWN:
            raise
        call({})


def left_by_the_dead(names: Sequence[str], read: Callable[[str], BinaryIO]) -> list[str]:
    """What runs that died had begun to remove, or would have.

    Args:
        names: of visible files.
        read: opens one.
    """
    found = []
    for name in names:
        if name.endswith(f"/{REPLACED}"):
            with read(name) as stream, suppress(ValueError):
                found += [each for each in json.load(stream) if isinstance(each, str)]
    return found
