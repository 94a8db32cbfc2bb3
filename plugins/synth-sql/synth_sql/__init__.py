"""Sinks for synth: the tables of a run in a PostgreSQL database, or in a DuckDB file."""

from synth import Spec, hookimpl
from synth_sql.duckdb.sink import DuckConfig, DuckSink
from synth_sql.postgres.sink import PostgresConfig, PostgresSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[Spec]:
    """The sinks."""
    return [Spec(PostgresConfig, PostgresSink), Spec(DuckConfig, DuckSink)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Their options."""
    return ["pkg://synth_sql.conf"]
