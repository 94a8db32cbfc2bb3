"""``synth list``."""

import argparse
from dataclasses import asdict

from synth.cli import output
from synth.config.catalog import load_catalog
from synth.config.compose import list_options
from synth.errors import ConfigError, Problem, nearest


def main(args: argparse.Namespace) -> int:
    """Lists the choices of each group, or of one."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    groups = list_options(config_dirs=args.config_dir, plugin_roots=catalog.config_roots)
    if args.group and args.group not in groups:
        message, hint = f"no group named {args.group!r}", nearest(args.group, groups)
        raise ConfigError([Problem(path=args.group, message=message, allowed=", ".join(sorted(groups)), hint=hint)])
    chosen = {args.group: groups[args.group]} if args.group else groups
    rows = [
        [f"{group}={option.name}", option.summary, option.where + (" (shadowed)" if option.shadowed else "")]
        for group, options in chosen.items()
        for option in options
    ]
    data = {group: [asdict(option) for option in options] for group, options in chosen.items()}
    return output.succeed(args, data, output.table(rows))
