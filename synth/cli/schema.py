"""``synth schema``."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from synth.cli import output
from synth.cli.list import require_group
from synth.config.catalog import HOOKS, MULTIPLE, Catalog, load_catalog
from synth.config.compose import list_options
from synth.config.recipe import FIXED, FREE, RunConfig
from synth.config.typed import adapter

#: What a composed configuration is called here; all else is a group, whose files people write.
COMPOSED = "config"

#: The group whose files speak of all the others.
_WHOLE = "experiment"

#: Part of each address: a schema that refuses what an earlier one took has the next number.
_FORM = 1

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

#: A value that Hydra fills in; it may stand for any other.
_FILLED = {"type": "string", "pattern": r"\$\{", "description": "filled in, e.g. ${vars.name} or ${oc.env:NAME}"}

_DEFAULTS = {
    "type": "array",
    "description": "what the file builds on, and what it chooses",
    "items": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}}]
                },
            },
        ]
    },
}


def main(args: argparse.Namespace) -> int:
    """Prints the JSON Schema of a composed configuration, or of the files of a group, for editors and other tools."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    schema = config_schema(catalog)
    if args.what != COMPOSED:
        require_group(
            args.what, [COMPOSED, *list_options(config_dirs=args.config_dir, plugin_roots=catalog.config_roots)]
        )
        schema = file_schema(args.what, schema)
    if args.json:
        return output.succeed(args, schema, "")
    output.say(json.dumps(schema, indent=1))
    return 0


def config_schema(catalog: Catalog) -> dict[str, Any]:
    """One schema over all kinds of the catalog; each kind's own definitions are below ``$defs``."""
    definitions: dict[str, Any] = {}
    top = _define(adapter(RunConfig).json_schema(), definitions)
    properties = dict(top["properties"])
    for name, config in FIXED.items():
        properties[name] = _define(adapter(config).json_schema(), definitions)
    for group in HOOKS:
        kinds = []
        for kind in catalog.names(group):
            spec = catalog.find(group, kind)
            if spec:
                definitions[f"{group}.{kind}"] = _required_kind(
                    _define(adapter(spec.config).json_schema(), definitions)
                )
                kinds.append({"$ref": f"#/$defs/{group}.{kind}"})
        properties[group] = (
            {"additionalProperties": {"oneOf": kinds}, "type": "object"} if group in MULTIPLE else {"oneOf": kinds}
        )
    properties[FREE] = {"type": "object", "description": "values that others refer to as ${vars.name}"}
    return {
        "$schema": _DRAFT,
        "$id": _address(COMPOSED),
        "title": "synth configuration",
        "type": "object",
        "properties": properties,
        "required": sorted(set(properties) - {"scenario", FREE}),
        "additionalProperties": False,
        "$defs": definitions,
    }


def file_schema(group: str, composed: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the files of a group, as people write them: no key has to be there, any value may be filled in.

    Args:
        composed: as ``config_schema`` has it.
    """
    definitions = {name: _as_written(each) for name, each in composed["$defs"].items()} | {"filled": _FILLED}
    if group == _WHOLE:
        files = [_as_written(dict(composed))]
        files[0]["properties"] |= {"hydra": {"type": "object"}}
    elif group in HOOKS:
        files = [each for name, each in definitions.items() if name.startswith(f"{group}.")]
    else:
        files = [_as_written(composed["properties"][group])]
    files = [each | {"properties": each["properties"] | {"defaults": _DEFAULTS}} for each in files]
    return {
        "$schema": _DRAFT,
        "$id": _address(group),
        "title": f"a file of synth's group {group}",
        "type": "object",
        "anyOf": files,
        "$defs": {name: definitions[name] for name in sorted(_referred(files, definitions))},
    }


def _referred(schema: Any, definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that a schema leads to."""
    found: set[str] = set()
    rest = [schema]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in found:
                found.add(name)
                rest.append(definitions[name])
        rest += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found


def _address(what: str) -> str:
    return f"urn:synth:schema:{what}:{_FORM}"


#: Keywords of JSON Schema whose values are schemas, lists of them, or schemas by name.
_ONE, _SEVERAL, _NAMED = ("additionalProperties", "items"), ("anyOf", "oneOf", "allOf", "prefixItems"), "properties"


def _as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of composed values as one of a file, which says some of them and leaves others to be filled in."""
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("required", "discriminator", "$defs", "$id", "$schema"):
            continue
        if key in _ONE and isinstance(value, dict):
            made[key] = _or_filled(value)
        elif key in _SEVERAL:
            made["anyOf" if key == "oneOf" else key] = [_as_written(each) for each in value]
        elif key == _NAMED:
            made[key] = {name: _or_filled(each) for name, each in value.items()}
        else:
            made[key] = value
    return made


def _or_filled(schema: dict[str, Any]) -> dict[str, Any]:
    told = {key: schema[key] for key in ("description", "title") if key in schema}
    return told | {"anyOf": [_as_written(schema), {"$ref": "#/$defs/filled"}]}


def _define(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Moves a schema's own definitions into the common ones."""
    definitions.update(schema.pop("$defs", {}))
    return schema


def _required_kind(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"required": sorted({*schema.get("required", []), "kind"})}
