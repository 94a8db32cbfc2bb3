"""Sinks for synth: the tables of a run as Delta Lake or Iceberg tables."""

from synth import CheckSpec, SinkSpec, hookimpl
from synth_lakehouse.checking import check_tables
from synth_lakehouse.delta import DeltaConfig, DeltaSink
from synth_lakehouse.iceberg import IcebergConfig, IcebergSink, taken_namespace

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sinks."""
    return [
        SinkSpec(DeltaConfig, DeltaSink, place=True),
        SinkSpec(IcebergConfig, IcebergSink, place=True, takes=taken_namespace),
    ]


@hookimpl
def synth_checks() -> list[CheckSpec]:
    """Whether the tables are as the manifest says."""
    return [CheckSpec("tables", check_tables, sinks=("delta", "iceberg"))]


@hookimpl
def synth_config_roots() -> list[str]:
    """Their options."""
    return ["pkg://synth_lakehouse.conf"]
