"""Modules that travel with work: those of plugins that were given by file, which no other process could import."""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from synth.errors import RefusedError

#: Top-level module → file below the folder that it stands in → its content.
Carried = dict[str, dict[str, bytes]]

_INIT = "__init__.py"


def carried_modules(names: Iterable[str]) -> Carried:
    """The sources of those modules that Python does not find by itself.

    Raises:
        RefusedError: one has no source, such as what stands in a notebook.
    """
    carried: Carried = {}
    for top in sorted({name.partition(".")[0] for name in names}):
        if top in sys.builtin_module_names and top != "__main__":
            continue
        module = sys.modules.get(top)
        file = getattr(module, "__file__", None)
        if top == "__main__" or module is None:
            message = f"what stands in {top} cannot be made elsewhere: put it into a file, and give it as a plugin"
            raise RefusedError(message)
        if file is None or _is_found(top, Path(file)):
            continue  # a namespace, or installed: then it has to be installed there, too
        carried[top] = _files_of(top, Path(file))
    return carried


def _is_found(name: str, file: Path) -> bool:
    spec = PathFinder.find_spec(name)
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == file.resolve()


def _files_of(name: str, file: Path) -> dict[str, bytes]:
    if file.name != _INIT:
        return {f"{name}.py": file.read_bytes()}
    paths = sorted(path for path in file.parent.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(file.parent).as_posix()}": path.read_bytes() for path in paths}


def import_carried(carried: Mapping[str, Mapping[str, bytes]]) -> None:
    """Puts modules where Python finds them; one that is loaded already is left as it is if it is the same."""
    new = {name: files for name, files in carried.items() if not _is_loaded(name, files)}
    if not new:
        return
    folder = Path(tempfile.mkdtemp(prefix="synth-plugins-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, files in new.items():
        for each, content in files.items():
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            (folder / each).write_bytes(content)
        for loaded in [loaded for loaded in sys.modules if loaded == name or loaded.startswith(f"{name}.")]:
            del sys.modules[loaded]
    sys.path.insert(0, str(folder))


def _is_loaded(name: str, files: Mapping[str, bytes]) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    try:
        return file is not None and dict(files) == _files_of(name, Path(file))
    except OSError:
        return False
