"""``synth plugins new``."""

import argparse
from pathlib import Path

from synth.cli import output
from synth.cli.scaffold import GROUPS, KINDS, write_module, write_package
from synth.cli.scaffold.files import write_files
from synth.config.catalog import Catalog, load_catalog
from synth.errors import PluginError


def main(args: argparse.Namespace) -> int:
    """Writes the beginning of a plugin into the working directory."""
    kind = KINDS[args.kind]
    _refuse_taken(load_catalog(args.plugin, args.plugins_dir), args.name, GROUPS[kind])
    made = (write_package if args.package else write_module)(args.name, kind)
    write_files(made)
    folder = Path(next(iter(made))).parts[0]
    return output.succeed(args, list(made), "\n".join([*made, "", *_next_steps(args.name, kind, folder)]))


def _refuse_taken(catalog: Catalog, name: str, group: str) -> None:
    if name in catalog.kinds[group]:
        raise PluginError(f"{group} kind {name!r} exists already, from plugin {catalog.owner(group, name)!r}")
    if any(provider.name == name for provider in catalog.providers):
        raise PluginError(f"a plugin named {name!r} exists already")


def _next_steps(name: str, kind: str, made: str) -> list[str]:
    """Commands that work as soon as the files are there."""
    group = GROUPS[kind]
    if made.endswith(".py"):
        return [f"synth plugins check {made}", f"synth preview --plugin {made} {group}={name}"]
    return [f"pip install -e './{made}[test]'", f"pytest {made}", f"synth preview {group}={name}"]
