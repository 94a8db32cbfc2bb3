"""``synth plugins list``."""

import argparse
from dataclasses import asdict

from synth.catalog import load_catalog
from synth.cli import output


def main(args: argparse.Namespace) -> int:
    """Lists the plugins: what they provide, where they come from, and why one cannot be used."""
    providers = load_catalog(args.plugin).providers
    rows = []
    for provider in providers:
        provided = "; ".join(f"{group}: {', '.join(kinds)}" for group, kinds in provider.provides.items())
        status = f"BROKEN: {provider.error}" if provider.error else provided
        rows.append([provider.name, provider.version or "-", provider.source, status])
    return output.succeed(args, [asdict(provider) for provider in providers], output.table(rows))
