"""Ray for synth: runs on a cluster, and tables as Ray datasets."""

from synth import Spec, hookimpl
from synth_ray.datasets import dataset
from synth_ray.runner import RayConfig, RayRunner

__all__ = ["dataset", "synth_config_roots", "synth_runners"]

synth_api = ">=1.0,<2"


@hookimpl
def synth_runners() -> list[Spec]:
    """The runner."""
    return [Spec(RayConfig, RayRunner)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its options."""
    return ["pkg://synth_ray.conf"]
