"""Plain data in, one typed config object out, or everything that is wrong with it in words."""

import dataclasses
import json
import re
import typing
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from synth.errors import Problem
from synth.wording import counted, hide_secrets, in_yaml, is_secret, nearest

Schema = dict[str, Any]


@runtime_checkable
class SelfChecking(Protocol):
    """A config class that may be wrong although each of its fields is right."""

    def problems(self) -> Iterator[Problem]:
        """Yields what the ranges of the fields cannot say, with paths below the config's own."""


def read_config(path: str, config: type[Any], data: Any) -> tuple[Any, list[Problem]]:
    """A config object and no problems, or None and what is wrong.

    Args:
        path: dotted config path of ``data``, for the messages.
        config: a standard dataclass.
    """
    try:
        typed = adapter(config).validate_json(json.dumps(data))
    except ValidationError as error:
        schema = schema_of(config)
        found = [_explain(path, schema, data, complaint) for complaint in error.errors(include_url=False)]
        # a value that fits none of several types is complained about once a type
        return None, list({problem.path: problem for problem in reversed(found)}.values())[::-1]
    own = typed.problems() if isinstance(typed, SelfChecking) else ()
    found = [problem.below(path).with_path_in_message() for problem in own]
    return (None if found else typed), found


def adapter(config: type[Any]) -> TypeAdapter[Any]:
    """A strict validator of a config class that refuses unknown keys, in nested classes, too.

    It takes JSON: in strict mode pydantic builds a standard dataclass from a JSON object, not from a dict.
    """
    return _make_adapter(config)  # type: ignore[arg-type]  # mypy takes no class for hashable


@lru_cache(maxsize=256)  # to make one takes longer than all that it does; a plugin that is loaded anew has new classes
def _make_adapter(config: type[Any]) -> TypeAdapter[Any]:
    for nested in _dataclasses_in(config):
        nested.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(config)


def schema_of(config: type[Any]) -> Schema:
    """The JSON Schema of a config class; empty where it has none."""
    try:
        return adapter(config).json_schema()
    except PydanticUserError:  # a plugin's type may have none
        return {}


def _dataclasses_in(annotation: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        yield annotation
        for inner in typing.get_type_hints(annotation, include_extras=True).values():
            yield from _dataclasses_in(inner)
    else:
        for inner in typing.get_args(annotation):
            yield from _dataclasses_in(inner)


def _holds(data: Any, step: Any) -> bool:
    return step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))


def _steps_in(data: Any, loc: tuple[Any, ...], *, missing: bool) -> list[Any]:
    """The config path of a pydantic location, without the union tags that pydantic puts in between."""
    steps: list[Any] = []
    for i, step in enumerate(loc):
        if _holds(data, step):
            data = data[step]
            steps.append(step)
        elif missing and i == len(loc) - 1:
            steps.append(step)
    return steps


def _explain(path: str, schema: Schema, data: Any, complaint: Any) -> Problem:
    """One pydantic error in our words; what is allowed comes from the schema, whatever pydantic complains about."""
    missing = complaint["type"].startswith("missing")
    steps, value, reason = _steps_in(data, complaint["loc"], missing=missing), complaint["input"], complaint["msg"]
    below = _schema_at(schema, schema, data, steps)
    if complaint["type"].startswith("union_tag") and "discriminator" in below:
        tag, kinds = below["discriminator"]["propertyName"], below["discriminator"]["mapping"]
        below, steps = {"enum": list(kinds)}, [*steps, tag]
        missing, value = tag not in value, value.get(tag)
    full = join(path, ".".join(map(str, steps)))
    if complaint["type"] == "unexpected_keyword_argument":
        properties = _schema_at(schema, schema, data, steps[:-1], inside=True).get("properties", {})
        known = [key for key in properties if key != "kind"]
        if steps[-1] in known:  # of another form than the one that the other keys choose
            message = f"{full!r} does not go with the keys beside it"
            return Problem(path=full, message=message, hint="leave it or the others out")
        hint = nearest(str(steps[-1]), known)
        return Problem(path=full, message=f"unknown key {full!r}", allowed=tuple(known), hint=hint)
    words, doc = in_words(below, schema), below.get("description", "")
    hint = _hint(value, words)
    if missing:
        head = doc.partition(";")[0]
        allowed = allowed_by(below, schema)
        return Problem(path=full, message=f"{full} is missing" + (f": {head}" if head else ""), allowed=allowed)
    if complaint["type"] in ("value_error", "assertion_error") or not words:
        allowed = (reason.partition(", ")[2] or reason,)
        hint = _hint(value, allowed[0])
    elif doc and (words.startswith("text") or words == "null"):
        allowed = (f"{words}: {doc}",)
    else:
        allowed = allowed_by(below, schema)
    shown = "***" if any(is_secret(str(step)) for step in steps) else hide_secrets(in_yaml(value))
    return Problem(path=full, message=f"{full} is {shown}", allowed=allowed, hint=hint)


def _hint(value: Any, allowed: str) -> str:
    """The next step from a value to one that is allowed; nothing where none is near."""
    if isinstance(value, str):
        number = re.fullmatch(r"[+-]?[\d_]*\.?\d+(e[+-]?\d+)?", value, re.IGNORECASE)
        choices = [choice for choice in re.findall("'([^']+)'", allowed) if choice != value]
        return "drop the quotes" if number and "number" in allowed else nearest(value, choices)
    if isinstance(value, float) and value.is_integer() and "whole number" in allowed:
        return f"write {int(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool) and allowed.startswith("text"):
        return f'quote it: "{value}"'
    return ""


def resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _schema_at(schema: Schema, root: Schema, data: Any, steps: list[Any], *, inside: bool = False) -> Schema:
    """The schema of the value at the end of the steps; of several kinds the one that the data choose.

    Args:
        inside: whether the last value's own kind is to be chosen, too.
    """
    for step in steps:
        here = _chosen(schema, root, data)
        schema = here.get("properties", {}).get(step) or here.get("items") or here.get("additionalProperties") or {}
        data = data[step] if _holds(data, step) else None
    return _chosen(schema, root, data) if inside else resolve(schema, root)


def _chosen(schema: Schema, root: Schema, data: Any) -> Schema:
    schema = resolve(schema, root)
    options = [resolve(option, root) for option in schema.get("oneOf") or schema.get("anyOf") or []]
    kind = data.get("kind") if isinstance(data, dict) else None
    fitting = [o for o in options if kind and o.get("properties", {}).get("kind", {}).get("const") == kind]
    mappings = [o for o in options if "properties" in o or "items" in o]
    if isinstance(data, dict):  # the one that knows most of its keys; the first one of several
        mappings.sort(key=lambda o: -len({*data} & {*o.get("properties", ())}))
    return (fitting or mappings or options or [schema])[0]


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_SIZES = {"string": ("Length", "character"), "array": ("Items", "item"), "object": ("Properties", "key")}


def allowed_by(schema: Schema, root: Schema | None = None) -> tuple[str, ...]:
    """The same for an error: choices one by one."""
    resolved = resolve(schema, root or schema)
    if "enum" in resolved:
        choices = resolved["enum"]
        return tuple(c if isinstance(c, str) and c.isidentifier() else in_yaml(c) for c in choices)
    words = in_words(schema, root)
    return (words,) if words else ()


def in_words(schema: Schema, root: Schema | None = None) -> str:
    """What a JSON Schema, a part of another one, allows, in YAML's words; empty where it says nothing."""
    root = root or schema
    schema = resolve(schema, root)
    options = schema.get("oneOf") or schema.get("anyOf") or []
    if "discriminator" in schema:
        tag = schema["discriminator"]
        return f"a mapping whose {tag['propertyName']} is {_either(tag['mapping'])}"
    if options:
        return " or ".join(dict.fromkeys(in_words(option, root) for option in options))
    if "enum" in schema or "const" in schema:
        return _either(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "")
    if "properties" in schema:
        return f"a mapping with {', '.join(schema['properties'])}"
    words = _TYPES.get(kind, "") + (f" ({schema['format']})" if "format" in schema else "")
    words += f" that matches {schema['pattern']}" if "pattern" in schema and "description" not in schema else ""
    words += f", a multiple of {schema['multipleOf']}" if "multipleOf" in schema else ""
    if kind in _SIZES:
        size, thing = _SIZES[kind]
        least, most = schema.get(f"min{size}"), schema.get(f"max{size}")
        if least is not None and most is not None:
            return f"{words} of {least:,} to {counted(most, thing)}"
        sides = {"at least": least, "at most": most}
        return words + "".join(f" of {name} {counted(n, thing)}" for name, n in sides.items() if n is not None)
    keys = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
    low, above, high, below = (schema.get(key) for key in keys)
    if kind == "integer":
        low, above = (low if above is None else above + 1), None
        high, below = (high if below is None else below - 1), None
    limits = _limits(low, above, high, below)
    return f"{words} {limits}".replace(" ,", ",").strip()


def _limits(low: Any, above: Any, high: Any, below: Any) -> str:
    """``from 1 to 10``; or each limit by itself: ``above 0, at most 0.5``."""
    if low is not None and high is not None:
        return f"from {_count(low)} to {_count(high)}"
    named: dict[str, Any] = {", at least": low, "above": above, ", at most": high, ", below": below}
    return "".join(f"{name} {_count(limit)}" for name, limit in named.items() if limit is not None)


def _count(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.15g}"


def _either(choices: Iterable[Any]) -> str:
    *others, last = map(in_yaml, choices)
    return f"{', '.join(others)} or {last}" if others else last


def join(path: str, below: str) -> str:
    """A dotted path below another; either may be empty."""
    return f"{path}.{below}".strip(".")
