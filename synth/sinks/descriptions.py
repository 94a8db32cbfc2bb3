"""The descriptions of a place for machines: which there are, where they stand, and what they say."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from synth.sinks.croissant import write_croissant
from synth.sinks.datapackage import write_datapackage
from synth.sinks.described import Place, folder_of
from synth.sinks.load_sql import write_duckdb, write_postgres
from synth.sinks.places import run_folder
from synth.tables.table import Table

_DATAPACKAGE = "datapackage.json"
_WRITERS: Mapping[str, Callable[[Place], str]] = {
    "croissant.json": write_croissant,
    _DATAPACKAGE: write_datapackage,
    "_load_duckdb.sql": write_duckdb,
    "_load_postgres.sql": write_postgres,
}
"""Who writes each; readers want the first two under these names, as they want the data card under its own."""
_OF_CSV = "_load_postgres.sql"
"""What there is for CSV files alone."""


def describe(manifest: bytes, tables: Mapping[str, Table]) -> dict[str, bytes]:
    """Each description that a place has, by its name below the place.

    Args:
        tables: those of the run, by name.
    """
    content = json.loads(manifest)
    beside = folder_of(content)
    kinds = _names(beside)
    return {
        name: _WRITERS[kinds[name]](Place.of(content, tables, name.rpartition("/")[0])).encode()
        for name in names_of_descriptions(beside, _suffix(content))
    }


def _suffix(content: Mapping[str, Any]) -> str:
    """Of the files, with its dots."""
    first: str = next(file["name"] for entry in content["tables"].values() for file in entry["files"])
    return "." + first.rpartition("/")[2].partition(".")[2]


def _names(beside: str) -> dict[str, str]:
    """Where each stands: beside the data card, but a data package, which may name no file above it, above all files."""
    return {f"_{kind}" if beside and kind == _DATAPACKAGE else beside + kind: kind for kind in _WRITERS}


def names_of_descriptions(beside: str, suffix: str) -> list[str]:
    """What a run with descriptions writes.

    Args:
        beside: the folder of the data card.
        suffix: of the files of its tables.
    """
    return [name for name, kind in _names(beside).items() if kind != _OF_CSV or suffix.startswith(".csv")]


def descriptions_of(content: Mapping[str, Any]) -> list[str]:
    """The descriptions that an earlier run left, by its manifest."""
    if not content.get("sink", {}).get("describe"):
        return []
    names = [file["name"] for entry in content["tables"].values() for file in entry["files"]]
    return [run_folder(names) + name for name in names_of_descriptions(folder_of(content), _suffix(content))]
