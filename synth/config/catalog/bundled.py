"""The choices of the plugins that come with synth, found without loading any plugin: completion has no time for it."""

from importlib.util import find_spec
from pathlib import Path

from synth.config.catalog.modules import is_disabled, list_entry_points
from synth.config.compose.roots import PluginRoot
from synth.libraries import PACKAGE


def bundled_roots() -> list[PluginRoot] | None:
    """The folder ``conf`` of each plugin that comes with synth and has one; None where others are installed, too."""
    points = [point for point in list_entry_points() if not is_disabled(point)]
    if any(point.dist is None or point.dist.name != PACKAGE for point in points):
        return None
    found = []
    for point in points:
        spec = find_spec(point.module)
        folders = [Path(each) / "conf" for each in (spec and spec.submodule_search_locations) or ()]
        found += [PluginRoot(provider=point.name, place=str(folder)) for folder in folders if folder.is_dir()]
    return found
