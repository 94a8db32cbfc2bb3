"""The messages of a topic as one stream: lines of JSON, or messages that are decoded one by one."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from synth import VerifyError, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

    from synth import ColumnEntry

_BUFFER = 1 << 20

#: Logical types of Avro whose plain value is taken: microseconds, days and texts.
_PLAIN = ("timestamp-micros", "local-timestamp-micros", "date", "uuid")

#: What a registry's messages begin with: a magic byte, and the number of the schema.
_MAGIC, _NUMBER_BYTES = 0, 5

_PROTO_FIELD = re.compile(r"^  (optional )?(\w+) (\w+) = (\d+);", re.MULTILINE)


class MessageStream(io.RawIOBase):
    """Messages.

    Args:
        values: of the messages, in order.
        form: ``json``, ``avro`` or ``protobuf``.
        schema: its schema as the stream left it; empty where it needs none.
        framed: whether messages begin as those of a registry's readers do.
    """

    def __init__(self, values: Iterator[list[bytes]], form: str, schema: str, *, framed: bool) -> None:
        self.form, self.schema = form, schema
        self._framed = (_NUMBER_BYTES + (form == "protobuf")) if framed else 0
        self._values, self._rest = values, memoryview(b"")

    def as_lines(self) -> io.BufferedReader:
        """Each message as a line."""
        return io.BufferedReader(self, _BUFFER)

    def messages(self) -> Iterator[list[bytes]]:
        """The messages without what a registry's begin with.

        Raises:
            VerifyError: one begins otherwise.
        """
        for values in self._values:
            if self._framed and any(value[:1] != bytes([_MAGIC]) for value in values):
                raise VerifyError("a message does not begin with the number of its schema")
            yield [value[self._framed :] for value in values]

    def readable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Lets go of the broker."""
        if not self.closed:
            close = getattr(self._values, "close", None)
            if close is not None:
                close()
        super().close()

    def readinto(self, buffer: "Buffer") -> int:
        """The next bytes of the lines."""
        while not self._rest:
            values = next(self._values, None)
            if values is None:
                return 0
            self._rest = memoryview(b"".join(value + b"\n" for value in values))
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def read_messages(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    """The rows of messages in Avro or Protobuf, by the schema that the stream left beside them."""
    import pyarrow as pa

    assert isinstance(stream, MessageStream)
    if not stream.schema:
        raise VerifyError(f"the control topic holds no schema of {table}")
    rows_of = _avro_rows if stream.form == "avro" else _protobuf_rows
    names = [column["name"] for column in columns]
    for rows in rows_of(stream.schema, stream.messages()):
        arrays = [
            _array([row[name] for row in rows], arrow_type(column["type"]))
            for name, column in zip(names, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=names)


def _avro_rows(schema: str, messages: Iterator[list[bytes]]) -> Iterator[list[dict[str, Any]]]:
    import fastavro

    parsed = fastavro.parse_schema(_plain(json.loads(schema)))
    for values in messages:
        rows = []
        for value in values:
            source = io.BytesIO(value)
            rows.append(fastavro.schemaless_reader(source, parsed, None))
            if source.read(1):
                raise VerifyError("a message is longer than its schema says")
        yield rows  # type: ignore[misc]  # a record's value is a mapping


def _plain(schema: Any) -> Any:
    """A schema without logical types whose values have another type in Python."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _plain(value) for key, value in schema.items()}
    if kept.get("logicalType") in _PLAIN:
        del kept["logicalType"]
    return kept


def _protobuf_rows(schema: str, messages: Iterator[list[bytes]]) -> Iterator[list[dict[str, Any]]]:
    made, optional = _protobuf_class(schema)
    for values in messages:
        found = [made.FromString(value) for value in values]
        names = [field.name for field in made.DESCRIPTOR.fields]
        yield [
            {name: getattr(each, name) if name not in optional or each.HasField(name) else None for name in names}
            for each in found
        ]


def _protobuf_class(schema: str) -> tuple[Any, set[str]]:
    """The class of the messages of a .proto file, and the fields that may be missing."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="read.proto", package="read", syntax="proto3")
    message, optional = file.message_type.add(name="Row"), set()
    for may_lack, kind, name, number in _PROTO_FIELD.findall(schema):
        field = message.field.add(name=name, number=int(number))
        field.type = getattr(field, f"TYPE_{kind.upper()}")
        field.label = field.LABEL_OPTIONAL
        if may_lack:
            optional.add(name)
            field.proto3_optional, field.oneof_index = True, len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("read.Row")), optional


def _array(values: list[Any], kind: "pa.DataType") -> "pa.Array":
    """Plain values as a column: times are counted from 1970, decimals are ``Decimal`` or texts."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).view(kind)
    if pa.types.is_date(kind):
        return pa.array(values, pa.int32()).view(kind)
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else Decimal(value) for value in values], kind)
    return pa.array(values, kind)
