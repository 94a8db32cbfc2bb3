"""Loads a module from where it lies, whatever was loaded under its name before."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from synth.errors import PluginError

INIT = "__init__.py"


def load_module(path: Path, name: str) -> ModuleType:
    """Loads a module file or a package folder anew.

    Args:
        name: under which it is known then.

    Raises:
        PluginError: there is no such module.
        Exception: whatever the module raises; nothing of it stays loaded.
    """
    file = path / INIT if path.is_dir() else path
    within = [str(path.absolute())] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file.absolute(), submodule_search_locations=within)
    if spec is None or spec.loader is None or not file.is_file():
        raise PluginError("there is no such Python file")
    forget(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        forget(name)
        raise
    return module


def forget(name: str) -> None:
    """Lets go of a module and of those inside of it, as far as they are loaded."""
    for loaded in _family(name):
        del sys.modules[loaded]


def _family(name: str) -> Sequence[str]:
    return [loaded for loaded in sys.modules if loaded == name or loaded.startswith(f"{name}.")]
