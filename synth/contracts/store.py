"""What a store promises, and what its two kinds share: places, file names, staged files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol

from synth.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Buffer

MANIFEST = "manifest.json"
LOGS = ("_delta_log", "metadata")
"""Folders below a table's in which Delta Lake and Iceberg say which files are the table."""
STAGING = ".synth-"
"""What every hidden entry that a store makes in a place begins with; a file's name never does."""


@dataclass(frozen=True)
class LocalPlace:
    """A directory: the uri as the user wrote it, and the absolute path that it meant at that moment."""

    uri: str
    path: Path


@dataclass(frozen=True)
class S3Place:
    """A prefix in a bucket; the prefix has no slash at its ends and may be empty."""

    uri: str
    bucket: str
    prefix: str

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def name(self, key: str) -> str:
        return key[len(self.prefix) + 1 :] if self.prefix else key


@dataclass(frozen=True)
class Staged:
    """A file that is complete and that no reader sees yet. Small and picklable: a worker sends it to the driver.

    Attributes:
        name: the file's name below the store's uri.
        bytes: its size.
        sha256: hex digest of its content.
        upload_id: which of several attempts at the file this is; S3's own id there.
        etags: what S3 needs to complete the upload; empty for a directory.
    """

    name: str
    bytes: int
    sha256: str
    upload_id: str
    etags: tuple[str, ...] = ()


class Upload(Protocol):
    """The writer of one staged file. Only one thread at a time writes to it."""

    def write(self, data: Buffer) -> None:
        """Append anything that offers contiguous bytes; the caller may reuse the buffer afterwards.

        Raises:
            RunError: the place does not take the bytes (full disk, lost connection).
        """

    def close(self) -> Staged:
        """Complete the file, still invisible.

        Raises:
            RunError: as `write`.
        """

    def abort(self) -> None:
        """Take back what was written; never raises for a place that is gone, and may be called at any time."""


class Source(Protocol):
    """What can be read of a place, whether files stand there or something that only looks like files."""

    def read_manifest(self) -> bytes | None:
        """The manifest of the run that is here, or None.

        Raises:
            RefusedError: the place cannot be read.
        """

    def list_files(self) -> dict[str, int]:
        """The visible files with their sizes in bytes.

        Raises:
            RefusedError: the place cannot be read.
        """

    def open_reader(self, name: str) -> BinaryIO:
        """A stream of one visible file; seekable where it is a file.

        Raises:
            RefusedError: there is no such file, or the place cannot be read.
        """


class Store(Source, Protocol):
    """A place for the files of one run: all of them become visible by `publish`, or none.

    The calls of a run: `check`, `start`, `create` per file, then `publish` or `discard`. A store pickles: a copy in
    a worker only creates files; starting, publishing and cleaning up stay with the driver. Credentials are never
    part of it.
    """

    uri: str

    def check(self, names: Sequence[str], *, overwrite: bool) -> None:
        """Find out, before any work and without leaving a trace, whether this run may write here.

        Args:
            names: every file that the run will publish, the manifest excepted.
            overwrite: whether a run that is already here may be replaced.

        Raises:
            RefusedError: the place cannot be reached or written, or holds a run or one of the files. A part counts
                as held when any `part-*` stands beside it, since a reader takes all of them as one table.
        """

    def start(self) -> None:
        """Prepare for staging, and take back what a dead run left of the files that `check` was told.

        Raises:
            RefusedError: as `check`; in a directory also when a living run is writing there.
        """

    def create(self, name: str) -> Upload:
        """Begin a file that nobody sees. Threads may call it at once for different names.

        Raises:
            RunError: the place does not take it.
        """

    def publish(
        self,
        staged: Sequence[Staged],
        manifest: bytes,
        *,
        replaced: Sequence[str],
        between: Callable[[], None] | None = None,
    ) -> None:
        """Make the files visible: the old manifest goes first, the new one comes last. No staging is left.

        Whoever dies on the way leaves a place without a manifest, which is no run. Call `discard` after an error.

        Args:
            staged: every file of the run.
            manifest: content of the manifest.
            replaced: the files that the replaced run's manifest names; those not written anew are removed.
            between: is called when all files are in place, before any is removed and the manifest written.

        Raises:
            RunError: the place failed, or another run has published here in the meantime.
        """

    def discard(self, staged: Sequence[Staged]) -> None:
        """Take back the staged files, what a failed `publish` made visible, and what `start` created.

        Never raises for a place that is gone (it logs what remains), may be called twice, and does nothing after
        a `publish` that went well. On a worker's copy it takes back its own files only.
        """


def parse_uri(uri: str) -> LocalPlace | S3Place:
    """Read where a uri points to; asks neither the disk nor the network.

    Raises:
        RefusedError: it is neither a directory's path nor `s3://bucket/prefix`. A text that may hold a password
            (`scheme://user:password@host`) is not repeated.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", uri) or "\0" in uri or not uri.strip():
            raise RefusedError(f"'{uri!s}' is not a place for files: give a directory or s3://bucket/prefix")
        path = Path(uri).expanduser()
        return LocalPlace(str(path), Path.cwd() / path)
    if scheme.lower() != "s3":
        raise RefusedError(f"'{scheme}://' is not a place that files can go to: give a directory or s3://bucket/prefix")
    bucket, _, prefix = rest.partition("/")
    if "@" in bucket:
        raise RefusedError(
            "an s3 uri holds no credentials: give s3://bucket/prefix and set AWS_ACCESS_KEY_ID or a profile"
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]{3,255}", bucket):
        raise RefusedError(f"'{uri}' names no valid bucket: give s3://bucket/prefix, or a directory")
    prefix = prefix.strip("/")
    if not {"", ".", ".."}.isdisjoint(prefix.split("/")) and prefix:
        raise RefusedError(f"'{uri}' has an empty, '.' or '..' step in its prefix: give s3://bucket/prefix")
    return S3Place(f"s3://{bucket}/{prefix}".rstrip("/"), bucket, prefix)


def family(name: str) -> str:
    """What a file's name stands for: all parts of a table for `table/part-00003.csv`, else the name itself."""
    directory, slash, base = name.rpartition("/")
    return f"{directory}{slash}part-" if base.startswith("part-") else name


def families(names: Iterable[str]) -> list[str]:
    """The families of the names, each once, in order, and after them the manifest."""
    return list(dict.fromkeys([*map(family, names), MANIFEST]))


def require_names(names: Iterable[str], uri: str) -> None:
    """Let no name leave the place or meet the store's own entries: names also come from plugins and manifests.

    Raises:
        RefusedError: a name is absolute, has an empty, `.` or `..` step, or is the manifest's or the staging's.
    """
    for name in names:
        steps = name.split("/")
        plain = PurePosixPath(name).as_posix() == name and ".." not in steps and "\0" not in name and "\\" not in name
        if not plain or name.startswith(("/", STAGING)) or name in {".", MANIFEST}:
            raise RefusedError(f"'{name}' cannot be the name of a file in {uri}: give a plain relative path")


def require_vacant(uri: str, found: Sequence[str], *, overwrite: bool) -> None:
    """Refuse to write over files that are there.

    Raises:
        RefusedError: names the place, what was found, and the way out.
    """
    if not found or overwrite:
        return
    what = "a run (manifest.json)" if MANIFEST in found else found[0]
    if MANIFEST not in found and len(found) > 1:
        what += f" and {len(found) - 1} more files of the names that this run writes"
    raise RefusedError(f"{uri} already holds {what}: --overwrite replaces it, or choose another uri")
