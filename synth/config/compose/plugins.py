"""The launchers and sweepers that are installed, loaded one by one: a broken one is named, and the others work."""

import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton

from synth.wording import on_one_line

_NAMESPACE = "hydra_plugins"


def load_hydra_plugins() -> tuple[Plugins, list[str]]:
    """Hydra's register of plugins, and a line for each module that cannot be loaded.

    Hydra 1.3 gives up at the first module that fails with anything but an ImportError.
    """
    if Plugins in Singleton._instances:
        return Plugins.instance(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hydra says of some broken modules so, on many lines
        broken = dict(_broken_modules())
        with _hidden(broken):
            plugins = Plugins.instance()
    return plugins, [f"the Hydra plugin {name} cannot be loaded and is left out: {why}" for name, why in broken.items()]


def _broken_modules() -> Iterator[tuple[str, str]]:
    try:
        namespace = importlib.import_module(_NAMESPACE)
    except ImportError:
        return
    skipped: list[str] = []
    for found in pkgutil.walk_packages(namespace.__path__, f"{_NAMESPACE}.", onerror=skipped.append):
        if found.name.rpartition(".")[2].startswith("_"):
            continue  # Hydra loads none of these
        try:
            importlib.import_module(found.name)
        except Exception as error:  # noqa: BLE001 — other people's code may fail in any way
            yield found.name, on_one_line(f"{type(error).__name__}: {error}")


@contextmanager
def _hidden(modules: dict[str, str]) -> Iterator[None]:
    """Hydra passes over a module that Python believes not to be there."""
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]  # None is Python's own mark for that
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
