"""``synth config show``."""

import argparse
import json
from typing import Any

from synth.cli import output
from synth.config.catalog import load_catalog
from synth.config.compose import compose, told_shadow
from synth.config.compose.results import nearest_origin


def main(args: argparse.Namespace) -> int:
    """Shows the composed configuration, before it is checked."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    with catalog.noting_broken_plugins():
        composed = compose(args.overrides, config_dirs=args.config_dir, plugin_roots=catalog.config_roots)
    origins = composed.origins if args.origin else {}
    shadows = composed.used_shadows
    data: dict[str, Any] = {"config": composed.config, "choices": dict(composed.choices), "shadows": shadows}
    if args.origin:
        data["origins"] = dict(composed.origins)
    lines = list(_lines(composed.config, origins))
    width = max((len(line) for line, where in lines if where), default=0)
    notes = [f"# {told_shadow(*names)}" for names in shadows.items()]
    text = [f"{line.ljust(width)}  # {where}" if where else line for line, where in lines]
    return output.succeed(args, data, "\n".join([*notes, *text]))


def _lines(config: dict[str, Any], origins: Any, path: str = "", indent: int = 0) -> list[tuple[str, str]]:
    """YAML lines, each with its origin; nested mappings on lines of their own, all else in flow style."""
    lines = []
    for key, value in config.items():
        here = f"{path}.{key}" if path else str(key)
        start = "  " * indent + f"{key}:"
        if isinstance(value, dict) and value:
            lines.append((start, ""))
            lines += _lines(value, origins, here, indent + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append((start, ""))
            lines += [
                ("  " * indent + f"  - {json.dumps(item)}", origins.get(f"{here}.{i}", origins.get(here, "")))
                for i, item in enumerate(value)
            ]
        else:
            lines.append((f"{start} {json.dumps(value)}", nearest_origin(origins, here)))
    return lines
