"""What a place says of itself to machines: one description of its tables, from which each format is written."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synth.sinks.partitions import partition_of
from synth.sinks.places import BESIDE, PARTITION, run_folder
from synth.tables.table import Field, Table


@dataclass(frozen=True)
class Described:
    """A table and its files.

    Attributes:
        table: with all its columns.
        rows: how many it has.
        files: entries of the manifest, with names as they are from where the descriptions stand.
        keys: of the partitions that its files are in.
    """

    table: Table
    rows: int
    files: Sequence[Mapping[str, Any]]
    keys: Sequence[str]

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name

    @property
    def paths(self) -> list[str]:
        """The names of its files."""
        return [str(file["name"]) for file in self.files]

    @property
    def stored(self) -> list[Field]:
        """The columns that are in the files."""
        return [field for field in self.table.fields if field.name not in self.keys]

    @property
    def pattern(self) -> str:
        """One that its files match, and no others."""
        first = self.paths[0]
        folder, slash, base = first.partition(f"{self.name}/")
        if not slash:
            return first
        return f"{folder}{slash}{'**/' * (PARTITION in base)}part-*.{self.suffix}"

    @property
    def suffix(self) -> str:
        """Of the files, without the first dot."""
        return self.paths[0].rpartition("/")[2].partition(".")[2]

    @property
    def form(self) -> str:
        """The format: ``csv``, ``jsonl`` or ``parquet``."""
        return self.suffix.partition(".")[0]

    @property
    def packed(self) -> str:
        """The compression of whole files, as their names say it; empty for none."""
        return self.suffix.partition(".")[2]

    def partition(self, path: str) -> dict[str, str | None]:
        """Key → value as the folders of a file say it, for keys that are columns."""
        return {key: value for key, value in partition_of(path).items() if key in self.keys}


@dataclass(frozen=True)
class Place:
    """The tables of a place.

    Attributes:
        content: of the manifest.
        tables: those that have files.
    """

    content: Mapping[str, Any]
    tables: Sequence[Described]

    @classmethod
    def of(cls, content: Mapping[str, Any], tables: Mapping[str, Table], here: str) -> "Place":
        """What a manifest tells of tables, seen from a folder of the place."""
        entries = content["tables"]
        folder = run_folder(file["name"] for entry in entries.values() for file in entry["files"])
        found = []
        for name, entry in entries.items():
            keys = content["sink"].get("partition_by", ()) if name == "transactions" else ()
            names = (os.path.relpath(file["name"].removeprefix(folder), here or ".") for file in entry["files"])
            files = [{**file, "name": name} for file, name in zip(entry["files"], names, strict=True)]
            if files:
                found.append(Described(tables[name], entry["rows"], files, keys))
        return cls(content, found)

    @cached_property
    def title(self) -> str:
        """One line for people."""
        counts = self.content["counts"]
        return f"{counts['transactions']:,} payments, {counts['fraud']:,} of them fraudulent"

    @property
    def about(self) -> str:
        """What it is, and from what it can be made again."""
        return (
            f"Simulated by synth {self.content['synth']}: no person, card or shop in here is real. Fingerprint of the "
            f"recipe {self.content['fingerprint']}, content digest {self.content['digest']}."
        )

    def homes(self, described: Described) -> Iterator[tuple[str, Described]]:
        """Yields each column that names rows of another table here, and that table."""
        by_name = {each.name: each for each in self.tables}
        for field, tables in described.table.references.items():
            home = next((by_name[name] for name in tables if name in by_name), None)
            if home and len(home.table.key) == 1 and field in (each.name for each in described.stored):
                yield field, home


def folder_of(content: Mapping[str, Any]) -> str:
    """Where the descriptions stand in a place, as the data card does."""
    names = (file["name"] for entry in content["tables"].values() for file in entry["files"])
    folder = run_folder(file["name"] for entry in content["tables"].values() for file in entry["files"])
    return BESIDE if any(name.removeprefix(folder).startswith(BESIDE) for name in names) else ""


def as_text(content: Any) -> str:
    """JSON for people and machines."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def doc_of(field: Field) -> str:
    """What a column says, with its unit."""
    return field.column.doc + (f" ({field.column.unit})" if field.column.unit else "")
