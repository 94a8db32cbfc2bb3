"""Finds plugins: entry points of installed packages, module files, package folders, and folders that hold some."""

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from synth.config.catalog.loading import INIT, load_module
from synth.config.catalog.packages import ENTRY_POINTS, is_project
from synth.errors import PluginError


def list_entry_points() -> list[metadata.EntryPoint]:
    """Those of group ``synth``, in name order; read anew once the search path, or a folder of it, has changed."""
    return [*_read_entry_points(tuple(map(_state, sys.path)))]


@lru_cache(maxsize=8)
def _read_entry_points(_: tuple[tuple[str, int, int], ...]) -> tuple[metadata.EntryPoint, ...]:
    """Reads a file of each package that is installed, a hundred and more."""
    return tuple(sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name))


def _state(place: str) -> tuple[str, int, int]:
    """A place of the search path, which file it is, and when it changed last; whatever is installed changes it."""
    try:
        found = Path(place).stat()
    except OSError:
        return place, 0, 0
    return place, found.st_ino, found.st_mtime_ns


def is_disabled(point: metadata.EntryPoint) -> bool:
    """Whether ``SYNTH_PLUGINS`` or ``SYNTH_DISABLE_PLUGINS`` leaves an entry point out."""
    allowed, refused = _listed("SYNTH_PLUGINS"), _listed("SYNTH_DISABLE_PLUGINS")
    return point.name in (refused or ()) or (allowed is not None and point.name not in allowed)


def is_module_of(point: metadata.EntryPoint, path: Path) -> bool:
    """Whether a path is the very module that an entry point names."""
    if point.module != module_name(path):
        return False
    spec = find_spec(point.module)
    file = path / INIT if path.is_dir() else path
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == file.resolve()


def _listed(variable: str) -> list[str] | None:
    """The names in a comma-separated environment variable; None when it is not set."""
    value = os.environ.get(variable)
    return None if value is None else [name.strip() for name in value.split(",")]


def find_modules(directory: Path) -> list[Path]:
    """The modules directly in a folder, in name order.

    Raises:
        PluginError: there is no such folder, or it holds no module.
    """
    if not directory.is_dir():
        raise PluginError(f"there is no folder '{directory}' to load plugins from")
    found = sorted(filter(_is_module, directory.iterdir()), key=lambda path: (path.stem, path.name))
    if not found:
        message = (
            f"folder '{directory}' holds no plugin: neither a file *.py nor a folder with {INIT} or a package's project"
        )
        message += ", names that begin with _ or . left out"
        deeper = sorted(str(path) for path in directory.iterdir() if _is_shown(path) and any(_modules_in(path)))
        raise PluginError(message + (f"; there are some in {', '.join(deeper)}" if deeper else ""))
    return found


def _modules_in(directory: Path) -> Iterator[Path]:
    return filter(_is_module, directory.iterdir()) if directory.is_dir() else iter(())


def _is_module(path: Path) -> bool:
    is_file = path.suffix == ".py" and path.is_file()
    return _is_shown(path) and (is_file or (path / INIT).is_file() or is_project(path))


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(("_", "."))


def module_path(path: Path) -> Path:
    """The file or folder that a path stands for: a package's folder where its ``__init__.py`` is named."""
    return path.parent if path.name == INIT else path


def module_name(path: Path) -> str:
    """What the plugin in a file or package folder is called."""
    return path.absolute().name if path.is_dir() else path.stem


def presets_of(path: Path) -> Path:
    """The YAML file that may stand beside a module file or package folder."""
    return path.absolute().with_name(f"{module_name(path)}.yaml")


def import_path(path: Path) -> ModuleType:
    """Loads a module file or a package folder anew, whatever was loaded under its name before.

    Raises:
        PluginError: there is no such module.
        Exception: whatever the module raises.
    """
    if path.is_dir() and not (path / INIT).is_file():
        raise PluginError(f"it is a folder without {INIT}; --plugins-dir loads the modules in a folder")
    return load_module(path, f"synth_plugin_{module_name(path)}")
