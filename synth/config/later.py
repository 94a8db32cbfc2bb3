"""Components of which only the name is known until somebody asks for their classes: a recipe uses few of them."""

from importlib import import_module
from typing import Any

from synth.contracts.hookspecs import SinkSpec, Spec


class Later:
    """The part of a ``Spec`` that loads: ``config`` and ``factory`` are found when they are first asked for."""

    def __init__(self, name: str, config: str, factory: str, **known: Any) -> None:
        """Loads nothing.

        Args:
            name: the kind, the same as the class of its configuration has.
            config, factory: ``module:Class``.
            known: the other attributes of the spec.
        """
        vars(self).update(_name=name, _places={"config": config, "factory": factory}, **known)

    @property
    def name(self) -> str:
        """The kind, as recipes write it."""
        return str(vars(self)["_name"])

    def __getattr__(self, attribute: str) -> Any:
        place = vars(self).get("_places", {}).get(attribute)
        if place is None:
            raise AttributeError(attribute)
        module, _, name = place.partition(":")
        found = vars(self)[attribute] = getattr(import_module(module), name)
        return found


class LaterSpec(Later, Spec):
    """A component that is loaded when it is needed."""


class LaterSinkSpec(Later, SinkSpec):
    """A sink that is loaded when it is needed; what it can do is known before."""
