"""Places of files: a directory or a prefix in a bucket, and the names that files may have there."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from synth.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MANIFEST, CARD = "_manifest.json", "README.md"
"""What says that a run is here, written last, and the data card, which tells people and readers of data cards so."""
BESIDE = "_truth/"
"""The folder of all that is not the transactions where these are one file, alone in the place."""
CARDS = {MANIFEST: CARD, BESIDE + MANIFEST: BESIDE + CARD, "manifest.json": None}
"""Each name that a manifest may have, and the card beside it; the last is that of format 1, which had no card."""
MANIFESTS = tuple(CARDS)
LOGS = ("_delta_log", "metadata")
"""Folders below a table's in which Delta Lake and Iceberg say which files are the table."""
RUN_FOLDER = "_run-"
"""What the folder of a run begins with, where it has one; the manifest names the files with it."""
CURRENT = "_current"
"""In a directory, the link to the folder of the run that is there."""
RunFolder = Literal["auto", "always", "never"]
"""Whether a run has a folder of its own below its place; ``auto``: in a bucket, where it replaces another run."""
PARTITION = "="
"""What stands between key and value in the name of a partition's folder, and in no other name."""
_PART = re.compile(r"part-([0-9a-f]+-(?=\d+\.))?")
"""What the name of a part begins with; in the table of a lake its commit comes before the number of the block."""
STAGING = ".synth-"
"""What every hidden entry that a store makes in a place begins with; a file's name never does."""


@dataclass(frozen=True)
class LocalPlace:
    """A directory.

    Attributes:
        uri: as the user wrote it.
        path: the absolute path that it meant at that moment.
    """

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


def parse_uri(uri: str) -> LocalPlace | S3Place:
    """Read where a uri points to; asks neither the disk nor the network.

    >>> synth.parse_uri("s3://bucket/raw/")
    S3Place(uri='s3://bucket/raw', bucket='bucket', prefix='raw')

    Args:
        uri: a directory's path, with ``~`` for the home directory, or ``s3://bucket/prefix``.

    Returns:
        The directory or the bucket with the prefix.

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
    """What a file's name stands for: all parts of a table for `table/part-00003.csv`, in folders of partitions, too,
    or all of one commit for `table/data/part-00001-00003.parquet`; else the name itself.
    """
    directory, slash, base = name.rpartition("/")
    part = _PART.match(base)
    if not part:
        return name
    return "/".join(step for step in directory.split("/") if PARTITION not in step) + slash + part[0]


def above(family: str) -> str:
    """What the names of a family begin with: those of parts with the folder of their table, any other with itself."""
    directory, slash, base = family.rpartition("/")
    return directory + slash if base.startswith("part-") else family


def families(names: Iterable[str]) -> list[str]:
    """The families of the names, each once, in order, and after them the manifests."""
    return list(dict.fromkeys([*map(family, names), *MANIFESTS]))


def run_folder_of(run: str, replaced: bytes) -> str:
    """The folder, with a slash at its end, of a run that replaces one: the same in each process, never the other's.

    Args:
        run: what tells the run from others.
        replaced: the manifest of the other one; empty where there is none.
    """
    return f"{RUN_FOLDER}{hashlib.sha256(run.encode() + replaced).hexdigest()[:8]}/"


def run_folder(names: Iterable[str]) -> str:
    """The folder, with a slash at its end, in which a run's files are; empty where they are the place's own."""
    first = next((name for name in names if name.startswith(RUN_FOLDER) and "/" in name), "")
    return first.partition("/")[0] + "/" if first else ""


def left_of(before: Iterable[str], replaced: Iterable[str], names: Iterable[str]) -> list[str]:
    """The files of an earlier run that a new one does not write anew, its card among them; no manifest.

    Args:
        before: what stands in the place of the names that the new run writes.
        replaced: what the earlier run's manifest names.
        names: what the new run writes.
    """
    cards = {card for name in before if (card := CARDS.get(name))}
    return sorted({*before, *replaced, *cards}.difference(names, MANIFESTS))


def require_names(names: Iterable[str], uri: str) -> None:
    """Let no name leave the place or meet the store's own entries: names also come from plugins and manifests.

    Raises:
        RefusedError: a name is absolute, has an empty, `.` or `..` step, or is the manifest's or the staging's.
    """
    for name in names:
        steps = name.split("/")
        plain = PurePosixPath(name).as_posix() == name and ".." not in steps and "\0" not in name and "\\" not in name
        if not plain or name.startswith(("/", STAGING)) or name in {".", *MANIFESTS}:
            raise RefusedError(f"'{name}' cannot be the name of a file in {uri}: give a plain relative path")


def require_vacant(uri: str, found: Sequence[str], *, overwrite: bool) -> None:
    """Refuse to write over files that are there.

    Raises:
        RefusedError: names the place, what was found, and the way out.
    """
    if not found or overwrite:
        return
    manifest = next((name for name in found if name in MANIFESTS), None)
    what = f"a run ({manifest})" if manifest else found[0]
    if not manifest and len(found) > 1:
        what += f" and {len(found) - 1} more files of the names that this run writes"
    raise RefusedError(f"{uri} already holds {what}: --overwrite replaces it, or choose another uri")
