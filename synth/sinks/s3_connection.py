"""One process's link to a place in a bucket: the client, its threads, and errors that a person can read."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader
from botocore.session import get_session

from synth.errors import RefusedError, SynthError
from synth.sinks.s3_errors import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from synth.sinks.places import S3Place
    from synth.sinks.s3_options import S3Options

THREADS = 8
"""Requests at once: all uploads of a process share them."""

CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"total_max_attempts": 3, "mode": "standard"},
    max_pool_connections=2 * THREADS,
    # Older S3-compatible stores know neither the checksum headers nor the chunked bodies that carry them.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Connection:
    """The client and what belongs to its process; neither outlives a fork or a pickle.

    Attributes:
        pending: upload id → file name of the uploads begun here that are still being written.

    Args:
        options: how objects are put; None where none are.

    Raises:
        RefusedError: the AWS settings are wrong in themselves.
    """

    def __init__(self, place: S3Place, options: S3Options | None = None) -> None:
        self.place = place
        self.pid = os.getpid()
        self.pending: dict[str, str] = {}
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
        self._endpoint = ""
        with self.explaining(RefusedError, "reach"):
            try:
                self.client = _new_client()
            except ValueError as error:
                message = f"cannot reach {place.uri}: the endpoint is not a URL; check AWS_ENDPOINT_URL"
                raise RefusedError(message) from error
        if options:
            options.apply(self.client)
        self._endpoint = self.client.meta.endpoint_url

    @contextmanager
    def explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turn an error of the client into one line: what was tried, where, why not, and what to do."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise kind(f"cannot {doing} {self.place.uri}: {self.reason(error)}") from error

    def reason(self, error: BotoCoreError | ClientError) -> str:
        return explain(error, self.place.bucket, self._endpoint)

    def abort(self, name: str, upload_id: str) -> None:
        """Drop a pending upload and its parts; one that is gone already is fine."""
        with suppress(self.client.exceptions.NoSuchUpload):
            self.client.abort_multipart_upload(Bucket=self.place.bucket, Key=self.place.key(name), UploadId=upload_id)
        self.pending.pop(upload_id, None)

    def visible(self, start: str) -> Iterator[tuple[str, int]]:
        """Names below the place that begin so, and their sizes, in order of name."""
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.place.bucket, Prefix=self.place.key(start)):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield self.place.name(item["Key"]), item["Size"]

    def stop(self) -> None:
        """Let go of the threads: what has not begun never does, what is under way ends. The client goes on."""
        self.pool.shutdown(wait=True, cancel_futures=True)


def _new_client() -> S3Client:
    """A client by the settings of now."""
    session = get_session()
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return cast("S3Client", session.create_client("s3", config=CONFIG))


@cache
def _loader(data_path: str | None) -> Loader:
    """Keeps botocore's descriptions of its services, which take a third of a second to read, for the next client."""
    return create_loader(data_path)
