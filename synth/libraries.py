"""The libraries around synth: which of them decide bytes, what an installed package needs, and what is there."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: The name that synth is installed under.
PACKAGE = "synth-fraud"

#: Libraries whose version can change the bytes of a run → the rooms and files that may import them. Who uses one says
#: so in its ``libraries``; numpy and pyarrow are in every run.
DECIDING: Mapping[str, tuple[str, ...]] = {
    "numpy": ("synth",),
    "pyarrow": ("synth",),
    "faker": ("synth.population", "synth.iso"),
    "holidays": ("synth.generators.spending",),
}
EVERYWHERE = ("numpy", "pyarrow")

#: Modules of libraries that change no byte → why not.
BESIDE: Mapping[str, str] = {
    "altair": "draws what was read back",
    "boto3": "carries finished bytes",
    "botocore": "carries finished bytes",
    "hydra": "composes the recipe, which is in the fingerprint as it was composed",
    "lazy_loader": "imports",
    "omegaconf": "composes the recipe",
    "packaging": "compares versions",
    "pandas": "answers from Python, and the checks of the kit",
    "pluggy": "asks plugins",
    "pydantic": "types the recipe, which is in the fingerprint before that",
    "tqdm": "tells how far a run is",
    "typing_extensions": "types",
    "vl_convert": "draws what was read back",
    "yaml": "reads the recipe",
}


def versions_of(libraries: Iterable[str]) -> dict[str, str]:
    """Python's version, and those of the libraries that every run uses and of these, by name."""
    names = dict.fromkeys([*EVERYWHERE, *sorted(libraries)])
    return {"python": platform.python_version(), **{name: installed_version(name) for name in names}}


def other_versions(versions: Mapping[str, str]) -> list[str]:
    """What is said of each library that is here in another version than in a manifest, or not at all."""
    here = {name: installed_version(name) for name in versions if name != "python"}
    return [
        f"made with {name} {versions[name]}, and {version or 'none'} is installed"
        for name, version in here.items()
        if version != versions[name]
    ]


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
