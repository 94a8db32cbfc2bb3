"""synth: a declarative simulator of labelled payment events, with exact ground truth."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from synth.amount import AmountConfig, AmountLaw, make_law
    from synth.contracts.claimer import Claimer, Claims, Genuine, Targets
    from synth.contracts.generator import BlockPlan, Events, Generator, Keys, World
    from synth.contracts.hookspecs import CheckSpec, Spec, View, hookimpl
    from synth.contracts.injector import FraudEvents, Injection, Injector, Scene
    from synth.contracts.population import (
        Cards,
        Census,
        Cities,
        Customers,
        Devices,
        Entities,
        Merchants,
        Population,
        Terminals,
    )
    from synth.contracts.run_events import BlockDone, RunEnded, RunStarted, StreamProgress, StreamSubscriber, Subscriber
    from synth.contracts.sessions import Session
    from synth.contracts.sink import SinkJob
    from synth.engine.run import RunResult, generate, run
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
    from synth.injectors.episodes import Episodes
    from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Ratio, Seconds
    from synth.rng import Streams
    from synth.sinks.files import FileSink, TableFile, Target, TargetStream
    from synth.tables.batch import Batch
    from synth.tables.declared import Column
    from synth.tables.table import Table

_HOME = {
    "amount": ("AmountConfig", "AmountLaw", "make_law"),
    "tables.batch": ("Batch",),
    "tables.table": ("Table",),
    "contracts.population": (
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
    "tables.declared": ("Column",),
    "contracts.generator": ("BlockPlan", "Events", "Generator", "Keys", "World"),
    "contracts.hookspecs": ("CheckSpec", "Spec", "View", "hookimpl"),
    "contracts.claimer": ("Claimer", "Claims", "Genuine", "Targets"),
    "contracts.injector": ("FraudEvents", "Injection", "Injector", "Scene"),
    "injectors.episodes": ("Episodes",),
    "injectors.pattern": ("EpisodeConfig", "EpisodeInjector", "Length", "Ratio", "Seconds"),
    "rng": ("Streams",),
    "contracts.run_events": ("BlockDone", "RunEnded", "RunStarted", "StreamProgress", "StreamSubscriber", "Subscriber"),
    "contracts.sessions": ("Session",),
    "contracts.sink": ("SinkJob",),
    "sinks.files": ("FileSink", "TableFile", "Target", "TargetStream"),
    "engine.run": ("RunResult", "generate", "run"),
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
