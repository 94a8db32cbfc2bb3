"""Sinks for synth: the tables of a run in a PostgreSQL database, or in a DuckDB file."""

from synth import SinkSpec, hookimpl
from synth_sql.duckdb.sink import DuckConfig, DuckSink
from synth_sql.postgres.address import SCHEMES
from synth_sql.postgres.sink import PostgresConfig, PostgresSink, taken_schema

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sinks."""
    return [
        SinkSpec(
            PostgresConfig,
            PostgresSink,
            schemes=SCHEMES,
            opens=PostgresSink.open_source,
            reads=PostgresSink.read,
            takes=taken_schema,
        ),
        SinkSpec(DuckConfig, DuckSink, place=True, reads=DuckSink.read),
    ]


@hookimpl
def synth_config_roots() -> list[str]:
    """Their options."""
    return ["pkg://synth_sql.conf"]
