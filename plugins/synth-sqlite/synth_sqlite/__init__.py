"""A sink for synth: all tables of a run in one SQLite database."""

from synth import SinkSpec, hookimpl
from synth_sqlite.sink import SqliteConfig, SqliteSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [SinkSpec(SqliteConfig, SqliteSink, place=True, reads=SqliteSink.read)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its option."""
    return ["pkg://synth_sqlite.conf"]
