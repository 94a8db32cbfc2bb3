"""Finished outputs in directories, by the names that docs/output.md gives to what is in them."""

import json
from pathlib import Path
from typing import Any

from synth.contracts.output import digest_of_manifest

MANIFEST = "_manifest.json"


def manifest_file(place: Path) -> Path:
    """Where the manifest stands: beside the tables, or beside all but the transactions."""
    return next((path for path in (place / MANIFEST, place / "_truth" / MANIFEST) if path.exists()), place / MANIFEST)


def read_manifest(place: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(manifest_file(place).read_text())
    return content


def write_manifest(place: Path, content: dict[str, Any]) -> None:
    """A manifest that somebody has changed, and its own digest with it."""
    manifest_file(place).write_text(json.dumps(content | {"sha256": digest_of_manifest(content)}))


def table_files(place: Path, table: str) -> list[Path]:
    """The files of a table, in order."""
    return [place / str(file["name"]) for file in read_manifest(place)["tables"][table]["files"]]


def table_file(place: Path, table: str) -> Path:
    """The only file of a table."""
    [file] = table_files(place, table)
    return file


def table_bytes(place: Path, table: str) -> bytes:
    """All files of a table, one after the other."""
    return b"".join(file.read_bytes() for file in table_files(place, table))
