"""Frictionless Data Package: what is in each file, with types, so that texts stay texts: https://datapackage.org."""

from typing import Any

from synth.sinks.described import Described, Place, as_text, doc_of
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.table import Field

_MEDIA = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
#: Numbers as Frictionless calls them.
_NUMBERS = {"double": "number", "string": "string", "date32[day]": "date"}


def write_datapackage(place: Place) -> str:
    """The description as JSON."""
    return as_text(
        {
            "name": f"synth-{place.content['fingerprint'][:12]}",
            "title": place.title,
            "description": place.about,
            "resources": [resource for each in place.tables for resource in _resources(place, each)],
        }
    )


def _joined(described: Described) -> bool:
    """Whether its files, one behind the other, are one file of the format: then they are one resource."""
    return len(described.files) == 1 or (described.form != "parquet" and not described.packed)


def _resources(place: Place, described: Described) -> list[dict[str, Any]]:
    schema = _schema(place, described)
    about: dict[str, Any] = {
        "title": described.table.facts.doc,
        "format": described.form,
        "mediatype": _MEDIA[described.form],
    }
    about |= {"encoding": "utf-8"} if described.form != "parquet" else {}
    if _joined(described):
        paths = described.paths
        own: dict[str, Any] = {"path": paths if len(paths) > 1 else paths[0]}
        if len(paths) == 1:
            own |= {"bytes": described.files[0]["bytes"], "hash": f"sha256:{described.files[0]['sha256']}"}
        return [{"name": described.name, "type": "table", **own, **about, "schema": schema}]
    return [
        {"name": f"{described.name}-{number:05d}", "type": "table", "path": file["name"], "bytes": file["bytes"]}
        | {"hash": f"sha256:{file['sha256']}", **about, "schema": schema}
        for number, file in enumerate(described.files)
    ]


def _schema(place: Place, described: Described) -> dict[str, Any]:
    stored = {field.name for field in described.stored}
    keys = described.table.key if {*described.table.key} <= stored and _joined(described) else ()
    foreign = [
        {"fields": [name], "reference": {"resource": home.name, "fields": [home.table.key[0]]}}
        for name, home in place.homes(described)
        if _joined(home) and home.table.key[0] in {field.name for field in home.stored}
    ]
    return {
        "fields": [_field(field, described.form) for field in described.stored],
        **({"primaryKey": list(keys)} if keys else {}),
        **({"foreignKeys": foreign} if foreign else {}),
        "missingValues": [""],
    }


def _field(field: Field, form: str) -> dict[str, Any]:
    column = field.column
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    constraints |= {"enum": list(column.categories)} if column.categories else {}
    return {
        "name": field.name,
        **_type(field, form),
        "description": doc_of(field),
        **({"constraints": constraints} if constraints else {}),
    }


def _type(field: Field, form: str) -> dict[str, Any]:
    arrow = field.column.arrow
    if not field.column.is_time:
        number = "number" if arrow.startswith("decimal") else "integer"
        return {"type": _NUMBERS.get(arrow, number)} | ({"floatNumber": True} if arrow == "double" else {})
    if form == "parquet" or field.format == "iso":
        return {"type": "datetime"}
    if field.format in EPOCH_UNITS_US:
        return {"type": "integer"}
    return {"type": "datetime", "format": field.format}
