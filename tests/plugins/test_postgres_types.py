"""What is laid out for COPY arrives in a real server as it was, whatever its type."""

import math
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tests.plugins.postgres_server import PostgresServer
from tests.plugins.test_postgres import postgres, schema

__all__ = ["postgres", "schema"]

pytestmark = pytest.mark.xdist_group("postgres")

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
}
ROWS = 40_000


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "with nulls"])
def test_every_type_arrives_as_it_was_sent(nulls: bool, postgres: PostgresServer, schema: str) -> None:
    from synth_sql.ddl import TYPES
    from synth_sql.postgres.copying import HEADER, TRAILER, encode_rows

    assert {*VALUES} == {*TYPES}
    columns = {name: column(name, [*values, None] if nulls else values) for name, values in VALUES.items()}
    batch = pa.RecordBatch.from_pydict(columns)
    parts = [batch.slice(1, ROWS - 7), batch.slice(0, 0), batch.slice(5, 20)]
    sent = [HEADER, *(piece for part in parts for piece in encode_rows(part)), TRAILER]
    names = ", ".join(f'"{name}"' for name in VALUES)
    declared = ", ".join(f'"{name}" {TYPES[name]}' for name in VALUES)
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
            assert found == [tuple(row.values()) for part in parts for row in part.to_pylist()]
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()) as copy:
                assert b"".join(map(bytes, copy)) == b"".join(sent)


def column(name: str, values: list[Any]) -> pa.Array:
    kinds = {"date32[day]": pa.date32(), "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC")}
    few = pa.array(values, kinds.get(name) or pa.type_for_alias(name))
    return few.take(pa.array([i % len(values) for i in range(ROWS)]))
