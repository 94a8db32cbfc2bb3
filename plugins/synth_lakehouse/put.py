"""Iceberg's own files in a bucket, put as the recipe says: pyiceberg can be told nothing of that, but lends the door.

Nobody imports this but pyiceberg, by the name that ``synth_lakehouse.s3.FILE_IO`` holds.
"""

import io
import json
from functools import cached_property
from typing import TYPE_CHECKING

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from synth import S3Options
from synth_lakehouse.s3 import OPTIONS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class PutFileIO(PyArrowFileIO):
    """Reads as pyiceberg does, and puts each file at once: metadata and manifests are small."""

    @cached_property
    def client(self) -> "S3Client":
        """What puts objects with the options."""
        import boto3.session

        client: S3Client = boto3.session.Session().client("s3")
        S3Options(**json.loads(self.properties[OPTIONS])).apply(client)
        return client

    def new_output(self, location: str) -> PyArrowFile:
        """A file that is put when it is closed."""
        _, _, path = self.parse_location(location, self.properties)
        return PutFile(location, path, super().new_output(location), self)


class PutFile(PyArrowFile):
    """A file in a bucket."""

    def __init__(self, location: str, path: str, plain: PyArrowFile, owner: PutFileIO) -> None:
        super().__init__(location, path, plain._filesystem)
        self._owner = owner

    def create(self, overwrite: bool = False) -> "Waiting":
        """A stream that nobody sees before it is closed.

        Raises:
            FileExistsError: it is there, and may not be replaced.
        """
        if not overwrite and self.exists():
            raise FileExistsError(f"{self.location} is there already")
        return Waiting(self._owner.client, *self._path.split("/", 1))


class Waiting(io.BytesIO):
    """What is written before it is put."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key

    def close(self) -> None:
        """Puts it, once."""
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._client.put_object(Bucket=self._bucket, Key=self._key, Body=content)
