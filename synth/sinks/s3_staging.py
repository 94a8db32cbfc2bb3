"""What a bucket keeps of a run that is not published: small objects under a hidden prefix, beside pending uploads."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from synth.errors import RefusedError, RunError
from synth.sinks.places import RUN_FOLDER, STAGING, S3Place, above, family
from synth.sinks.s3_connection import Connection
from synth.sinks.s3_errors import code_of
from synth.sinks.s3_manifest import TAKEN
from synth.sinks.staging import RECIPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from synth.contracts.store import Staged

FAMILIES = "families.json"
"""The families of names that the run's uploads have, so that those which no receipt names can be found, too."""


@dataclass(frozen=True)
class S3Staging:
    """A hidden prefix below a place.

    Attributes:
        connect: the connection of this process.
        folder: the prefix below the place, without a slash.
    """

    place: S3Place
    connect: Callable[[], Connection]
    folder: str

    @property
    def id(self) -> str:
        """What its name says behind the mark of every hidden entry."""
        return self.folder.removeprefix(STAGING)

    def _key(self, name: str) -> str:
        return self.place.key(f"{self.folder}/{name}")

    def put(self, name: str, content: bytes) -> bool:
        connection = self.connect()
        with connection.explaining(RunError, f"write {self.folder} to"):
            try:
                connection.client.put_object(
                    Bucket=self.place.bucket, Key=self._key(name), Body=content, IfNoneMatch="*"
                )
            except ClientError as error:
                if code_of(error) in TAKEN:
                    return False
                raise
        return True

    def drop(self, names: Iterable[str]) -> None:
        connection = self.connect()
        with connection.explaining(RunError, f"write {self.folder} to"):
            # One by one: not every store knows the request that deletes many.
            for name in names:
                connection.client.delete_object(Bucket=self.place.bucket, Key=self._key(name))

    def read(self, name: str) -> bytes | None:
        connection = self.connect()
        with (
            connection.explaining(RefusedError, f"read {self.folder} of"),
            suppress(connection.client.exceptions.NoSuchKey),
        ):
            return connection.client.get_object(Bucket=self.place.bucket, Key=self._key(name))["Body"].read()
        return None

    def list(self, folder: str) -> set[str]:
        start, connection = f"{self.folder}/{folder}/" if folder else f"{self.folder}/", self.connect()
        with connection.explaining(RefusedError, "list"):
            return {name.removeprefix(start) for name, _ in connection.visible(start)}

    def holds(self, staged: Staged) -> bool:
        connection = self.connect()
        etags, size = [], 0
        pages = connection.client.get_paginator("list_parts")
        with connection.explaining(RefusedError, f"read {staged.name} in"):
            try:
                for page in pages.paginate(
                    Bucket=self.place.bucket, Key=self.place.key(staged.name), UploadId=staged.upload_id
                ):
                    etags += [part["ETag"] for part in page.get("Parts", [])]
                    size += sum(part["Size"] for part in page.get("Parts", []))
            except ClientError as error:
                if code_of(error) in {"NoSuchUpload", "NoSuchKey", "404"}:
                    return False
                raise
        return (tuple(etags), size) == (staged.etags, staged.bytes)

    def remove(self) -> None:
        connection = self.connect()
        families = json.loads(self.read(FAMILIES) or b"[]")
        with connection.explaining(RunError, "clean"):
            sweep(connection, families)
            # The recipe last: what is left of a removal that dies is still somebody's, and can be cleaned away.
            names = sorted(self.list(""), key=lambda name: name == RECIPE)
        self.drop(names)


def sweep(connection: Connection, families: Iterable[str]) -> None:
    """Abort the pending uploads of some families of names, or of the folders of all runs; of no others."""
    place = connection.place
    pages = connection.client.get_paginator("list_multipart_uploads")
    for start in families:
        for page in pages.paginate(Bucket=place.bucket, Prefix=place.key(above(start))):
            for upload in page.get("Uploads", []):
                name = place.name(upload["Key"])
                if start == RUN_FOLDER or family(name) == start:
                    connection.abort(name, upload["UploadId"])


def stagings_below(place: S3Place) -> list[S3Staging]:
    """The stagings below a place that say whose they are.

    Raises:
        RefusedError: the place cannot be read.
    """
    connection = Connection(place)
    with connection.explaining(RefusedError, "list"):
        names = [name for name, _ in connection.visible(STAGING)]
    folders = sorted({name.partition("/")[0] for name in names if name.endswith(f"/{RECIPE}")})
    return [S3Staging(place, lambda: connection, folder) for folder in folders]


def clean_below(place: S3Place) -> None:
    """Removes all that unfinished runs have left below a place.

    Raises:
        RefusedError: it cannot be reached.
        RunError: it cannot be removed.
    """
    for staging in stagings_below(place):
        staging.remove()
