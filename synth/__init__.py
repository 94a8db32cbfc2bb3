"""synth: a declarative simulator of labelled payment events, with exact ground truth."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from synth.amount import AmountConfig, AmountLaw, make_law
    from synth.batch import Batch
    from synth.columns import Table
    from synth.entities import Cards, Census, Cities, Customers, Devices, Entities, Merchants, Population, Terminals
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
    from synth.generators.contract import BlockPlan, Events, Generator, Keys, World
    from synth.hookspecs import CheckSpec, Spec, View, hookimpl
    from synth.injectors.claims import Claimer, Claims, Genuine, Targets
    from synth.injectors.contract import FraudEvents, Injection, Injector, Scene
    from synth.injectors.episodes import Episodes
    from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Ratio, Seconds
    from synth.rng import Streams
    from synth.run_events import BlockDone, RunEnded, RunStarted, StreamProgress, StreamSubscriber, Subscriber
    from synth.sessions import Session
    from synth.sinks.contract import SinkJob
    from synth.sinks.files import FileSink, TableFile, Target, TargetStream

_HOME = {
    "amount": ("AmountConfig", "AmountLaw", "make_law"),
    "batch": ("Batch",),
    "columns": ("Table",),
    "entities": (
        "Cards",
        "Census",
        "Cities",
        "Customers",
        "Devices",
        "Entities",
        "Merchants",
        "Population",
        "Terminals",
    ),
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
    "generators.contract": ("BlockPlan", "Events", "Generator", "Keys", "World"),
    "hookspecs": ("CheckSpec", "Spec", "View", "hookimpl"),
    "injectors.claims": ("Claimer", "Claims", "Genuine", "Targets"),
    "injectors.contract": ("FraudEvents", "Injection", "Injector", "Scene"),
    "injectors.episodes": ("Episodes",),
    "injectors.pattern": ("EpisodeConfig", "EpisodeInjector", "Length", "Ratio", "Seconds"),
    "rng": ("Streams",),
    "run_events": ("BlockDone", "RunEnded", "RunStarted", "StreamProgress", "StreamSubscriber", "Subscriber"),
    "sessions": ("Session",),
    "sinks.contract": ("SinkJob",),
    "sinks.files": ("FileSink", "TableFile", "Target", "TargetStream"),
    "execution": ("RunResult", "generate", "run"),
}

__all__ = [
    "AmountConfig",
    "AmountLaw",
    "Batch",
    "BlockDone",
    "BlockPlan",
    "Cards",
    "Census",
    "CheckSpec",
    "Cities",
    "Claimer",
    "Claims",
    "Column",
    "ConfigError",
    "Customers",
    "Devices",
    "Entities",
    "EpisodeConfig",
    "EpisodeInjector",
    "Episodes",
    "Events",
    "FileSink",
    "FraudEvents",
    "Generator",
    "Genuine",
    "Injection",
    "Injector",
    "InterruptedRun",
    "Keys",
    "Length",
    "Merchants",
    "PartlyDone",
    "PluginError",
    "Population",
    "Ratio",
    "RefusedError",
    "RunEnded",
    "RunError",
    "RunResult",
    "RunStarted",
    "Scene",
    "Seconds",
    "Session",
    "SinkJob",
    "Spec",
    "StreamProgress",
    "StreamSubscriber",
    "Streams",
    "Subscriber",
    "SynthError",
    "Table",
    "TableFile",
    "Target",
    "TargetStream",
    "Targets",
    "Terminals",
    "VerifyError",
    "View",
    "World",
    "generate",
    "hookimpl",
    "make_law",
    "run",
]


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used: ``import synth`` alone stays light."""
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"synth.{module}"), name)
    raise AttributeError(f"module 'synth' has no attribute {name!r}")
