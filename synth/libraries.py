"""The libraries around synth: what an installed package says that it needs, and what is there."""

from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: The name that synth is installed under.
PACKAGE = "synth-fraud"


def requirements(package: metadata.Distribution, extras: Sequence[str] = ()) -> "Iterator[Requirement]":
    """What a package needs; with extras, what these need beyond that."""
    from packaging.requirements import Requirement

    for needed in map(Requirement, package.requires or ()):
        always = needed.marker is None or needed.marker.evaluate({"extra": ""})
        for_extras = any(needed.marker and needed.marker.evaluate({"extra": extra}) for extra in extras)
        if (for_extras and not always) if extras else always:
            yield needed


def installed_version(name: str) -> str:
    """The version of an installed package; empty where it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def is_met(needed: "Requirement", version: str) -> bool:
    """Whether an installed version is one that is wanted; an empty one is none."""
    return bool(version) and needed.specifier.contains(version, prereleases=True)


def quoted(needed: "Requirement") -> str:
    """A requirement as an argument of ``pip install``."""
    extras = f"[{','.join(sorted(needed.extras))}]" if needed.extras else ""
    return f"'{needed.name}{extras}{needed.specifier}'"
