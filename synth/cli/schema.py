"""``synth schema config``."""

import argparse
import json
from typing import Any

from synth.cli import output
from synth.config.catalog import HOOKS, MULTIPLE, Catalog, load_catalog
from synth.config.recipe import FIXED, FREE, RunConfig
from synth.config.typed import adapter


def main(args: argparse.Namespace) -> int:
    """Prints the JSON Schema of a composed configuration, for editors and other tools."""
    schema = config_schema(load_catalog(args.plugin, args.plugins_dir))
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
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "synth configuration",
        "type": "object",
        "properties": properties,
        "required": sorted(set(properties) - {"scenario", FREE}),
        "additionalProperties": False,
        "$defs": definitions,
    }


def _define(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Moves a schema's own definitions into the common ones."""
    definitions.update(schema.pop("$defs", {}))
    return schema


def _required_kind(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"required": sorted({*schema.get("required", []), "kind"})}
