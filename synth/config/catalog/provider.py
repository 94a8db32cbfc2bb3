"""One plugin and what its hooks returned."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path

from synth.config.catalog.extras import Lack, find_lack
from synth.contracts.hookspecs import CheckSpec, Spec, View
from synth.contracts.run_events import Subscriber
from synth.libraries import requirements

BUILT_IN = "built in"


def entry_point_of(package: str) -> str:
    """The source of a plugin that an installed package brings."""
    return f"entry point of {package}"


#: Config group → the hook that fills it.
HOOKS = {
    "generator": "synth_generators",
    "amount": "synth_amounts",
    "scenario": "synth_injectors",
    "sink": "synth_sinks",
    "runner": "synth_runners",
}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """An option that stands in the YAML file beside a plugin.

    Attributes:
        group, name: the option, ``group=name``.
        kind: of its body.
        summary: its comment; may be empty.
        body: its mapping as YAML, without the keys that it leaves out.
        file: the user's file.
        label: how messages name the file.
    """

    group: str
    name: str
    kind: str
    summary: str
    body: str
    file: Path
    label: str


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One plugin, loaded or not.

    Attributes:
        source: ``built in``, ``entry point of <package>`` or the path of its module.
        api: the plugin API that it says it needs, e.g. ``>=1.0,<2``; empty when it says nothing.
        disabled: whether the environment leaves it out; its code is not loaded.
        error: why it cannot be used, in one line; empty when it can.
        specs: (group, spec) of each kind.
        roots: folders of YAML choices.
        presets: what the YAML file beside it offers.
        point: of an installed package.
    """

    name: str
    version: str = ""
    source: str = ""
    api: str = ""
    disabled: bool = False
    error: str = ""
    specs: tuple[tuple[str, Spec], ...] = ()
    views: tuple[View, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    subscribers: tuple[Callable[[], Subscriber], ...] = ()
    roots: tuple[str, ...] = ()
    presets: tuple[Preset, ...] = ()
    point: EntryPoint | None = None

    @cached_property
    def lack(self) -> Lack:
        """What keeps it asleep: its choices are listed, and none of them can be used."""
        return Lack() if self.point is None or self.disabled or self.error else find_lack(self.point)

    @property
    def libraries(self) -> list[str]:
        """The packages that its extras bring: what they encode, they may encode otherwise in another version."""
        if self.point is None or self.point.dist is None or not self.point.extras:
            return []
        return [needed.name for needed in requirements(self.point.dist, self.point.extras)]

    @property
    def provides(self) -> dict[str, list[str]]:
        """Group → kinds, in name order; groups without any left out."""
        kinds = {group: sorted(spec.name for its, spec in self.specs if its == group) for group in HOOKS}
        return {group: names for group, names in kinds.items() if names}
