"""What ``synth doctor`` finds on the machine: the installation, the plugins, and what there is of room and cores."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from synth import __version__
from synth.cli import output
from synth.contracts.findings import Finding, State

if TYPE_CHECKING:
    from synth.config.catalog import Catalog

_PACKAGE = "synth-fraud"

#: A run of the default recipe into CSV takes 0.4 GB of a disk, and 0.5 GB of memory: benchmarks/README.md.
_DISK_BYTES, _MEMORY_BYTES = 400e6, 500e6


def look_at_installation() -> Iterator[Finding]:
    """Python, synth, and what the installed package says that it needs."""
    try:
        package = metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError:
        yield Finding(what="python", state="ok", told=platform.python_version())
        told = f"{__version__}, not installed: what it needs stands in no package"
        yield Finding(what="synth", state="warning", told=told, hint=f"pip install {_PACKAGE}")
        return
    yield _version("python", platform.python_version(), str(package.metadata["Requires-Python"] or ""))
    if package.version == __version__:
        yield Finding(what="synth", state="ok", told=__version__)
    else:
        told = f"{__version__} runs, and {package.version} is installed"
        yield Finding(what="synth", state="warning", told=told, hint="another copy stands before it on Python's path")
    yield from _requirements(package)


def _requirements(package: metadata.Distribution) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for text in package.requires or ():
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(needed.name)
        except metadata.PackageNotFoundError:
            hint = f"pip install '{needed.name}{needed.specifier}'"
            yield Finding(what=needed.name, state="failure", told="is not installed", hint=hint)
        else:
            yield _version(needed.name, version, str(needed.specifier))


def _version(name: str, version: str, wanted: str) -> Finding:
    from packaging.specifiers import SpecifierSet

    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Finding(what=name, state="ok", told=f"{version} ({wanted})" if wanted else version)
    hint = "install another Python" if name == "python" else f"pip install '{name}{wanted}'"
    return Finding(what=name, state="failure", told=f"{version}, and synth needs {wanted}", hint=hint)


def look_at_plugins(catalog: "Catalog") -> Iterator[Finding]:
    """Those that are installed or given, usable or not."""
    from synth.cli.plugins import describe
    from synth.config.catalog import BUILT_IN

    for provider in catalog.providers:
        if provider.source == BUILT_IN:
            continue
        what, source, error = f"plugin {provider.name}", provider.source, describe(catalog, provider)["error"]
        if provider.disabled:
            yield Finding(what=what, state="ok", told=f"left out by the environment, {source}")
        elif error:
            hint = f"mend it, remove it, or leave it out with SYNTH_DISABLE_PLUGINS={provider.name}"
            told = f"cannot be used: {error} ({source})"
            yield Finding(what=what, state="failure", told=told, hint=hint if "entry point" in source else "")
        else:
            yield Finding(what=what, state="ok", told=" ".join(filter(None, (provider.version, source))))


def look_at_machine(*, runs_here: bool) -> Iterator[Finding]:
    """Where files go, and what there is to work with.

    Args:
        runs_here: whether a run is to write below the working directory.
    """
    yield _folder("working directory", Path.cwd(), needed=runs_here)
    yield _temporary()
    yield _cores()
    yield _memory()


def _folder(what: str, path: Path, *, needed: bool) -> Finding:
    """Of a directory that is written to."""
    try:
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        hint = "choose another one" if needed else "a run that names no place would need it"
        state: State = "failure" if needed else "warning"
        return Finding(what=what, state=state, told=f"{path} cannot be written: {error.strerror}", hint=hint)
    free = shutil.disk_usage(path).free
    told = f"{path}, {output.size(free)} free"
    if free >= _DISK_BYTES:
        return Finding(what=what, state="ok", told=told)
    return Finding(what=what, state="warning", told=told, hint="make room, or choose another place")


def _temporary() -> Finding:
    """Of the directory where plugins and some sinks put what they need meanwhile."""
    try:
        path = Path(tempfile.gettempdir())
    except FileNotFoundError:
        told = "no directory for temporary files can be written"
        return Finding(what="temporary files", state="failure", told=told, hint="set TMPDIR")
    return _folder("temporary files", path, needed=True)


def _cores() -> Finding:
    """Those that a run takes unless it is told otherwise."""
    from synth.runners.local import LocalConfig, LocalRunner

    return Finding(what="cores", state="ok", told=f"{LocalRunner(LocalConfig(workers=None)).workers}")


def _memory() -> Finding:
    """The machine's, or what a container may have of it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (told := limit.read_text().strip()).isdecimal():
        total = min(total, int(told))
    if total >= _MEMORY_BYTES:
        return Finding(what="memory", state="ok", told=output.size(total))
    hint = "fewer workers and smaller blocks need less: runner.workers=1 block_rows=50000"
    return Finding(what="memory", state="warning", told=output.size(total), hint=hint)
