"""Avro: binary, with a schema made from the table's columns."""

import json
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

import fastavro

from synth import Field, Table, arrow_type
from synth_kafka.formats.native import kind_of, plain_rows, plain_values, require_names

if TYPE_CHECKING:
    import pyarrow as pa

    from synth import Batch

_LOGICAL = {
    "time": {"type": "long", "logicalType": "timestamp-micros"},
    "naive time": {"type": "long", "logicalType": "local-timestamp-micros"},
    "date": {"type": "int", "logicalType": "date"},
    "uuid": {"type": "string", "logicalType": "uuid"},
}


@dataclass(frozen=True)
class Avro:
    """One record a row, without the header of an Avro file.

    Attributes:
        optional: columns that may be missing from what a reader is given, beside those that may be null.
    """

    optional: frozenset[str] = frozenset()
    registry_type: ClassVar[str] = "AVRO"
    framing: ClassVar[bytes] = b""

    def schema(self, table: Table) -> str:
        """The record, with the columns' docs."""
        require_names(table, "Avro")
        fields = [self._field(field) for field in table.fields]
        return json.dumps({"type": "record", "name": table.name, "namespace": "synth", "fields": fields})

    def encode(self, batch: "Batch") -> list[bytes]:
        """Through fastavro, row by row."""
        parsed, names = _parsed(self, batch.table), batch.native.schema.names
        write = fastavro.schemaless_writer
        values = []
        for row in plain_rows(batch):
            into = BytesIO()
            write(into, parsed, dict(zip(names, row, strict=True)))
            values.append(into.getvalue())
        return values

    def _field(self, field: Field) -> dict[str, Any]:
        """A column that may be null has null as its default: a reader of it takes messages that lack it, too."""
        nullable, plain = field.column.nullable or field.name in self.optional, _type(field)
        return {
            "name": field.name,
            "type": ["null", plain] if nullable else plain,
            "doc": ", ".join(filter(None, (field.column.unit, field.column.doc))),
        } | ({"default": None} if nullable else {})


class AvroKeys:
    """The value of a column, by itself: a key is no record."""

    registry_type = "AVRO"

    def schema(self, field: Field) -> str:
        """The column's type."""
        return json.dumps(_type(field))

    def encode(self, column: "pa.Array", field: Field) -> "list[bytes | None]":
        """Through fastavro, value by value."""
        parsed, keys = fastavro.parse_schema(_type(field)), list[bytes | None]()
        for value in plain_values(column):
            into = BytesIO()
            if value is not None:
                fastavro.schemaless_writer(into, parsed, value)
            keys.append(None if value is None else into.getvalue())
        return keys


def _type(field: Field) -> Any:
    kind = kind_of(field)
    return _decimal(field) if kind == "decimal" else _LOGICAL.get(kind, kind)


def _decimal(field: Field) -> dict[str, Any]:
    """Avro's decimal: a whole number of the last digit, as bytes."""
    kind = arrow_type(field.column.arrow)
    return {"type": "bytes", "logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}


@cache
def _parsed(form: Avro, table: Table) -> Any:
    return fastavro.parse_schema(json.loads(form.schema(table)))
