"""What is laid out for COPY arrives in a real server as it was, whatever its type."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest

from synth.tables.batch import Batch
from synth.tables.column import FORMAT_TYPES, Column
from synth.tables.registry import TABLES
from synth.tables.table import Field, Table
from synth.tables.types import arrow_type
from tests.plugins.postgres_server import PostgresServer

#: The ends of what each type holds, of times what Python holds, and something between.
VALUES: dict[str, list[Any]] = {
    "int8": [-128, 0, 127],
    "int32": [-(2**31), -1, 2**31 - 1],
    "int64": [-(2**63), 1, 2**63 - 1],
    "double": [-math.inf, -1e-300, 0.1 + 0.2],
    "string": ["", 'naïve \U0001f4b3\n\\.\t"', "x" * 5_000],
    "date32[day]": [date(1, 1, 1), date(1999, 12, 31), date(9999, 12, 31)],
    "timestamp[us, tz=UTC]": [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
    ],
    "timestamp[us]": [datetime(*day, tzinfo=UTC).replace(tzinfo=None) for day in ((1, 1, 1), (9999, 12, 31))],
    "decimal128(18, 2)": [
        Decimal("-0.05"),
        Decimal("0.00"),
        Decimal("5.00"),
        Decimal("604.30"),
        Decimal("10000.00"),
        Decimal("10000000.01"),
        Decimal("9999999999999999.99"),
    ],
    "uuid": [UUID(int=0), UUID(int=2**128 - 1), UUID("00112233-4455-6677-8899-aabbccddeeff")],
}
ROWS = 40_000


def field(name: str) -> Field:
    """A column of a type, or of texts that are UUIDs."""
    arrow = "string" if name == "uuid" else name
    text_format = {"uuid": "uuid", "decimal128(18, 2)": "decimal"}.get(name, "plain")
    return Field(name, Column(name, arrow, "", "observable", "a column", nullable=name != "uuid"), text_format)


TABLE = Table("typed", tuple(map(field, VALUES)))


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "with nulls"])
def test_every_type_arrives_as_it_was_sent(nulls: bool, postgres: PostgresServer, schema: str) -> None:
    from synth_sql.postgres.copying import HEADER, TRAILER, encode_rows

    from synth.tables.sql import sql_type

    assert {column.arrow for table in TABLES.values() for column in table.columns.values()} < {*VALUES}
    assert {*FORMAT_TYPES.values()} < {*VALUES}
    columns = [
        column(f, [*values, None] if nulls and f.column.nullable else values)
        for f, values in zip(TABLE.fields, VALUES.values(), strict=True)
    ]
    batch = pa.RecordBatch.from_arrays(columns, schema=TABLE.schema)
    parts = [batch.slice(1, ROWS - 7), batch.slice(0, 0), batch.slice(5, 20)]
    sent = [HEADER, *(piece for part in parts for piece in encode_rows(Batch(TABLE, part, {}))), TRAILER]
    names = ", ".join(f'"{name}"' for name in VALUES)
    declared = ", ".join(f'"{f.name}" {sql_type(f)}' for f in TABLE.fields)
    numbered = f"CREATE TABLE {schema}.typed ({declared}, n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
    with psycopg.connect(postgres.uri().partition("?")[0], autocommit=True) as connection:
        connection.execute("SET timezone = UTC")
        connection.execute(numbered.encode())
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY {schema}.typed ({names}) FROM STDIN (FORMAT binary)".encode()) as copy:
                for piece in sent:
                    copy.write(piece)
            query = f"SELECT {names} FROM {schema}.typed ORDER BY n"
            found = cursor.execute(query.encode()).fetchall()
            wanted = [row | {"uuid": UUID(row["uuid"])} for part in parts for row in part.to_pylist()]
            assert found == [tuple(row.values()) for row in wanted]
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()) as copy:
                assert b"".join(map(bytes, copy)) == b"".join(sent)


def column(field: Field, values: list[Any]) -> pa.Array:
    plain = [str(value) if isinstance(value, UUID) else value for value in values]
    few = pa.array(plain, arrow_type(field.column.arrow))
    return few.take(pa.array([i % len(values) for i in range(ROWS)]))
