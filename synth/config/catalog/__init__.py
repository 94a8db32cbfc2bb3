"""Plugins in, one catalog of components out; the only user of pluggy's PluginManager.

A plugin that cannot be loaded, misspells a hook or claims a taken name breaks nobody but the recipe that needs it:
what went wrong is kept here and told when it matters, and by ``synth plugins list``. One whose libraries are missing is
asleep: it is loaded, its choices are listed, and the recipe that uses one is told what to install.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import lru_cache, partial
from importlib import metadata
from pathlib import Path
from types import ModuleType

from synth import __version__
from synth.config import builtin
from synth.config.catalog.asking import ask, ask_installed
from synth.config.catalog.contents import Catalog
from synth.config.catalog.extras import guarded
from synth.config.catalog.modules import (
    find_modules,
    import_path,
    is_disabled,
    is_module_of,
    list_entry_points,
    module_name,
    module_path,
    presets_of,
)
from synth.config.catalog.packages import find_project
from synth.config.catalog.provider import BUILT_IN, HOOKS, Provider, entry_point_of
from synth.config.compose.display import MULTIPLE
from synth.errors import PluginError
from synth.wording import on_one_line

__all__ = ["BUILT_IN", "HOOKS", "MULTIPLE", "Catalog", "Provider", "load_catalog"]


def load_catalog(plugin_files: Sequence[Path] = (), plugins_dirs: Sequence[Path] = ()) -> Catalog:
    """Loads the built-ins, the entry points of group ``synth``, the given modules and those in the given folders.

    ``SYNTH_PLUGINS=a,b`` allows only these entry points, ``SYNTH_DISABLE_PLUGINS=a,b`` leaves these out. What plugins
    print meanwhile goes to stderr.

    Args:
        plugin_files: module files, package folders, and the folders of packages that are not installed.
        plugins_dirs: folders of them; a broken one in there is kept as such.

    Raises:
        PluginError: one of ``plugin_files`` cannot be used, or one of ``plugins_dirs`` holds nothing: the user asked
            for them.
    """
    asked = {module_path(path).absolute(): module_path(path) for path in plugin_files}
    folders = {directory.absolute(): directory for directory in plugins_dirs}.values()
    found = {path.absolute(): path for directory in folders for path in find_modules(directory)}
    loaded = [_load(lambda: builtin, Provider(name="synth", version=__version__, source=BUILT_IN))]
    with redirect_stdout(sys.stderr):
        for point in list_entry_points():
            loaded.append(_refuse_namesake(_load_entry_point(point), loaded))
        for absolute, path in (asked | found).items():
            for provider in _load_path(path, loaded):
                if provider.error and absolute in asked:
                    raise PluginError(f"plugin {path} cannot be used: {provider.error}")
                loaded.append(provider)
    return Catalog(tuple(loaded))


def _load_entry_point(point: metadata.EntryPoint) -> Provider:
    package, version = _name_and_version(point.dist) if point.dist else ("", "")
    source = entry_point_of(package) if package else "entry point"
    provider = Provider(name=point.name, version=version, source=source, point=point)
    if is_disabled(point):
        return replace(provider, disabled=True)
    loaded = _load(point.load, provider)
    specs = ((group, guarded(spec, f"{group}={spec.name}", lambda: loaded.lack)) for group, spec in loaded.specs)
    return replace(loaded, specs=tuple(specs))


@lru_cache(maxsize=128)  # to read them takes most of the time of a catalog; what is installed anew is another object
def _name_and_version(package: metadata.Distribution) -> tuple[str, str]:
    return package.name, package.version


def _load_path(path: Path, loaded: Sequence[Provider]) -> Iterator[Provider]:
    """The plugins at a path: those of a package that is not installed, or the one in a module."""
    try:
        project = find_project(path)
    except PluginError as error:
        yield Provider(name=module_name(path), source=str(path), error=str(error))
        return
    if project is None:
        provider = Provider(name=module_name(path), source=str(path))
        for other in loaded:
            if other.point and other.point.dist and not other.disabled and is_module_of(other.point, path):
                yield replace(provider, error=_installed(other, other.point.dist.name))
                return
        yield _refuse_namesake(_load(lambda: import_path(path), provider, presets_of(path)), loaded)
        return
    for point in project.points:
        provider = Provider(name=point.name, version=project.version, source=str(path))
        if any(o.source == entry_point_of(project.name) and o.name == point.name and not o.disabled for o in loaded):
            yield replace(provider, error=_installed(provider, project.name))
        else:
            yield _refuse_namesake(_load(partial(project.load, point), provider), loaded)


def _installed(provider: Provider, package: str) -> str:
    message = f"package {package!r} is installed, and plugin {provider.name!r} is loaded from there already"
    return f"{message}; leave it out here, or the installed one with SYNTH_DISABLE_PLUGINS={provider.name}"


def _load(load: Callable[[], ModuleType], provider: Provider, presets: Path | None = None) -> Provider:
    """Loads a plugin and asks it; whatever goes wrong becomes its ``error``."""
    try:
        module = load()
        version = provider.version or str(getattr(module, "__version__", ""))
        provider = replace(provider, version=version, api=str(getattr(module, "synth_api", "")))
        asked = (ask_installed if provider.point or provider.source == BUILT_IN else ask)(module, provider)
        if presets is None or not presets.is_file():
            return asked
        from synth.config.catalog.presets import read_presets

        return replace(asked, presets=read_presets(presets, str(Path(provider.source).with_name(presets.name))))
    except PluginError as error:
        message = str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 — a plugin may fail in any way
        message = f"{type(error).__name__}: {error}"
    return replace(provider, error=on_one_line(message))


def _refuse_namesake(provider: Provider, loaded: Sequence[Provider]) -> Provider:
    """A plugin whose name is taken cannot be told from its namesake; one that is not loaded takes no name."""
    namesake = next((o for o in loaded if o.name == provider.name and not (o.disabled or provider.disabled)), None)
    if namesake is None:
        return provider
    message = f"two plugins are named {provider.name!r}: {namesake.source} and {provider.source}; rename one"
    return Provider(name=provider.name, version=provider.version, source=provider.source, error=message)
