"""Apache Spark for synth: runs on a cluster, and tables as data frames."""

from synth import Spec, hookimpl
from synth_spark.frames import dataframe, register
from synth_spark.runner import SparkConfig, SparkRunner

__all__ = ["dataframe", "register", "synth_config_roots", "synth_runners"]

synth_api = ">=1.0,<2"


@hookimpl
def synth_runners() -> list[Spec]:
    """The runner."""
    return [Spec(SparkConfig, SparkRunner)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its options."""
    return ["pkg://synth_spark.conf"]
