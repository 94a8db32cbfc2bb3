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

_WRITERS: Mapping[str, Callable[[Place], str]] = {
    "croissant.json": write_croissant,
    "datapackage.json": write_datapackage,
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
    place = Place.of(json.loads(manifest), tables)
    here = folder_of(place.content)
    names = names_of_descriptions(here, f".{place.tables[0].suffix}")
    return {name: _WRITERS[name.removeprefix(here)](place).encode() for name in names}


def names_of_descriptions(beside: str, suffix: str) -> list[str]:
    """What a run with descriptions writes.

    Args:
        beside: the folder of the data card.
        suffix: of the files of its tables.
    """
    return [beside + name for name in _WRITERS if name != _OF_CSV or suffix.startswith(".csv")]


def descriptions_of(content: Mapping[str, Any]) -> list[str]:
    """The descriptions that an earlier run left, by its manifest."""
    if not content.get("sink", {}).get("describe"):
        return []
    names = [file["name"] for entry in content["tables"].values() for file in entry["files"]]
    suffix = "." + names[0].rpartition("/")[2].partition(".")[2]
    return [run_folder(names) + name for name in names_of_descriptions(folder_of(content), suffix)]
