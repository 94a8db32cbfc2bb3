"""Which folders of the working directory are synth's: those that say so, for other projects have a ``conf``, too."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from synth.config.compose.sources import Folder
from synth.errors import ConfigError, Problem
from synth.wording import in_yaml, nearest

#: The folder that its own marker makes one of synth's.
USUAL = "conf"

#: An empty file of this name says that a folder is synth's.
MARKER = ".synth"

PROJECT = "pyproject.toml"
_TABLE, _KEY = "tool.synth", "config_dirs"


def own_folders() -> list[Path]:
    """Those that ``pyproject.toml`` names, in its order, then ``conf`` where it is marked.

    Raises:
        ConfigError: ``[tool.synth]`` cannot be read, or names what is no folder.
    """
    named = _read_project()
    return [*named, *([Path(USUAL)] if Path(USUAL, MARKER).is_file() else [])]


def _read_project() -> list[Path]:
    """The folders of ``[tool.synth]``; a file that does not speak of synth is none of its business."""
    path = Path(PROJECT)
    try:
        data = path.read_bytes() if path.is_file() else b""
        project = _parse(data) if b"synth" in data else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([Problem(path="", message=f"cannot read the file: {error}", where=PROJECT)]) from error
    tool = project.get("tool", {})
    table = tool.get("synth", {}) if isinstance(tool, dict) else {}
    problems = list(_check_table(table))
    if problems:
        raise ConfigError(problems)
    return [Path(name) for name in table.get(_KEY, ())]


@lru_cache(maxsize=4)
def _parse(data: bytes) -> dict[str, Any]:
    return tomllib.loads(data.decode())


def _check_table(table: Any) -> Iterator[Problem]:
    if not isinstance(table, dict):
        yield Problem(path=_TABLE, message=f"{_TABLE} is {in_yaml(table)}", where=PROJECT, allowed=("a table",))
        return
    for key in table:
        if key != _KEY:
            hint = nearest(key, [_KEY])
            yield Problem(
                path=f"{_TABLE}.{key}",
                message=f"unknown key '{_TABLE}.{key}'",
                where=PROJECT,
                allowed=(_KEY,),
                hint=hint,
            )
    path, names = f"{_TABLE}.{_KEY}", table.get(_KEY, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        yield Problem(path=path, message=f"{path} is {in_yaml(names)}", where=PROJECT, allowed=("a list of folders",))
        return
    for name in names:
        if not Path(name).is_dir():
            yield Problem(path=path, message=f"no directory '{name}'", where=f"{PROJECT}: {path}")


def unsearched_hint(config_path: str) -> str:
    """What to do for an option or group that only a ``conf`` has which does not say that it is synth's."""
    steps = config_path.split("/")
    if steps[0] == "hydra" or any(step in ("", ".", "..") for step in steps):
        return ""
    folder = Folder(path=Path(USUAL), label=USUAL)
    found = folder.written(config_path).label if folder.is_config(config_path) else f"{USUAL}/{config_path}"
    is_there = folder.is_config(config_path) or folder.is_group(config_path)
    return f"{found} is not searched: {unsearched_reason()}" if is_there else ""


def unsearched_reason() -> str:
    """Why ``conf`` is not searched, and the cure."""
    return f"'{USUAL}' does not say that it is synth's; touch {USUAL}/{MARKER}, or --config-dir {USUAL}"
