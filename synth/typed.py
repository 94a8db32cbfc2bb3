"""Plain data in, one typed config object out, or everything that is wrong with it in words."""

import dataclasses
import difflib
import json
import re
import typing
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError


class Finding(NamedTuple):
    """One thing that is wrong: its config path, what is wrong, what is allowed, and the nearest match."""

    path: str
    message: str
    allowed: str
    hint: str


def read_config(path: str, config: type[Any], data: Any) -> tuple[Any, list[Finding]]:
    """A config object and no findings, or None and what is wrong.

    Args:
        path: dotted config path of ``data``, for the messages.
        config: a standard dataclass.
    """
    try:
        return adapter(config).validate_json(json.dumps(data)), []
    except ValidationError as error:
        return None, [_explain(path, config, data, problem) for problem in error.errors(include_url=False)]


def adapter(config: type[Any]) -> TypeAdapter[Any]:
    """A strict validator of a config class that refuses unknown keys, in nested classes, too.

    It takes JSON: in strict mode pydantic builds a standard dataclass from a JSON object, not from a dict.
    """
    for nested in _dataclasses_in(config):
        nested.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(config)


def _dataclasses_in(annotation: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(annotation):
        yield annotation
        for inner in typing.get_type_hints(annotation, include_extras=True).values():
            yield from _dataclasses_in(inner)
    else:
        for inner in typing.get_args(annotation):
            yield from _dataclasses_in(inner)


def _steps_in(data: Any, loc: tuple[Any, ...]) -> list[Any]:
    """The config path of a pydantic location, without the union tags that pydantic puts in between."""
    steps: list[Any] = []
    for i, step in enumerate(loc):
        inside = (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int))
        if inside:
            data = data[step]
        elif i < len(loc) - 1:
            continue
        steps.append(step)
    return steps


def _config_at(config: Any, data: Any, steps: list[Any]) -> Any:
    """The dataclass that describes the mapping that holds the last step."""
    here = config
    for step in steps[:-1]:
        data = data[step]
        hints = typing.get_type_hints(here, include_extras=True) if dataclasses.is_dataclass(here) else {}
        inner = hints.get(step, here)
        candidates = list(_dataclasses_in(inner)) if inner is not here else [here]
        kinds = [c for c in candidates if isinstance(data, dict) and data.get("kind") == _kind(c)]
        here = (kinds or candidates or [here])[0]
    return here


def _kind(config: Any) -> Any:
    found = config.__dataclass_fields__.get("kind")
    return found.default if found else None


def _explain(path: str, config: Any, data: Any, problem: Any) -> Finding:
    """One pydantic error in our words."""
    steps = _steps_in(data, problem["loc"])
    full = join(path, ".".join(map(str, steps)))
    if problem["type"] == "unexpected_keyword_argument":
        known = [f.name for f in dataclasses.fields(_config_at(config, data, steps)) if f.name != "kind"]
        return Finding(full, f"unknown key {full!r}", ", ".join(known), nearest(str(steps[-1]), known))
    if problem["type"].startswith("missing"):
        return Finding(full, f"{full} is missing", _doc_of(_config_at(config, data, steps), str(steps[-1])), "")
    allowed = re.sub(r"^\w+ should (be |have |match )?", "", problem["msg"])
    choices = re.findall(r"'([^']+)'", allowed) if problem["type"] == "literal_error" else []
    value = problem["input"]
    shown = repr(value) if not isinstance(value, dict | list) else f"{type(value).__name__} {json.dumps(value)[:60]}"
    return Finding(full, f"{full} is {shown}", allowed, nearest(str(value), choices))


def _doc_of(config: Any, key: str) -> str:
    """The one-line doc of a field."""
    hint = typing.get_type_hints(config, include_extras=True).get(key)
    docs = (getattr(extra, "description", None) for extra in getattr(hint, "__metadata__", ()))
    return next((str(doc) for doc in docs if doc), "")


def join(path: str, below: str) -> str:
    """A dotted path below another; either may be empty."""
    return f"{path}.{below}".strip(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean 'ratio'?``, or nothing where nothing is near."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]!r}?" if near else ""
