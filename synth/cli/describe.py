"""``synth describe``."""

import argparse
import inspect
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from synth.cli import describing, output, screen
from synth.config.catalog import HOOKS, MULTIPLE, Catalog, load_catalog
from synth.config.compose import Composed, Option, compose, list_options, value_at
from synth.config.recipe import FIXED, FREE, RunConfig
from synth.config.typed import Schema, SelfChecking, in_words, join, resolve, schema_of
from synth.contracts.hookspecs import Spec
from synth.errors import ConfigError, Problem
from synth.tables.column import Column, as_json
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.views import column_of, every_lookup
from synth.wording import nearest

Options = dict[str, list[Option]]


_FREE = f"values of your own that others refer to as ${{{FREE}.name}}, in any file of choices; no part of the data"


def main(args: argparse.Namespace) -> int:
    """Prints an explanation."""
    found = explain(args.topic, load_catalog(args.plugin, args.plugins_dir), args.config_dir)
    return output.succeed(args, found, show(found))


def explain(topic: str, catalog: Catalog, config_dirs: Sequence[Path]) -> dict[str, Any]:
    """What a group, a choice, a kind of the catalog, a part or key of a recipe, or an event column is.

    Raises:
        ConfigError: nothing has that name.
    """
    options = list_options(config_dirs=config_dirs, plugin_roots=catalog.config_roots)
    group, _, name = topic.rpartition("=")
    found = (
        _group(options, name, catalog)
        or find(catalog, name, group)
        or _option(options, name, group, config_dirs, catalog)
        or _own_column(name, config_dirs, catalog)
        or _key(name, config_dirs, catalog)
    )
    if found is None:
        known = sorted({*names(catalog), *options, *(option.name for each in options.values() for option in each)})
        allowed = tuple(each for each in known if "." not in each)
        problem = Problem(path="", message=f"nothing is named {name!r}", allowed=allowed, hint=nearest(name, known))
        raise ConfigError([problem])
    if "choice" in found:
        _add_values(found, options, config_dirs, catalog)
    return found


def names(catalog: Catalog) -> list[str]:
    """What can be described beside groups and options."""
    return [*(kind for group in HOOKS for kind in catalog.names(group)), *FIXED, FREE, *EVENT_COLUMNS, *every_lookup()]


def steps_below(catalog: Catalog, begun: str) -> Iterator[str]:
    """What a config path that is begun may go on with, to the end of its next step; a dot follows where others do.

    Below a list, and below names that are free, nothing is known.
    """
    owners: list[tuple[str, type[Any]]] = [("", RunConfig), *FIXED.items()]
    for group in HOOKS:
        for kind, claims in catalog.kinds[group].items():
            owners.append((f"{group}.{kind}" if group in MULTIPLE else group, claims[0][1].config))
    for owner, config in owners:
        if not begun.startswith(f"{owner}.".lstrip(".")):
            paths: Iterable[str] = [f"{owner}."]  # its keys come later
        else:
            paths = (join(owner, key["key"]) for key in keys_of(config) if "*" not in key["key"])
        for path in paths:
            if path.startswith(begun):
                step, dot, _ = path.removeprefix(begun).partition(".")
                yield begun + step + dot


def find(catalog: Catalog, name: str, group: str = "") -> dict[str, Any] | None:
    """The description of a kind, a fixed part or a column as data."""
    for candidate in [group] if group in HOOKS else HOOKS:
        spec = catalog.find(candidate, name)
        if spec:
            title = f"{candidate} kind {name}, from {catalog.owner(candidate, name)}"
            title = catalog.lack(candidate, name).noted(title)
            return {"title": title, "doc": _doc(spec), "keys": keys_of(spec.config), "choice": [candidate, name]}
    if name in FIXED:
        title = f"{name}, a part of every recipe"
        return {"title": title, "doc": inspect.getdoc(FIXED[name]), "keys": keys_of(FIXED[name]), "choice": [name, ""]}
    if name.partition(".")[0] == FREE:
        return {"title": f"{FREE}, of every recipe", "doc": _FREE}
    if column := column_of(name):
        shown = as_json(column) | {"formats": ", ".join(column.formats)}
        of = "column of an entity that a view can show" if "." in name else "event column"
        return {"title": f"{of} {name}", "doc": column.doc, "column": shown}
    return None


def _group(options: Options, name: str, catalog: Catalog) -> dict[str, Any] | None:
    if name not in options or name in FIXED:
        return None
    several = "takes several at once" if name in MULTIPLE else "takes one"
    rows = {f"{name}={o.name}": catalog.asleep(o.provider).noted(o.summary) for o in options[name]}
    return {"title": f"group {name}", "doc": f"It {several}:", "column": rows}


def _option(
    options: Options, name: str, group: str, config_dirs: Sequence[Path], catalog: Catalog
) -> dict[str, Any] | None:
    for each in [group] if group in options else options:
        for option in options[each]:
            if option.name == name:
                found: dict[str, Any] = {"title": f"{each}={name}, {option.where}", "doc": option.summary}
                if composed := _composed([f"{each}={name}"], config_dirs, catalog):
                    found["chooses"] = {k: v for k, v in describing.chosen_by(option, composed).items() if k != each}
                    found["sets"] = describing.set_by(option, composed)
                return found
    return None


def _composed(overrides: list[str], config_dirs: Sequence[Path], catalog: Catalog) -> Composed | None:
    """A recipe with these choices; None where it cannot be composed, since a key without a default has no value yet."""
    try:
        return compose(overrides, config_dirs=config_dirs, plugin_roots=catalog.config_roots)
    except ConfigError:
        return None


def _own_column(name: str, config_dirs: Sequence[Path], catalog: Catalog) -> dict[str, Any] | None:
    """The description of a column that generators add to events."""
    having: dict[str, Column] = {}
    for kind in catalog.names("generator"):
        composed = _composed([f"generator={kind}"], config_dirs, catalog)
        columns = describing.own_columns(catalog, composed.config["generator"], kind) if composed else ()
        having.update((kind, column) for column in columns if column.name == name)
    if not having:
        return None
    column = next(iter(having.values()))
    shown = as_json(column) | {"formats": ", ".join(column.formats)}
    title = f"event column {name}, of {', '.join(f'generator={kind}' for kind in having)}"
    return {"title": title, "doc": column.doc, "column": shown}


def _key(name: str, config_dirs: Sequence[Path], catalog: Catalog) -> dict[str, Any] | None:
    """The description of a config path, as errors print it."""
    head, *steps = name.split(".")
    chosen = [f"{head}={steps[0]}"] if head in MULTIPLE and steps else []
    composed = _composed(chosen, config_dirs, catalog) or _composed([], config_dirs, catalog)
    config = composed.config if composed else {}
    for whose, cls, wanted in describing.configs_at(name, config, catalog):
        if keys := describing.keys_at(keys_of(cls), wanted):
            if not wanted:
                return {"title": f"{name}, {whose}", "doc": inspect.getdoc(cls), "keys": keys}
            value = value_at(config, name)
            now = {} if value is None or isinstance(value, dict | list) else {"value": json.dumps(value)}
            return {"title": f"key {name}, of {whose}", "doc": keys[0]["doc"], "keys": [keys[0] | now, *keys[1:]]}
    return None


def _add_values(found: dict[str, Any], options: Options, config_dirs: Sequence[Path], catalog: Catalog) -> None:
    """Adds to each key the value that the choice of the same name gives it."""
    group, kind = found.pop("choice")
    if kind and kind not in [option.name for option in options.get(group, [])]:
        return
    composed = _composed([f"{group}={kind}"] if kind else [], config_dirs, catalog)
    if composed is None:
        return
    values = composed.config[group][kind] if group in MULTIPLE else composed.config[group]
    for key in found["keys"]:
        value = values
        for step in key["key"].split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None and not isinstance(value, dict | list):
            key["value"] = json.dumps(value)


def _doc(spec: Spec) -> str:
    """The module's docstring tells the story of a component, its config's that of its settings."""
    module = inspect.getmodule(spec.factory)
    parts = [inspect.getdoc(spec.config)]
    if module and len([c for c in vars(module).values() if inspect.isclass(c) and issubclass(c, SelfChecking)]) <= 4:
        parts.insert(0, inspect.getdoc(module))
    return "\n\n".join(part for part in parts if part)


def keys_of(config: type[Any]) -> list[dict[str, str]]:
    """The keys of a config class, nested ones with dots: name, type and range, one line of doc."""
    schema = schema_of(config)
    return list(_walk(schema, schema, ""))


#: What an option has that has keys of its own.
_DEEP = {"$ref", "additionalProperties", "discriminator"}


def _walk(schema: Schema, root: Schema, prefix: str) -> Iterator[dict[str, str]]:
    if "discriminator" in schema:
        yield from _walk_kinds(schema, root, prefix)
    elif "oneOf" in schema:
        forms = (key for form in schema["oneOf"] for key in _walk(resolve(form, root), root, prefix))
        yield from {key["key"]: key for key in forms}.values()
    for name, below in schema.get("properties", {}).items():
        if name == "kind":
            continue
        here = resolve(below, root)
        yield {"key": prefix + name, "type": in_words(here, root), "doc": here.get("description", "")}
        deep = [option for option in here.get("anyOf", []) if {*option} & _DEEP]
        here = resolve(deep[0], root) if deep else here
        item = here.get("items") or here.get("additionalProperties")
        if "properties" in here or "discriminator" in here:
            yield from _walk(here, root, f"{prefix}{name}.")
        elif isinstance(item, dict):
            yield from _walk(resolve(item, root), root, f"{prefix}{name}.*.")


def _walk_kinds(schema: Schema, root: Schema, prefix: str) -> Iterator[dict[str, str]]:
    """The keys of several kinds, each once; what not all of them have is told with the kinds that have it."""
    refs = schema["discriminator"]["mapping"]
    kinds_of: dict[tuple[str, ...], list[str]] = {}
    for kind, ref in refs.items():
        for key in _walk(resolve({"$ref": ref}, root), root, prefix):
            kinds_of.setdefault(tuple(key.values()), []).append(kind)
    for (name, message, doc), kinds in kinds_of.items():
        yield {"key": name, "type": message, "doc": doc if len(kinds) == len(refs) else f"{', '.join(kinds)}: {doc}"}


def _as_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def show(found: dict[str, Any]) -> str:
    """A description as text."""
    text = screen.fill("\n\n".join(filter(None, [found["title"], found["doc"]])))
    if "keys" in found:
        text += "\n\n" + screen.table(
            [[f"  {key['key']}", key.get("value", ""), key["type"], key["doc"]] for key in found["keys"]]
        )
    if "column" in found:
        text += "\n\n" + screen.table(
            [[f"  {key}", _as_text(value)] for key, value in found["column"].items() if value != ""]
        )
    for what in ("chooses", "sets"):
        if found.get(what):
            text += f"\n\nIt {what}:\n\n" + screen.table([[f"  {key}", value] for key, value in found[what].items()])
    return text
