"""One component of a recipe: its typed configuration, and what the catalog has for its kind."""

from dataclasses import dataclass
from typing import Any

from synth.contracts.hookspecs import SinkSpec, Spec


@dataclass(frozen=True)
class Part:
    """One configured component."""

    config: Any
    spec: Spec

    def make(self, *context: Any) -> Any:
        """The component."""
        return self.spec.factory(self.config, *context)


@dataclass(frozen=True)
class SinkPart(Part):
    """A configured sink."""

    spec: SinkSpec

    @property
    def uri(self) -> str | None:
        """Where the recipe sends it; None where that is left to the run, or to the sink."""
        uri: str | None = self.config.uri if self.spec.has_uri else None
        return uri
