"""One component of a recipe: its typed configuration, and what the catalog has for its kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.contracts.hookspecs import SinkSpec, Spec
from synth.errors import Problem, RefusedError, in_yaml
from synth.sinks.places import parse_uri


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


def without_kind(path: str, data: Any, kinds: Sequence[str], options: Sequence[str]) -> Problem:
    """What is wrong with a component that has no kind, and how to choose one.

    Args:
        path: a group, or an instance below a group that takes several.
        data: what stands there; None where nothing does.
        options: what the group offers, where it takes several.
    """
    group, _, name = path.partition(".")
    choose = f"{group}={kinds[0]}"
    if name:
        choose = f"{group}=[{name}]" if name in options else f"+{group}@{path}={next(iter(options), '…')}"
    if isinstance(data, dict) and data:
        message, hint = f"{path} has no kind, only {', '.join(data)}", f"choose it with {choose}, or drop these keys"
    elif name and data is None:
        message, hint = f"{path} is null", f"to leave it out, choose the others: {group}=[…]"
    elif data is None or isinstance(data, dict):
        message, hint = f"{path} is missing", f"choose it with {choose}"
    else:
        message, hint = f"{path} is {in_yaml(data)}", f"choose it with {choose}"
    return Problem(path=path, message=message, allowed=f"a kind: {', '.join(kinds)}", hint=hint)


def place_problems(sinks: Mapping[str, SinkPart]) -> Iterator[Problem]:
    """Yields the uris that name no place, and those of two sinks in one place."""
    places: dict[Any, str] = {}
    for name, part in sinks.items():
        if (uri := part.uri) is None:
            continue
        try:
            place = replace(parse_uri(uri), uri="") if part.spec.place else uri
        except RefusedError as error:
            yield Problem(path=f"sink.{name}.uri", message=f"sink.{name}.uri: {error}")
            continue
        if place in places:
            message = f"sinks {places[place]!r} and {name!r} write into the same place {uri!r}"
            yield Problem(path=f"sink.{name}.uri", message=message, allowed="one place a sink")
        places[place] = name
