"""Croissant, JSON-LD in which data sets for machine learning describe themselves: https://docs.mlcommons.org/croissant."""

from typing import Any

from synth.sinks.described import Described, Place, as_text, doc_of
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.table import Field

#: The context that version 1.0 of the specification prints.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_ENCODINGS = {"csv": "text/csv", "jsonl": "application/jsonlines", "parquet": "application/x-parquet"}


def write_croissant(place: Place) -> str:
    """The description as JSON-LD; it names no time, for it says the same whenever it is made."""
    return as_text(
        {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": f"synth-{place.content['fingerprint'][:12]}",
            "description": f"{place.title}. {place.about}",
            "version": "1.0.0",
            "distribution": [_distribution(each) for each in place.tables],
            "recordSet": [_record_set(each) for each in place.tables],
        }
    )


def _distribution(described: Described) -> dict[str, Any]:
    """One file by its digest, or all files of a folder."""
    about = {"@id": f"files-of-{described.name}", "name": f"files-of-{described.name}"}
    about |= {"description": f"{described.rows:,} rows"}
    encoding = {"encodingFormat": _ENCODINGS[described.form]}
    if len(described.files) > 1:
        return {"@type": "cr:FileSet", **about, "includes": described.pattern, **encoding}
    [file] = described.files
    content = {"contentUrl": file["name"], "contentSize": f"{file['bytes']} B", "sha256": file["sha256"]}
    return {"@type": "cr:FileObject", **about, **content, **encoding}


def _record_set(described: Described) -> dict[str, Any]:
    """The columns; what they refer to is left to the data package: mlcroissant reads a table that refers to another one
    as a join of both.
    """
    kind = "fileSet" if len(described.files) > 1 else "fileObject"
    source = {kind: {"@id": f"files-of-{described.name}"}}
    key = [{"@id": f"{described.name}/{name}"} for name in described.table.key]
    return {
        "@type": "cr:RecordSet",
        "@id": described.name,
        "name": described.name,
        "description": described.table.facts.doc,
        **({"key": key if len(key) > 1 else key[0]} if key else {}),
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{described.name}/{field.name}",
                "name": field.name,
                "description": doc_of(field),
                "dataType": _data_type(field, typed=described.form == "parquet"),
                "source": {**source, "extract": {"column": field.name}},
            }
            for field in described.stored
        ],
    }


def _data_type(field: Field, *, typed: bool) -> str:
    arrow = field.column.arrow
    if field.column.is_time:
        if not typed and field.format in EPOCH_UNITS_US:
            return "sc:Integer"
        return "sc:DateTime" if typed or field.format in ("iso", "%Y-%m-%d %H:%M:%S") else "sc:Text"
    if arrow.startswith("date"):
        return "sc:Date"
    if arrow == "double" or arrow.startswith("decimal"):
        return "sc:Float"
    return "sc:Text" if arrow == "string" else "sc:Integer"
