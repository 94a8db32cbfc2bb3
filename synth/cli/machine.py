"""Checks the installation, the plugins, and the room and cores of the machine for ``synth doctor``."""

import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from synth import __version__
from synth.cli import output
from synth.contracts.preflight import PreflightResult, PreflightState
from synth.errors import ConfigError
from synth.libraries import PACKAGE, installed_version, quoted, requirements

if TYPE_CHECKING:
    from synth.config.catalog import Catalog

#: A run of the default recipe into CSV takes 0.4 GB of a disk, and 0.5 GB of memory: benchmarks/README.md.
_DISK_BYTES, _MEMORY_BYTES = 400e6, 500e6


def look_at_installation() -> Iterator[PreflightResult]:
    """Python, synth, and what the installed package says that it needs."""
    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        yield PreflightResult(what="python", state="ok", message=platform.python_version())
        message = f"{__version__}, not installed: what it needs stands in no package"
        yield PreflightResult(what="synth", state="warning", message=message, hint=_how_to_install())
        return
    yield _version("python", platform.python_version(), str(package.metadata["Requires-Python"] or ""))
    if package.version == __version__:
        yield PreflightResult(what="synth", state="ok", message=__version__)
    else:
        message = f"{__version__} runs, and {package.version} is installed"
        yield PreflightResult(
            what="synth", state="warning", message=message, hint="another copy stands before it on Python's path"
        )
    yield from _requirements(package)


def _how_to_install() -> str:
    """The folder that this very code lies in, where that is a checkout."""
    checkout = Path(__file__).resolve().parents[2]
    return f"pip install -e {checkout}" if (checkout / "pyproject.toml").is_file() else ""


def _requirements(package: metadata.Distribution) -> Iterator[PreflightResult]:
    for needed in requirements(package):
        if version := installed_version(needed.name):
            yield _version(needed.name, version, str(needed.specifier))
        else:
            hint = f"pip install {quoted(needed)}"
            yield PreflightResult(what=needed.name, state="failure", message="is not installed", hint=hint)


def _version(name: str, version: str, wanted: str) -> PreflightResult:
    from packaging.specifiers import SpecifierSet

    if SpecifierSet(wanted).contains(version, prereleases=True):
        return PreflightResult(what=name, state="ok", message=f"{version} ({wanted})" if wanted else version)
    hint = "install another Python" if name == "python" else f"pip install '{name}{wanted}'"
    return PreflightResult(what=name, state="failure", message=f"{version}, and synth needs {wanted}", hint=hint)


def look_at_plugins(catalog: "Catalog") -> Iterator[PreflightResult]:
    """Those that are installed or given, usable or not."""
    from synth.cli.plugins import describe
    from synth.config.catalog import BUILT_IN

    for provider in catalog.providers:
        if provider.source == BUILT_IN:
            continue
        what, source, error = f"plugin {provider.name}", provider.source, describe(catalog, provider)["error"]
        if provider.disabled:
            yield PreflightResult(what=what, state="ok", message=f"left out by the environment, {source}")
        elif error:
            hint = f"mend it, remove it, or leave it out with SYNTH_DISABLE_PLUGINS={provider.name}"
            message = f"cannot be used: {error} ({source})"
            yield PreflightResult(
                what=what, state="failure", message=message, hint=hint if "entry point" in source else ""
            )
        elif provider.lack:
            message, cure = f"asleep: {provider.lack.what} ({source})", provider.lack.cure
            yield PreflightResult(what=what, state="ok", message=message, hint=cure)
        else:
            yield PreflightResult(what=what, state="ok", message=" ".join(filter(None, (provider.version, source))))


def look_at_extras() -> Iterator[PreflightResult]:
    """What the package offers beside its plugins, each of which names its own: the libraries of a command."""
    from synth.config.catalog.extras import lack_of

    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        return
    of_plugins = {extra for point in package.entry_points for extra in point.extras}
    needs = {
        extra: {needed.name for needed in requirements(package, [extra])}
        for extra in package.metadata.get_all("Provides-Extra") or ()
    }
    for extra, names in needs.items():
        gathers_others = any(others < names for others in needs.values())
        if extra in of_plugins or gathers_others:
            continue
        if lack := lack_of(package, [extra]):
            yield PreflightResult(what=f"extra {extra}", state="ok", message=f"asleep: {lack.what}", hint=lack.cure)
        else:
            message = ", ".join(f"{name} {installed_version(name)}" for name in sorted(names))
            yield PreflightResult(what=f"extra {extra}", state="ok", message=message)


def look_at_choices(catalog: "Catalog", config_dirs: Sequence[Path]) -> Iterator[PreflightResult]:
    """The folders in which choices are searched for before the built-in ones, and the built-in files that they hide."""
    from synth.config.compose import Folder, find_shadows, search_roots, unsearched_folder

    try:
        roots = search_roots(config_dirs, catalog.config_roots)
    except ConfigError as error:
        for each in error.problems:
            yield PreflightResult(what=f"choices {each.where}", state="failure", message=each.line)
        return
    for root in roots:
        if isinstance(root, Folder) and not root.provider:
            yield PreflightResult(what=f"choices {root.label}", state="ok", message="searched before the built-in ones")
    for label, other in find_shadows(roots).items():
        yield PreflightResult(what=f"choices {label}", state="warning", message=f"shadows {other}")
    if reason := unsearched_folder(roots):
        yield PreflightResult(what="choices conf", state="ok", message=f"not searched: {reason}")


def look_at_machine(*, runs_here: bool) -> Iterator[PreflightResult]:
    """Where files go, and what there is to work with.

    Args:
        runs_here: whether a run is to write below the working directory.
    """
    yield _folder("working directory", Path.cwd(), needed=runs_here)
    yield _temporary()
    yield _cores()
    yield _memory()


def _folder(what: str, path: Path, *, needed: bool) -> PreflightResult:
    """Of a directory that is written to."""
    try:
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        hint = "choose another one" if needed else "a run that names no place would need it"
        state: PreflightState = "failure" if needed else "warning"
        return PreflightResult(what=what, state=state, message=f"{path} cannot be written: {error.strerror}", hint=hint)
    free = shutil.disk_usage(path).free
    message = f"{path}, {output.size(free)} free"
    if free >= _DISK_BYTES:
        return PreflightResult(what=what, state="ok", message=message)
    return PreflightResult(what=what, state="warning", message=message, hint="make room, or choose another place")


def _temporary() -> PreflightResult:
    """Of the directory where plugins and some sinks put what they need meanwhile."""
    try:
        path = Path(tempfile.gettempdir())
    except FileNotFoundError:
        message = "no directory for temporary files can be written"
        return PreflightResult(what="temporary files", state="failure", message=message, hint="set TMPDIR")
    return _folder("temporary files", path, needed=True)


def _cores() -> PreflightResult:
    """Those that a run takes by default."""
    from synth.runners.local import LocalConfig, LocalRunner

    return PreflightResult(what="cores", state="ok", message=f"{LocalRunner(LocalConfig(workers=None)).workers}")


def _memory() -> PreflightResult:
    """The machine's, or what a container may have of it."""
    from synth.engine.memory import machine_bytes

    total = machine_bytes()
    if total >= _MEMORY_BYTES:
        return PreflightResult(what="memory", state="ok", message=output.size(total))
    hint = "fewer workers and smaller blocks need less: runner.workers=1 block_rows=50000"
    return PreflightResult(what="memory", state="warning", message=output.size(total), hint=hint)
