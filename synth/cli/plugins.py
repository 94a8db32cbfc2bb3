"""``synth plugins list``."""

import argparse
from typing import Any

from synth.cli import output, screen
from synth.config.catalog import Catalog, Provider, load_catalog
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Lists the plugins: what they provide, where they come from, and why one cannot be used."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    data = [describe(catalog, provider) for provider in catalog.providers]
    head = ["name", "version", "api", "provides", "from", "status"]
    rows = [
        [each["name"], each["version"] or "-", each["api"] or "-", _in_words(provider), each["source"], each["status"]]
        for each, provider in zip(data, catalog.providers, strict=True)
    ]
    wrong = [f"{each['name']}: {each['error'] or each['needs']}" for each in data if each["error"] or each["needs"]]
    return output.succeed(
        args,
        data,
        "\n".join([screen.table([head, *rows], head=True), *([""] if wrong else []), *map(screen.fill, wrong)]),
    )


def describe(catalog: Catalog, provider: Provider) -> dict[str, Any]:
    """A plugin as data; ``error`` is one line, and ``needs`` is what keeps it asleep."""
    clashes = catalog.clashes(provider)
    states = {"disabled": provider.disabled, "broken": provider.error, "clash": clashes, "asleep": provider.lack}
    status = next((name for name, holds in states.items() if holds), "ok")
    return {
        "name": provider.name,
        "version": provider.version,
        "api": provider.api,
        "source": provider.source,
        "provides": {
            **provider.provides,
            "presets": [f"{preset.group}={preset.name}" for preset in provider.presets],
            "views": [view.name for view in provider.views],
            "checks": [check.name for check in provider.checks],
            "subscribers": len(provider.subscribers),
        },
        "roots": list(provider.roots),
        "status": status,
        "error": provider.error or "; ".join(clashes),
        "needs": str(provider.lack),
    }


def _in_words(provider: Provider) -> str:
    """What a plugin provides, on one line."""
    message = [f"{group}: {', '.join(kinds)}" for group, kinds in provider.provides.items()]
    message += [f"columns: {', '.join(view.name for view in provider.views)}"] if provider.views else []
    many = {"preset": provider.presets, "check": provider.checks, "subscriber": provider.subscribers}
    message += [counted(len(its), noun) for noun, its in many.items() if its]
    message += [counted(len(provider.roots), "folder") + " of choices"] if provider.roots else []
    return "; ".join(message) or "-"
