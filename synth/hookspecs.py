"""The extension points: what a plugin can add to synth, on one page.

A plugin is a module with functions marked ``@synth.hookimpl`` that return specs. A spec names a component, its config
class and its factory; synth finds clashes, validates configs and documents the component from it. The built-ins
register through the same hooks (``synth.builtin``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pluggy

PROJECT = "synth"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Spec:
    """One component.

    Attributes:
        config: a frozen, keyword-only standard dataclass. Its field ``kind: Literal["name"]`` holds the name that
        recipes use;
            its other fields carry range, unit and one-line doc as ``Annotated[..., pydantic.Field(...)]``. A method
            ``violations()`` may yield (path, message, allowed) for what ranges cannot say.
        factory: makes the component from its config; the arguments after the config are those of the hook's contract.
    """

    config: type[Any]
    factory: Callable[..., Any]

    @property
    def name(self) -> str:
        """The kind, as recipes write it."""
        return str(self.config.__dataclass_fields__["kind"].default)


@hookspec
def synth_generators() -> list[Spec]:  # type: ignore[empty-body]
    """Genuine behaviour. Factory: ``(config) -> synth.generators.contract.Generator``."""


@hookspec
def synth_injectors() -> list[Spec]:  # type: ignore[empty-body]
    """Fraud patterns. Factory: ``(config) -> synth.injectors.contract.Injector``."""


@hookspec
def synth_amounts() -> list[Spec]:  # type: ignore[empty-body]
    """Amount laws. Factory: ``(config) -> synth.amount.AmountLaw``."""


@hookspec
def synth_sinks() -> list[Spec]:  # type: ignore[empty-body]
    """Places and formats. Factory: ``(config, synth.sinks.contract.SinkJob) -> synth.sinks.contract.Sink``."""


@hookspec
def synth_runners() -> list[Spec]:  # type: ignore[empty-body]
    """What maps the work over blocks. Factory: ``(config) -> synth.runners.contract.Runner``."""


@hookspec
def synth_config_roots() -> list[str]:  # type: ignore[empty-body]
    """Folders of YAML choices, ``pkg://module`` or a path; searched after the built-in ones."""
