"""The results of composing: one configuration, or the jobs of a sweep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.config.compose.sources import ConfigSource
from synth.errors import Problem


def nearest_origin(origins: Mapping[str, str], path: str) -> str:
    """The origin of ``path`` or of its nearest ancestor that has one; empty when there is none."""
    while path:
        if path in origins:
            return origins[path]
        path = path.rpartition(".")[0]
    return ""


def changed_at(origins: Mapping[str, str], path: str) -> str:
    """The origin of ``path`` as above; or of the last value below it, where another file or override has set that."""
    below = [origin for at, origin in origins.items() if at.startswith(f"{path}.")]
    own = nearest_origin(origins, path) or next(iter(below), "")
    changed = below and below[-1].rpartition(":")[0] != own.rpartition(":")[0]
    return below[-1] if changed else own


@dataclass(frozen=True, kw_only=True)
class Composed:
    """One composed configuration.

    Attributes:
        config: nested dict, list, str, int, float, bool and None only; every interpolation resolved.
        origins: dotted config path -> ``file:line`` or ``command line: <override>``, for leaves, mappings and lists,
            and for what an override deleted; in the order in which they were set.
        choices: group -> chosen option, or the list of options for a group that takes several.
        chosen_at: group -> where the choice was made.
        inert: dotted config path -> ``file:line`` of what a file set for a choice that was taken away.
        words: dotted config path -> the word in a file that YAML took for a number, a truth or a date.
        interpolated: dotted config path -> the text from which its value was resolved, such as ``${oc.env:RATIO}``.
        deliberate: (group, other group) -> where somebody chose or set the one, knowing the choice in the other.
        overrides: as given, secrets included: not for display.
        roots: where it was composed from.
        options: group -> what it offers, for a group that takes several options.
        problems: what is wrong, and not in ``config``.
        shadows: a user's file -> what it stands in the place of, as messages name both.
    """

    config: dict[str, Any]
    origins: Mapping[str, str]
    choices: Mapping[str, str | list[str]]
    chosen_at: Mapping[str, str]
    overrides: tuple[str, ...]
    roots: tuple[ConfigSource, ...]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inert: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    interpolated: Mapping[str, str] = field(default_factory=dict)
    deliberate: Mapping[tuple[str, str], str] = field(default_factory=dict)
    shadows: Mapping[str, str] = field(default_factory=dict)

    @property
    def used_shadows(self) -> dict[str, str]:
        """Those of ``shadows`` that this configuration was made of."""
        chosen = {
            f"/{group}/{name}.yaml"
            for group, names in self.choices.items()
            for name in ([names] if isinstance(names, str) else names)
        }
        places = {where.rpartition(":")[0] for where in self.origins.values()}
        return {
            label: other
            for label, other in self.shadows.items()
            if label in places or any(label.endswith(path) for path in chosen)
        }


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a sweep; ``result`` is a ``ConfigError`` when its overrides do not compose."""

    number: int
    overrides: tuple[str, ...]
    directory: Path
    result: Any
