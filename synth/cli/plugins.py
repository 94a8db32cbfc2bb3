"""``synth plugins list``."""

import argparse
from dataclasses import asdict

from synth.catalog import Catalog, load_catalog
from synth.cli import output


def main(args: argparse.Namespace) -> int:
    """Lists the plugins: what they provide, where they come from, and why one cannot be used."""
    catalog = load_catalog(args.plugin)
    rows = []
    for provider in catalog.providers:
        provided = "; ".join(
            f"{group}: {', '.join(kind + _clash(catalog, group, kind, provider.name) for kind in kinds)}"
            for group, kinds in provider.provides.items()
        )
        status = f"BROKEN: {provider.error}" if provider.error else provided
        rows.append([provider.name, provider.version or "-", provider.source, status])
    return output.succeed(args, [asdict(provider) for provider in catalog.providers], output.table(rows))


def _clash(catalog: Catalog, group: str, kind: str, owner: str) -> str:
    others = [name for name, _ in catalog.kinds[group][kind] if name != owner]
    return f" (CLASHES with {', '.join(others)})" if others else ""
