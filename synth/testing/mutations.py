"""Values that a config must refuse, derived from its JSON Schema."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from synth.config.typed import Schema, join, resolve


@dataclass(frozen=True)
class Mutation:
    """One wrong value.

    Attributes:
        path: dotted path below the component.
        value: what is wrong there.
        wrong: what is wrong about it.
    """

    path: str
    value: Any
    wrong: str


def unknown_keys(schema: Schema, data: Any) -> Iterator[Mutation]:
    """A key too many in each mapping that has its keys declared."""
    yield Mutation("no_such_key", 1, "an unknown key")
    for path, options, value in _leaves(schema, schema, data, ""):
        if isinstance(value, dict) and "properties" in _fitting(options, value):
            yield Mutation(join(path, "no_such_key"), 1, "an unknown key")


def wrong_types(schema: Schema, data: Any) -> Iterator[Mutation]:
    """A value of another type for each key: a text that looks like a number for a number, a number for a text."""
    for path, options, value in _leaves(schema, schema, data, ""):
        types = {option.get("type") for option in options}
        if types & {"object", "array"} and isinstance(value, dict | list):
            yield Mutation(path, "text", "a text")
        elif types & {"integer", "number", "boolean"} and "string" not in types:
            yield Mutation(path, str(value), "a text")
        elif types and not types & {"integer", "number"}:
            yield Mutation(path, 7, "a number")


def out_of_range(schema: Schema, data: Any) -> Iterator[Mutation]:
    """A value beyond each limit of each key."""
    for path, options, _ in _leaves(schema, schema, data, ""):
        fitting = [option for option in options if option.get("type") != "null"]
        if len(fitting) == 1:
            for value, wrong in _beyond(fitting[0]):
                yield Mutation(path, value, wrong)


def _beyond(option: Schema) -> Iterator[tuple[Any, str]]:
    step = 1 if option.get("type") == "integer" else 1e-9
    for key, sign in (("minimum", -1), ("maximum", 1)):
        if key in option:
            limit = option[key]
            yield limit + sign * max(step, abs(limit) * step), f"beyond its {key} {limit}"
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        if key in option:
            yield option[key], f"at its {key}"
    if "enum" in option:
        yield "no such choice", "none of its choices"
    if option.get("type") == "string" and option.get("minLength"):
        yield "", "an empty text"
    if option.get("type") == "array" and option.get("minItems"):
        yield [], "an empty list"
    if option.get("type") == "object" and option.get("minProperties"):
        yield {}, "an empty mapping"


def _leaves(schema: Schema, root: Schema, data: Any, path: str) -> Iterator[tuple[str, list[Schema], Any]]:
    """(path, what may stand there, what stands there) of every key, mappings and lists included.

    Of the entries of a list, or of a mapping whose keys are free, one of each kind stands for the others.
    """
    schema = resolve(schema, root)
    options = [resolve(option, root) for option in schema.get("oneOf") or schema.get("anyOf") or [schema]]
    if path and not path.endswith("kind"):
        yield path, options, data
    here = _fitting(options, data)
    named = here.get("properties", {})
    if isinstance(data, dict):
        for key in named:
            if key in data:
                yield from _leaves(named[key], root, data[key], join(path, key))
    free = here.get("items") if isinstance(data, list) else here.get("additionalProperties")
    if isinstance(free, dict):
        entries = enumerate(data) if isinstance(data, list) else data.items()
        for key, value in _one_of_each_kind((key, value) for key, value in entries if key not in named):
            yield from _leaves(free, root, value, join(path, str(key)))


def _one_of_each_kind(entries: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    seen = set()
    for key, value in entries:
        kind = value.get("kind") if isinstance(value, dict) else None
        if kind not in seen:
            seen.add(kind)
            yield key, value


def _fitting(options: list[Schema], data: Any) -> Schema:
    kind = data.get("kind") if isinstance(data, dict) else None
    chosen = [o for o in options if kind and o.get("properties", {}).get("kind", {}).get("const") == kind]
    return (chosen or [o for o in options if "properties" in o or "items" in o] or options)[0]


def mutated(data: Any, mutation: Mutation) -> Any:
    """A copy of plain data with the wrong value in its place."""

    def put(here: Any, steps: list[str]) -> Any:
        if not steps:
            return mutation.value
        if isinstance(here, list):
            return [put(each, steps[1:]) if str(i) == steps[0] else each for i, each in enumerate(here)]
        return {**here, steps[0]: put(here.get(steps[0]), steps[1:])}

    return put(data, mutation.path.split("."))
