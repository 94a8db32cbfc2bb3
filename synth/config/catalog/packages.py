"""Plugins in packages that are not installed: in a project's folder ``pyproject.toml`` says what its plugins are."""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from synth.config.catalog.loading import INIT, load_module
from synth.errors import PluginError
from synth.wording import on_one_line

#: The group of entry points that name plugins of synth.
ENTRY_POINTS = "synth"

_FILE = "pyproject.toml"


@dataclass(frozen=True)
class Project:
    """A folder with a ``pyproject.toml`` that names plugins of synth.

    Attributes:
        name: of the package that it would be installed as.
        version: empty where only a build knows it.
        points: its plugins, in name order.
        needs: the packages that it depends on, as written.
    """

    folder: Path
    name: str
    version: str
    points: tuple[EntryPoint, ...]
    needs: tuple[str, ...]

    def load(self, point: EntryPoint) -> ModuleType:
        """Loads one of its plugins under its own name, as if it were installed.

        Raises:
            PluginError: the module is not where build tools look for it, or needs what is not installed.
            Exception: whatever the module raises.
        """
        top = _top(point)
        bases = (self.folder, self.folder / "src")
        places = [place for base in bases for place in (base / top / INIT, base / f"{top}.py") if place.is_file()]
        if not places:
            message = f"its {_FILE} names the module {top!r}, which is neither in the folder nor in its src"
            raise PluginError(message)
        try:
            again = any(_top(other) == top for other in self.points[: self.points.index(point)]) and top in sys.modules
            if not again and not _finds_by_itself(top, places[0]):
                load_module(places[0].parent if places[0].name == INIT else places[0], top)
            plugin: ModuleType = point.load()
        except ModuleNotFoundError as error:
            if not self.needs or str(error.name).partition(".")[0] == top:
                raise
            raise PluginError(f"{type(error).__name__}: {error}; the package needs {', '.join(self.needs)}") from error
        return plugin


def _top(point: EntryPoint) -> str:
    return point.module.partition(".")[0]


def _finds_by_itself(name: str, place: Path) -> bool:
    """Whether Python imports the module from this very place: it may be loaded already, and in use."""
    spec = PathFinder.find_spec(name)
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == place.resolve()


def find_project(path: Path) -> Project | None:
    """The project in a folder, or the one around a package folder that is a plugin of it; None where there is none.

    Raises:
        PluginError: the folder is a project and no package, and its file cannot be read or names no plugin.
    """
    path = path.absolute()
    if not (path / INIT).is_file():
        return _read(path) if (path / _FILE).is_file() else None
    above = path.parent.parent if path.parent.name == "src" else path.parent
    around = _read_quietly(above)
    own = [point for point in around.points if _top(point) == path.name] if around else []
    return replace(around, points=tuple(own)) if around and own else None


def is_project(path: Path) -> bool:
    """Whether a folder is a project that names plugins."""
    return _read_quietly(path) is not None


def _read_quietly(folder: Path) -> Project | None:
    try:
        return _read(folder) if (folder / _FILE).is_file() else None
    except PluginError:
        return None


def _read(folder: Path) -> Project:
    try:
        project = tomllib.loads((folder / _FILE).read_text(encoding="utf-8")).get("project", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PluginError(f"its {_FILE} cannot be read: {on_one_line(str(error))}") from error
    points = tuple(sorted(_points(project), key=lambda point: point.name))
    if not points:
        raise PluginError(f"its {_FILE} names no plugin: there is no [project.entry-points.{ENTRY_POINTS}]")
    needs = project.get("dependencies", [])
    return Project(
        folder=folder,
        name=str(project.get("name", folder.name)),
        version=str(project.get("version", "")),
        points=points,
        needs=tuple(map(str, needs)) if isinstance(needs, list) else (),
    )


def _points(project: Any) -> Iterator[EntryPoint]:
    groups = project.get("entry-points", {}) if isinstance(project, dict) else {}
    named = groups.get(ENTRY_POINTS, {}) if isinstance(groups, dict) else {}
    for name, value in named.items() if isinstance(named, dict) else ():
        if EntryPoint.pattern.match(str(value)):
            yield EntryPoint(name, str(value), ENTRY_POINTS)
