"""Protocol Buffers: a message type made from the table's columns while the program runs."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from synth import Table
from synth_kafka.formats.native import kind_of, plain_rows, require_names

if TYPE_CHECKING:
    from synth import Batch

_TYPES = {
    "int": "int32",
    "long": "int64",
    "double": "double",
    "string": "string",
    "uuid": "string",
    "decimal": "string",
    "boolean": "bool",
    "date": "int32",
    "time": "int64",
    "naive time": "int64",
}
_MICROSECONDS = "microseconds since 1970-01-01, UTC"
_UNITS = {"date": "days since 1970-01-01", "time": _MICROSECONDS, "naive time": _MICROSECONDS}


@dataclass(frozen=True)
class Protobuf:
    """One message a row; a column's number is its place in the view, from 1.

    Attributes:
        optional: columns whose absence a reader is to see, beside those that may be null.
    """

    optional: frozenset[str] = frozenset()
    registry_type: ClassVar[str] = "PROTOBUF"
    #: The first message type of its file: what a registry's readers expect behind the schema id.
    framing: ClassVar[bytes] = b"\x00"

    def schema(self, table: Table) -> str:
        """The .proto file, with the columns' docs."""
        require_names(table, "Protobuf")
        lines = ['syntax = "proto3";', "package synth;", "", f"message {table.name} {{"]
        for number, field in enumerate(table.fields, 1):
            kind = kind_of(field)
            word = "optional " if field.column.nullable or field.name in self.optional else ""
            about = ", ".join(filter(None, (_UNITS.get(kind, field.column.unit), field.column.doc)))
            lines.append(f"  {word}{_TYPES[kind]} {field.name} = {number};  // {about}")
        return "\n".join([*lines, "}", ""])

    def encode(self, batch: "Batch") -> list[bytes]:
        """Through google.protobuf, row by row."""
        message, names = message_class(batch.table, self.optional), batch.native.schema.names
        return [
            message(**dict(zip(names, row, strict=True))).SerializeToString(deterministic=True)
            for row in plain_rows(batch, decimals_as_texts=True)
        ]


@cache
def message_class(table: Table, optional: frozenset[str] = frozenset()) -> Any:
    """The class of a table's messages."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{table.name}.proto", package="synth", syntax="proto3")
    message = file.message_type.add(name=table.name)
    for number, field in enumerate(table.fields, 1):
        made = message.field.add(name=field.name, number=number)
        made.type = getattr(made, f"TYPE_{_TYPES[kind_of(field)].upper()}")
        made.label = made.LABEL_OPTIONAL
        if field.column.nullable or field.name in optional:
            made.proto3_optional = True
            made.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"synth.{table.name}"))
