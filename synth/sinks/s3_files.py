"""One file in a bucket: written part by part, or read."""

from __future__ import annotations

import hashlib
import io
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from synth.contracts.store import Staged
from synth.errors import RefusedError, RunError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from botocore.response import StreamingBody
    from typing_extensions import Buffer

    from synth.sinks.s3_connection import Connection

log = logging.getLogger(__name__)

PART_BYTES = 8 << 20
PARTS_PER_SIZE = 1_000
"""After so many parts the next ones are twice as large: 10,000 parts, the most that S3 takes, exceed its 5 TB."""

PARTS_IN_FLIGHT = 3
"""Together with the part being filled: the memory of one upload is four parts, 32 MiB below 8 GB."""


def part_bytes(number: int) -> int:
    """Size of the part with that number, from 1 on."""
    return PART_BYTES << (number - 1) // PARTS_PER_SIZE


class S3Upload:
    """A multipart upload. Whatever is written is copied once, into the part that a thread of the pool then sends."""

    def __init__(self, connection: Connection, name: str, upload_id: str) -> None:
        self._connection = connection
        self._name = name
        self._upload_id = upload_id
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._part = bytearray()
        self._filled = 0
        self._etags: list[str] = []
        self._in_flight: deque[Future[str]] = deque()

    def write(self, data: Buffer) -> None:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._bytes += len(view)
        while view:
            if not self._part:
                self._part = bytearray(part_bytes(self._sent() + 1))
            piece = view[: len(self._part) - self._filled]
            with memoryview(self._part) as part:
                part[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == len(self._part):
                self._send()

    def so_far(self) -> Staged:
        return Staged(self._name, self._bytes, self._digest.hexdigest(), self._upload_id, tuple(self._etags))

    def close(self) -> Staged:
        if self._filled or not self._sent():
            self._send()
        self._await(0)
        self._connection.pending.pop(self._upload_id, None)
        return self.so_far()

    def abort(self) -> None:
        for future in self._in_flight:
            future.cancel()
        for future in self._in_flight:
            if not future.cancelled():
                future.exception()
        self._in_flight.clear()
        self._part = bytearray()
        try:
            self._connection.abort(self._name, self._upload_id)
        except (BotoCoreError, ClientError) as error:
            reason = self._connection.reason(error)
            log.warning("an upload of %s stays pending: %s; the next run there takes it back", self._name, reason)

    def _sent(self) -> int:
        return len(self._etags) + len(self._in_flight)

    def _send(self) -> None:
        del self._part[self._filled :]
        self._in_flight.append(self._connection.pool.submit(self._send_part, self._sent() + 1, self._part))
        self._part, self._filled = bytearray(), 0
        self._await(PARTS_IN_FLIGHT)

    def _send_part(self, number: int, body: bytearray) -> str:
        place = self._connection.place
        answer = self._connection.client.upload_part(
            Bucket=place.bucket,
            Key=place.key(self._name),
            UploadId=self._upload_id,
            PartNumber=number,
            Body=cast("bytes", body),
        )
        return answer["ETag"]

    def _await(self, most: int) -> None:
        """Wait until at most so many parts are under way."""
        with self._connection.explaining(RunError, f"write {self._name} to"):
            while len(self._in_flight) > most:
                self._etags.append(self._in_flight[0].result())
                self._in_flight.popleft()


class S3Reader(io.RawIOBase):
    """A seekable stream: one request as long as it is read on, another one after a seek."""

    def __init__(self, connection: Connection, name: str) -> None:
        super().__init__()
        self._connection = connection
        self._name = name
        self._position = 0
        self._body: StreamingBody | None = None
        place = connection.place
        with connection.explaining(RefusedError, f"read {name} in"):
            answer = connection.client.get_object(Bucket=place.bucket, Key=place.key(name))
        self._body, self._size = answer["Body"], answer["ContentLength"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        if base + offset != self._position:
            self._drop()
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        if not view or self._position >= self._size:
            return 0
        with self._connection.explaining(RunError, f"read {self._name} in"):
            if self._body is None:
                place = self._connection.place
                self._body = self._connection.client.get_object(
                    Bucket=place.bucket, Key=place.key(self._name), Range=f"bytes={self._position}-"
                )["Body"]
            data = self._body.read(len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
