"""Messages of a topic as rows, without a broker: what a schema registry's begin with, and what is broken."""

import io
import struct
from typing import Any

import fastavro
import pytest
from synth_kafka.reading.order import PartOrder
from synth_kafka.reading.stream import MessageStream, read_messages

from synth import VerifyError

SCHEMA = {"type": "record", "name": "row", "fields": [{"name": "id", "type": "long"}]}
TEXT = '{"type": "record", "name": "row", "fields": [{"name": "id", "type": "long"}]}'
PROTO = 'syntax = "proto3";\n\nmessage row {\n  int64 id = 1;  // it\n}\n'
COLUMNS: Any = [{"name": "id", "source": "id", "type": "int64", "nullable": False, "format": "plain"}]


def avro(value: int) -> bytes:
    into = io.BytesIO()
    fastavro.schemaless_writer(into, SCHEMA, {"id": value})
    return into.getvalue()


def protobuf(value: int) -> bytes:
    assert 0 < value < 128
    return bytes([1 << 3, value])


def rows(values: list[bytes], form: str, schema: str, *, framed: bool) -> list[int]:
    stream: Any = MessageStream(iter([values]), form, schema, framed=framed)
    return [row for batch in read_messages(stream, "row", COLUMNS) for row in batch.column(0).to_pylist()]


@pytest.mark.parametrize(("form", "make", "schema"), [("avro", avro, TEXT), ("protobuf", protobuf, PROTO)])
def test_what_goes_before_a_message_for_a_registry_is_taken_off(form: str, make: Any, schema: str) -> None:
    head = struct.pack(">bI", 0, 7) + (b"\0" if form == "protobuf" else b"")
    assert rows([make(1), make(5)], form, schema, framed=False) == [1, 5]
    assert rows([head + make(1), head + make(5)], form, schema, framed=True) == [1, 5]
    with pytest.raises(VerifyError, match="does not begin with the number of its schema"):
        rows([head + make(1), b"\1" + make(5)], form, schema, framed=True)
    with pytest.raises(VerifyError, match="holds no schema of row"):
        rows([make(1)], form, "", framed=False)


def test_a_message_that_is_too_long_is_broken() -> None:
    with pytest.raises(VerifyError, match="longer than its schema says"):
        rows([avro(1) + b"\0"], "avro", TEXT, framed=False)


def test_lines_are_read_in_any_pieces() -> None:
    stream = MessageStream(iter([[b"{}", b"[1]"], [], [b"{}"]]), "json", "", framed=False)
    assert stream.as_lines().read() == b"{}\n[1]\n{}\n"


def test_messages_come_in_order_and_what_is_lost_is_counted_once() -> None:
    order = PartOrder(expected=10)
    for sequence in (1, 2, 0, 5, 7):
        assert order.take(sequence, b"%d" % sequence)
    assert order.ready(2) == [b"0", b"1", b"2"]
    assert not order.take(1, b"1")
    assert not order.take(7, b"7")
    assert order.ready(7) == [b"5", b"7"]
    assert (order.lost, order.first_lost, order.doubled) == (3, 3, 2)
    assert order.ready(10) == []
    assert (order.lost, order.first_lost, order.next) == (5, 3, 10)
