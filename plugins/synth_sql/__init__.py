"""Sinks for synth: the tables of a run in a PostgreSQL database, or in a DuckDB file."""

from typing import TYPE_CHECKING, BinaryIO

from synth import SinkJob, SinkSpec, hookimpl
from synth_sql.duckdb.config import DuckConfig
from synth_sql.postgres.config import SCHEMES, PostgresConfig, taken_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from synth import ColumnEntry, Source
    from synth_sql.duckdb.sink import DuckSink
    from synth_sql.postgres.sink import PostgresSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sinks."""
    return [
        SinkSpec(
            PostgresConfig,
            _make_postgres,
            schemes=SCHEMES,
            opens=_open_postgres,
            reads=_read_postgres,
            takes=taken_schema,
        ),
        SinkSpec(DuckConfig, _make_duckdb, place=True, reads=_read_duckdb),
    ]


@hookimpl
def synth_config_roots() -> list[str]:
    """Their options."""
    return ["pkg://synth_sql.conf"]


# The libraries are loaded by what needs them, not by whoever asks which sinks there are.


def _make_postgres(config: PostgresConfig, job: SinkJob) -> "PostgresSink":
    from synth_sql.postgres.sink import PostgresSink

    return PostgresSink(config, job)


def _open_postgres(uri: str) -> "Source":
    from synth_sql.postgres.address import Address
    from synth_sql.postgres.reading import PostgresSource

    return PostgresSource(Address.parse(uri))


def _read_postgres(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    from synth_sql.postgres.reading import read_table

    return read_table(stream, columns)


def _make_duckdb(config: DuckConfig, job: SinkJob) -> "DuckSink":
    from synth_sql.duckdb.sink import DuckSink

    return DuckSink(config, job)


def _read_duckdb(stream: BinaryIO, table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    from synth_sql.duckdb.reading import read_table

    return read_table(stream, table, columns)
