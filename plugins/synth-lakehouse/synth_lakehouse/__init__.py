"""Sinks for synth: the tables of a run as Delta Lake or Iceberg tables."""

from synth import Spec, hookimpl
from synth_lakehouse.delta import DeltaConfig, DeltaSink
from synth_lakehouse.iceberg import IcebergConfig, IcebergSink

synth_api = ">=1.0,<2"


@hookimpl
def synth_sinks() -> list[Spec]:
    """The sinks."""
    return [Spec(DeltaConfig, DeltaSink), Spec(IcebergConfig, IcebergSink)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Their options."""
    return ["pkg://synth_lakehouse.conf"]
