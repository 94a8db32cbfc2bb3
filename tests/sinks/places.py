"""Places for stores to work in, looked at by another route than the store's: `open()` or a plain client."""

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from tests.servers import S3Server

ROOT = Path(__file__).parents[2]


class Place(ABC):
    """A uri for a store, and what stands there in truth."""

    uri: str

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Every visible file."""

    def plain(self) -> dict[str, bytes]:
        """Every visible file, by the name that it has whether its run has a folder or none."""
        return {name.partition("/")[2] if name.startswith("_run-") else name: t for name, t in self.files().items()}

    @abstractmethod
    def staging(self) -> list[str]:
        """Whatever is there and not visible."""

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Let somebody else write a file."""

    @abstractmethod
    def spoil(self, name: str) -> None:
        """Let somebody else remove the staged file of that name."""

    def environ(self) -> dict[str, str]:
        return {}

    def spawn(self, script: str) -> "subprocess.Popen[str]":
        """Another process with `open_store` at hand, and the uri in `uri`; it talks on its standard streams."""
        prelude = "import sys; from synth.sinks.stores import open_store; uri = sys.argv[1]\n"
        return subprocess.Popen(
            [sys.executable, "-c", prelude + script, self.uri],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | self.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


class Directory(Place):
    def __init__(self, path: Path) -> None:
        self.uri = str(path)
        self.path = path

    def _hidden(self, path: Path) -> bool:
        return path.relative_to(self.path).parts[0].startswith(".synth-")

    def files(self) -> dict[str, bytes]:
        found = sorted(p for p in self.path.rglob("*") if p.is_file() and not self._hidden(p))
        return {p.relative_to(self.path).as_posix(): p.read_bytes() for p in found}

    def staging(self) -> list[str]:
        return sorted(str(p) for p in self.path.rglob("*") if self._hidden(p))

    def put(self, name: str, content: bytes) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content)

    def spoil(self, name: str) -> None:
        next(p for p in self.path.glob(f".synth-*/{name}.*")).unlink()


class Prefix(Place):
    def __init__(self, server: S3Server, bucket: str) -> None:
        server.client().create_bucket(Bucket=bucket)
        # Processes share a server, and pytest's names for temporary directories repeat between them.
        prefix = os.urandom(6).hex()
        self.uri = f"s3://{bucket}/{prefix}"
        self.server = server
        self.client = server.client()
        self.bucket = bucket
        self.prefix = prefix

    def environ(self) -> dict[str, str]:
        return self.server.environ()

    def files(self) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {
            key.removeprefix(f"{self.prefix}/"): self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            for key in sorted(keys)
        }

    def uploads(self) -> dict[str, str]:
        """Key → upload id of what is pending under the prefix."""
        uploads = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return {u["Key"]: u["UploadId"] for u in uploads if u["Key"].startswith(f"{self.prefix}/")}

    def staging(self) -> list[str]:
        return sorted(self.uploads())

    def put(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{name}", Body=content)

    def spoil(self, name: str) -> None:
        key = f"{self.prefix}/{name}"
        self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=self.uploads()[key])
