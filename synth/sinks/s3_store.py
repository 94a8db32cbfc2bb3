"""Files in a bucket: staged as multipart uploads, visible when they are completed."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from synth.errors import RefusedError, RunError
from synth.sinks.card import stage
from synth.sinks.places import (
    CARD,
    MANIFEST,
    MANIFESTS,
    STAGING,
    S3Place,
    families,
    family,
    left_of,
    require_names,
    require_vacant,
)
from synth.sinks.s3_connection import Connection
from synth.sinks.s3_errors import ABSENT, code_of
from synth.sinks.s3_files import S3Reader, S3Upload
from synth.sinks.s3_staging import FAMILIES, S3Staging, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from synth.contracts.store import Staged

log = logging.getLogger(__name__)

MARK = "synth-run"
"""Metadata key on every file: which run made it."""

_connecting = threading.Lock()


class S3Store:
    """A prefix in a bucket. Credentials, region and endpoint are found the way every AWS tool finds them.

    A staged file is a pending multipart upload: no reader sees it, and a lifecycle rule for incomplete uploads
    removes it should nobody else. There is no lock: of two runs that write to one prefix at once, the later start
    takes the uploads of the earlier one, which then fails.
    """

    def __init__(self, place: S3Place, beside: str = "") -> None:
        self.uri = place.uri
        self._manifest, self._card = beside + MANIFEST, beside + CARD
        self._place = place
        self._names: tuple[str, ...] = ()
        self._overwrite = False
        self._run = os.urandom(8).hex()
        self._staging = ""
        self._started = False
        self._done = False
        self._published: list[str] = []
        self._live: Connection | None = None

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_started": False, "_published": [], "_live": None}

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        require_names(names, self.uri)
        self._names, self._overwrite = (*names, self._card), overwrite
        connection = self._connection()
        with connection.explaining(RefusedError, "write to"):
            require_vacant(self.uri, self._visible(), overwrite=overwrite)
            connection.abort(self._manifest, self._begin(self._manifest))

    def start(self, staging: str = "", *, shared: bool = False) -> None:
        with self._connection().explaining(RefusedError, "write to"):
            require_vacant(self.uri, self._visible(), overwrite=self._overwrite)
            if not staging:
                self._sweep()
        self._started = True
        if staging:
            self._run = self._staging = staging
            self.staging().put(FAMILIES, json.dumps(families(self._names)).encode())

    def staging(self) -> S3Staging:
        assert self._staging, "start() with an id comes before staging()"
        return S3Staging(self._place, self._connection, f"{STAGING}{self._staging}")

    def reopen(self, staged: Staged) -> None:
        return None

    def leave(self) -> None:
        if self._live is None:
            return
        connection = self._live
        connection.stop()
        with self._forgiving(connection):
            for upload_id, name in list(connection.pending.items()):
                connection.abort(name, upload_id)
        self._live, self._started = None, False

    def create(self, name: str) -> S3Upload:
        require_names([name], self.uri)
        connection = self._connection()
        with connection.explaining(RunError, f"write {name} to"):
            return S3Upload(connection, name, self._begin(name))

    def read_manifest(self) -> bytes | None:
        client = self._connection().client
        for name in MANIFESTS:
            with (
                self._connection().explaining(RefusedError, f"read {name} of"),
                suppress(client.exceptions.NoSuchKey),
            ):
                return client.get_object(Bucket=self._place.bucket, Key=self._place.key(name))["Body"].read()
        return None

    def publish(
        self,
        staged: Sequence[Staged],
        manifest: bytes,
        *,
        replaced: Sequence[str],
        card: bytes | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        connection = self._connection()
        names = [*(file.name for file in staged), *([self._card] if card is not None else [])]
        with connection.explaining(RunError, "publish to"):
            before = self._visible()
            leftovers = left_of(before, replaced, names)
            require_names([*names, *leftovers], self.uri)
            files = [*staged, *([] if card is None else [stage(self, self._card, card)])]
            earlier = [name for name in before if name in MANIFESTS]
            if earlier and not self._overwrite:
                raise RunError(f"cannot publish to {self.uri}: another run has published there meanwhile")
            for name in earlier:
                self._delete(name)
            self._published = [self._manifest, *names]
            list(connection.pool.map(self._complete, files))
            if between:
                between()
            list(connection.pool.map(self._delete, leftovers))
            connection.client.put_object(Bucket=self._place.bucket, Key=self._place.key(self._manifest), Body=manifest)
        self._published, self._done = [], True
        with self._forgiving(connection):
            self._sweep()
        connection.stop()
        self._live = None

    def discard(self, staged: Sequence[Staged]) -> None:
        if self._done or (self._live is None and not staged and not self._published):
            return
        connection = self._connection()
        connection.stop()
        with self._forgiving(connection):
            for name in self._published:
                self._delete(name)
            self._published = []
            for upload_id, name in (connection.pending | {s.upload_id: s.name for s in staged}).items():
                connection.abort(name, upload_id)
            if self._started:
                self._sweep()
            if self._staging:
                self.staging().remove()
        self._live, self._started = None, False

    def list_files(self) -> dict[str, int]:
        with self._connection().explaining(RefusedError, "list"):
            return dict(self._list(""))

    def open_reader(self, name: str) -> BinaryIO:
        return io.BufferedReader(S3Reader(self._connection(), name), 1 << 20)

    def _connection(self) -> Connection:
        """The connection of this process; a fork or a copy gets one of its own."""
        with _connecting:
            if self._live is None or self._live.pid != os.getpid():
                self._live = Connection(self._place)
            return self._live

    @contextmanager
    def _forgiving(self, connection: Connection) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            reason = connection.reason(error)
            log.warning("something is left in %s: %s; the next run there takes it back", self.uri, reason)

    def _begin(self, name: str) -> str:
        """Begin a multipart upload that carries this run's mark."""
        connection = self._connection()
        upload_id = connection.client.create_multipart_upload(
            Bucket=self._place.bucket, Key=self._place.key(name), Metadata={MARK: self._run}
        )["UploadId"]
        connection.pending[upload_id] = name
        return upload_id

    def _complete(self, staged: Staged) -> None:
        """Make one file visible. A repeated request finds no upload; then the file that is there must be this run's."""
        client = self._connection().client
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(staged.etags, start=1)
        ]
        try:
            client.complete_multipart_upload(
                Bucket=self._place.bucket,
                Key=self._place.key(staged.name),
                UploadId=staged.upload_id,
                MultipartUpload={"Parts": parts},
            )
        except ClientError:
            # Not NoSuchUpload alone: Ceph answers InternalError here, others 500.
            if self._mark(staged.name) != self._run:
                raise

    def _mark(self, name: str) -> str | None:
        """The mark of the run that made a visible file."""
        client = self._connection().client
        try:
            answer = client.head_object(Bucket=self._place.bucket, Key=self._place.key(name))
        except ClientError as error:
            if code_of(error) in ABSENT:
                return None
            raise
        return answer["Metadata"].get(MARK)

    def _delete(self, name: str) -> None:
        self._connection().client.delete_object(Bucket=self._place.bucket, Key=self._place.key(name))

    def _list(self, start: str) -> Iterator[tuple[str, int]]:
        """Names and sizes of the visible files whose names begin so, in order of name."""
        pages = self._connection().client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._place.key(start)):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield self._place.name(item["Key"]), item["Size"]

    def _visible(self) -> list[str]:
        """The files here that bear the names of this run, or are parts beside its parts."""
        found = []
        for start in reversed(families(self._names)):
            for name, _ in self._list(start):
                if family(name) == start:
                    found.append(name)
                elif not start.endswith("part-"):
                    break
        return found

    def _sweep(self) -> None:
        """Abort the pending uploads of the files that this run writes, and of parts beside its parts; of no others."""
        sweep(self._connection(), families(self._names))
