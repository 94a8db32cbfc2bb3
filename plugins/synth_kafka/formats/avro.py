"""Avro: binary, with a schema made from the table's columns."""

import json
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import fastavro

from synth import Field, Table, arrow_type
from synth_kafka.formats.native import kind_of, plain_rows, require_names

if TYPE_CHECKING:
    from synth import Batch

_LOGICAL = {
    "time": {"type": "long", "logicalType": "timestamp-micros"},
    "naive time": {"type": "long", "logicalType": "local-timestamp-micros"},
    "date": {"type": "int", "logicalType": "date"},
    "uuid": {"type": "string", "logicalType": "uuid"},
}


class Avro:
    """One record a row, without the header of an Avro file."""

    registry_type = "AVRO"
    framing = b""

    def schema(self, table: Table) -> str:
        """The record, with the columns' docs."""
        require_names(table, "Avro")
        fields = [_field(field) for field in table.fields]
        return json.dumps({"type": "record", "name": table.name, "namespace": "synth", "fields": fields})

    def encode(self, batch: "Batch") -> list[bytes]:
        """Through fastavro, row by row."""
        parsed, names = _parsed(batch.table), batch.native.schema.names
        write = fastavro.schemaless_writer
        values = []
        for row in plain_rows(batch):
            into = BytesIO()
            write(into, parsed, dict(zip(names, row, strict=True)))
            values.append(into.getvalue())
        return values


def _field(field: Field) -> dict[str, Any]:
    kind = kind_of(field)
    plain = _decimal(field) if kind == "decimal" else _LOGICAL.get(kind, kind)
    return {
        "name": field.name,
        "type": ["null", plain] if field.column.nullable else plain,
        "doc": ", ".join(filter(None, (field.column.unit, field.column.doc))),
    }


def _decimal(field: Field) -> dict[str, Any]:
    """Avro's decimal: a whole number of the last digit, as bytes."""
    kind = arrow_type(field.column.arrow)
    return {"type": "bytes", "logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}


@cache
def _parsed(table: Table) -> Any:
    return fastavro.parse_schema(json.loads(Avro().schema(table)))
