"""``synth config show``."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from synth.cli import output, screen
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
    notes = [f"# {told_shadow(*names)}" for names in shadows.items()]
    return output.succeed(args, data, "\n".join([*notes, *_fit(lines, screen.screen_width())]))


def _fit(lines: list[tuple[str, str]], width: int | None) -> Iterator[str]:
    """Lines with their origins beside them, or above them where both do not fit; what is broken is the same YAML."""
    longest = max((screen.columns_of(line) for line, where in lines if where), default=0)
    beside = width is None or all(longest + len(f"  # {where}") <= width for _, where in lines if where)
    for line, where in lines:
        if where and beside:
            yield f"{line.ljust(longest)}  # {where}"
        else:
            indent = " " * (len(line) - len(line.lstrip()))
            yield from [f"{indent}# {where}"] * bool(where)
            yield from screen.wrap(line, width, 4)


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
