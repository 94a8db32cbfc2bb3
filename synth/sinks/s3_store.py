"""Files in a bucket: staged as multipart uploads, visible when they are completed."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from synth.errors import RefusedError, RunError
from synth.sinks.places import (
    CARD,
    MANIFEST,
    MANIFESTS,
    RUN_FOLDER,
    STAGING,
    RunFolder,
    S3Place,
    above,
    families,
    family,
    left_of,
    require_names,
    require_vacant,
    run_folder_of,
)
from synth.sinks.s3_connection import Connection
from synth.sinks.s3_errors import ABSENT, code_of
from synth.sinks.s3_files import S3Reader, S3Upload
from synth.sinks.s3_manifest import REPLACED, TAKEN, Standing, Uncertain, if_known, left_by_the_dead, put_manifest
from synth.sinks.s3_staging import FAMILIES, S3Staging, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from synth.contracts.store import Staged
    from synth.sinks.s3_options import S3Options

log = logging.getLogger(__name__)

MARK = "synth-run"
"""Metadata key on every file: which run made it."""

_connecting = threading.Lock()


class S3Store:
    """A prefix in a bucket. Credentials, region and endpoint are found the way every AWS tool finds them.

    A run that replaces another one has a folder of its own, ``_run-<id>/``, in front of the names of its files, so that
    no file of the other one changes before the manifest does, which names them; then the other one's files go. Without
    it the new files take the names of the old ones, one by one.

    A staged file is a pending multipart upload: no reader sees it, and a lifecycle rule for incomplete uploads
    removes it should nobody else. There is no lock: of two runs that write to one prefix at once, the later start
    takes the uploads of the earlier one, which then fails; of two that publish at once, one does.

    Args:
        run_folder: whether a run has its folder: ``auto`` where it replaces another one.
        options: how objects are put.
    """

    def __init__(
        self, place: S3Place, beside: str = "", run_folder: RunFolder = "auto", options: S3Options | None = None
    ) -> None:
        self.uri = place.uri
        self._manifest, self._card = beside + MANIFEST, beside + CARD
        self._place, self._options = place, options
        self._names: tuple[str, ...] = ()
        self._overwrite = False
        self._run = os.urandom(8).hex()
        self._staging = ""
        self._run_folder, self._folder = run_folder, ""
        self._started = False
        self._done = False
        self._standing: Standing | None = None
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
            if staging:
                self._run = self._staging = staging
            found = self._visible()
            require_vacant(self.uri, found, overwrite=self._overwrite)
            if self._run_folder == "always" or (self._run_folder == "auto" and found):
                before = Standing.find(self._connection())
                self._folder = run_folder_of(self._run, before.text if before else b"")
            if not staging:
                self._sweep()
        self._started = True
        if staging:
            mine = [self._folder + name for name in families(self._names)]
            self.staging().put(FAMILIES, json.dumps(mine).encode())

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
            return S3Upload(connection, self._folder + name, self._begin(self._folder + name))

    def read_manifest(self) -> bytes | None:
        with self._connection().explaining(RefusedError, "read the manifest of"):
            self._standing = Standing.find(self._connection())
        return self._standing.text if self._standing else None

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
        names = [*(file.name for file in staged), *([self._folder + self._card] if card is not None else [])]
        with connection.explaining(RunError, "publish to"):
            before = self._visible()
            standing = self._standing or Standing.find(connection)
            if standing and not self._overwrite:
                raise RunError(f"cannot publish to {self.uri}: another run has published there meanwhile")
            leftovers = left_of([*before, *left_by_the_dead(before, self.open_reader)], replaced, names)
            require_names([*names, *leftovers], self.uri)
            self._published = [file.name for file in staged]
            list(connection.pool.map(self._complete, staged))
            if between:
                between()
            if self._folder and leftovers:
                self._put(self._folder + REPLACED, json.dumps(leftovers).encode())
                leftovers = [*leftovers, self._folder + REPLACED]
            try:
                put_manifest(connection, self._manifest, manifest, standing)
            except Uncertain:
                self._done = True  # and so nothing is taken back
                raise
            self._published, self._done = [], True
        with self._forgiving(connection):
            if card is not None:
                self._put(self._folder + self._card, card)
            named = standing.name if standing else self._manifest
            list(connection.pool.map(self._delete, [*leftovers, *(m for m in before if m in MANIFESTS and m != named)]))
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
                if self._mark(name) == self._run:
                    self._delete(name)
            if self._published and self._folder:
                self._delete(self._folder + REPLACED)
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
            return dict(self._connection().visible(""))

    def open_reader(self, name: str) -> BinaryIO:
        try:
            return io.BufferedReader(S3Reader(self._connection(), name), 1 << 20)
        except RefusedError as error:
            read, self._standing = self._standing, None
            if read and self.read_manifest() != read.text:
                message = f"another run has taken the place of the one in {self.uri}: read it again"
                raise RefusedError(message) from error
            raise

    def _connection(self) -> Connection:
        """The connection of this process; a fork or a copy gets one of its own."""
        with _connecting:
            if self._live is None or self._live.pid != os.getpid():
                self._live = Connection(self._place, self._options)
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
        connection = self._connection()
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(staged.etags, start=1)
        ]
        vacant = {} if self._folder or self._overwrite else {"IfNoneMatch": "*"}
        try:
            if_known(
                lambda condition: connection.client.complete_multipart_upload(
                    Bucket=self._place.bucket,
                    Key=self._place.key(staged.name),
                    UploadId=staged.upload_id,
                    MultipartUpload={"Parts": parts},
                    **condition,
                ),
                vacant,
            )
        except ClientError as error:
            # Not NoSuchUpload alone: Ceph answers InternalError here, others 500.
            if self._mark(staged.name) == self._run:
                return
            if code_of(error) in TAKEN:
                message = f"cannot publish to {self.uri}: another run has published {staged.name} meanwhile"
                raise RunError(message) from error
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

    def _put(self, name: str, text: bytes) -> None:
        self._connection().client.put_object(
            Bucket=self._place.bucket, Key=self._place.key(name), Body=text, Metadata={MARK: self._run}
        )

    def _delete(self, name: str) -> None:
        self._connection().client.delete_object(Bucket=self._place.bucket, Key=self._place.key(name))

    def _visible(self) -> list[str]:
        """The files here that bear the names of this run, or are parts beside its parts."""
        found = []
        for start in reversed(families(self._names)):
            for name, _ in self._connection().visible(above(start)):
                if family(name) == start:
                    found.append(name)
                elif above(start) == start:
                    break
        return [*found, *(name for name, _ in self._connection().visible(RUN_FOLDER))]

    def _sweep(self) -> None:
        """Abort the pending uploads of the files that this run writes, and of parts beside its parts; of no others."""
        sweep(self._connection(), (*families(self._names), RUN_FOLDER))
