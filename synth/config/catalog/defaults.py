"""The defaults of a config class as YAML."""

import json
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any


def defaults_of(config: type[Any]) -> dict[str, Any]:
    """Key → default, ``???`` where a key has none."""
    found: dict[str, Any] = {}
    for each in fields(config):
        value: Any = "???" if each.default is MISSING else each.default
        found[each.name] = value if each.default_factory is MISSING else each.default_factory()
    return found


def as_yaml(value: Any) -> str:
    """A default as YAML on one line.

    Raises:
        TypeError: it is no plain data.
    """
    return json.dumps(value, default=_as_plain)


def _as_plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"a default of type {type(value).__name__} is not JSON serializable")
