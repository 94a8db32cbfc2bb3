"""``synth describe``."""

import argparse
import difflib
import inspect
from typing import Any

from synth.catalog import HOOKS, Catalog, load_catalog
from synth.cli import output
from synth.compose import list_options
from synth.errors import ConfigError, Violation
from synth.events import EVENT_COLUMNS, as_json
from synth.hookspecs import Spec
from synth.recipe import FIXED
from synth.typed import adapter


def main(args: argparse.Namespace) -> int:
    """Explains a kind of the catalog, a fixed part of every recipe, or an event column."""
    catalog = load_catalog(args.plugin)
    name = args.name.rpartition("=")[2]
    found = find(catalog, name, args.name.rpartition("=")[0])
    if found is None:
        groups = list_options(config_dirs=args.config_dir, plugin_roots=catalog.config_roots)
        known = sorted({*names(catalog), *(option.name for options in groups.values() for option in options)})
        for group, options in groups.items():
            for option in options:
                if option.name == name:
                    return output.succeed(
                        args,
                        {"group": group, "summary": option.summary, "file": option.where},
                        f"{group}={name}\n\n{option.summary}\n\n{option.where}",
                    )
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            [Violation(path="", message=f"nothing is named {name!r}", allowed=", ".join(known), hint=hint)]
        )
    return output.succeed(args, found, show(found))


def names(catalog: Catalog) -> list[str]:
    """What can be described."""
    return [*(kind for group in HOOKS for kind in catalog.names(group)), *FIXED, *EVENT_COLUMNS]


def find(catalog: Catalog, name: str, group: str = "") -> dict[str, Any] | None:
    """The description of a name as data."""
    for candidate in [group] if group in HOOKS else HOOKS:
        spec = catalog.find(candidate, name)
        if spec:
            owner = catalog.owner(candidate, name)
            return {"title": f"{candidate} kind {name}, from {owner}", "doc": _doc(spec), "keys": keys_of(spec.config)}
    if name in FIXED:
        return {
            "title": f"{name}, a part of every recipe",
            "doc": inspect.getdoc(FIXED[name]),
            "keys": keys_of(FIXED[name]),
        }
    if name in EVENT_COLUMNS:
        column = as_json(EVENT_COLUMNS[name]) | {"formats": ", ".join(EVENT_COLUMNS[name].formats)}
        return {"title": f"event column {name}", "doc": column["doc"], "column": column}
    return None


def _doc(spec: Spec) -> str:
    """The module's docstring tells the story of a component, its config's that of its settings."""
    module = inspect.getmodule(spec.factory)
    parts = [inspect.getdoc(spec.config)]
    if module and len([c for c in vars(module).values() if inspect.isclass(c) and hasattr(c, "violations")]) <= 4:
        parts.insert(0, inspect.getdoc(module))
    return "\n\n".join(part for part in parts if part)


def keys_of(config: type[Any]) -> list[dict[str, str]]:
    """The keys of a config class, nested ones with dots: name, type and range, one line of doc."""
    schema = adapter(config).json_schema()
    return list(_walk(schema, schema, ""))


def _walk(schema: dict[str, Any], root: dict[str, Any], prefix: str) -> list[dict[str, str]]:
    keys = []
    for name, below in schema.get("properties", {}).items():
        if name == "kind":
            continue
        resolved = _resolve(below, root)
        item = resolved.get("items") or resolved.get("additionalProperties")
        keys.append(
            {
                "key": prefix + name,
                "type": _type(resolved),
                "doc": below.get("description") or resolved.get("description", ""),
            }
        )
        if "properties" in resolved:
            keys += _walk(resolved, root, f"{prefix}{name}.")
        elif isinstance(item, dict):
            keys += _walk(_resolve(item, root), root, f"{prefix}{name}.*.")
    return keys


def _resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = {
            **root["$defs"][schema["$ref"].rpartition("/")[2]],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    return schema


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(str(choice) for choice in schema.get("enum", [schema.get("const")]))
    limits = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    told = [f"{sign} {schema[key]:,}" for key, sign in limits.items() if key in schema]
    kind = {"object": "mapping", "array": "list", "string": "text"}.get(
        schema.get("type", ""), schema.get("type", "one of several")
    )
    return " ".join([kind, ", ".join(told)]).strip()


def show(found: dict[str, Any]) -> str:
    """A description as text."""
    text = f"{found['title']}\n\n{found['doc']}"
    if "keys" in found:
        text += "\n\n" + output.table([[f"  {key['key']}", key["type"], key["doc"]] for key in found["keys"]])
    if "column" in found:
        text += "\n\n" + output.table(
            [[f"  {key}", str(value)] for key, value in found["column"].items() if value != ""]
        )
    return text
