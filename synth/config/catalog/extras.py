"""The libraries that an installed plugin, or a command, cannot do without: those of an extra of its package."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from importlib import metadata
from typing import Any

from synth.contracts.hookspecs import SinkSpec, Spec
from synth.errors import PluginError
from synth.libraries import installed_version, is_met, quoted, requirements


@dataclass(frozen=True)
class Lack:
    """What keeps a plugin asleep; false where nothing does.

    Attributes:
        what: ``needs confluent-kafka and fastavro, which are not installed``.
        cure: the command that installs it.
    """

    what: str = ""
    cure: str = ""

    def __bool__(self) -> bool:
        return bool(self.what)

    def __str__(self) -> str:
        return f"{self.what}; {self.cure}" if self else ""

    def noted(self, summary: str) -> str:
        """What is said of a choice, with what it needs."""
        return " ".join(filter(None, (summary, f"(asleep: {self.what})"))) if self else summary


def find_lack(point: metadata.EntryPoint) -> Lack:
    """Holds the extras that an entry point names, ``kafka = "synth_kafka [kafka]"``, against what is installed."""
    return lack_of(point.dist, point.extras) if point.extras and point.dist else Lack()


def lack_of(package: metadata.Distribution, extras: Sequence[str]) -> Lack:
    """Holds extras of an installed package against what is installed."""
    needs = {needed: installed_version(needed.name) for needed in requirements(package, extras)}
    unmet = {needed: version for needed, version in needs.items() if not is_met(needed, version)}
    missing = [needed.name for needed, version in unmet.items() if not version]
    told = [f"{n.name}{n.specifier}, and {version} is installed" for n, version in unmet.items() if version]
    if missing:
        told.insert(0, f"{_listed(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed")
    return Lack(f"needs {'; '.join(told)}", f"pip install {' '.join(map(quoted, unmet))}") if unmet else Lack()


def guarded(spec: Spec, what: str, lack: Callable[[], Lack]) -> Spec:
    """A spec whose readers say what is missing before they try.

    Args:
        what: the choice, as messages name it.
    """

    def guard(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def guarded_function(*arguments: Any) -> Any:
            if missing := lack():
                raise PluginError(f"{what} {missing}")
            return function(*arguments)

        return guarded_function

    if not isinstance(spec, SinkSpec):
        return spec
    return replace(spec, reads=spec.reads and guard(spec.reads), opens=spec.opens and guard(spec.opens))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
