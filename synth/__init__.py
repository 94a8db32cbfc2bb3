"""synth: a declarative simulator of labelled payment events, with exact ground truth."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from synth.errors import (
        ConfigError,
        InterruptedRun,
        PartlyDone,
        PluginError,
        RefusedError,
        RunError,
        SynthError,
        VerifyError,
    )
    from synth.events import Column
    from synth.execution import RunResult, generate, run
    from synth.generators.contract import BlockPlan, Entities, Events, Generator, World
    from synth.hookspecs import Spec, hookimpl
    from synth.injectors.contract import FraudEvents, Injection, Injector, Scene
    from synth.injectors.episodes import Episodes
    from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Ratio, Seconds
    from synth.rng import Streams

_HOME = {
    "errors": (
        "ConfigError",
        "InterruptedRun",
        "PartlyDone",
        "PluginError",
        "RefusedError",
        "RunError",
        "SynthError",
        "VerifyError",
    ),
    "events": ("Column",),
    "generators.contract": ("BlockPlan", "Entities", "Events", "Generator", "World"),
    "hookspecs": ("Spec", "hookimpl"),
    "injectors.contract": ("FraudEvents", "Injection", "Injector", "Scene"),
    "injectors.episodes": ("Episodes",),
    "injectors.pattern": ("EpisodeConfig", "EpisodeInjector", "Length", "Ratio", "Seconds"),
    "rng": ("Streams",),
    "execution": ("RunResult", "generate", "run"),
}

__all__ = [
    "BlockPlan",
    "Column",
    "ConfigError",
    "Entities",
    "EpisodeConfig",
    "EpisodeInjector",
    "Episodes",
    "Events",
    "FraudEvents",
    "Generator",
    "Injection",
    "Injector",
    "InterruptedRun",
    "Length",
    "PartlyDone",
    "PluginError",
    "Ratio",
    "RefusedError",
    "RunError",
    "RunResult",
    "Scene",
    "Seconds",
    "Spec",
    "Streams",
    "SynthError",
    "VerifyError",
    "World",
    "generate",
    "hookimpl",
    "run",
]


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used: ``import synth`` alone stays light."""
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"synth.{module}"), name)
    raise AttributeError(f"module 'synth' has no attribute {name!r}")
