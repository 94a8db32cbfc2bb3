"""``synth plugins check``."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from synth.cli import output
from synth.config.catalog import Catalog, load_catalog
from synth.config.catalog.modules import module_path
from synth.errors import PluginError, VerifyError
from synth.testing import Result, check
from synth.wording import counted, nearest

_MARKS = {True: "ok", False: "FAILED", None: "not judged"}


def main(args: argparse.Namespace) -> int:
    """Runs the conformance kit on everything that a plugin provides, or on one kind."""
    path = Path(args.target)
    is_path = path.exists() or path.suffix == ".py"
    catalog = load_catalog([*args.plugin, *([path] if is_path else [])], args.plugins_dir)
    components = _of_file(catalog, path) if is_path else _named(catalog, args.target)
    data, failed, judged, unjudged = [], 0, 0, 0
    for group, kind in components:
        results = check(group, kind, catalog=catalog, overrides=args.overrides)
        data.append({"group": group, "kind": kind, "results": [asdict(result) for result in results]})
        failed += sum(result.ok is False for result in results)
        judged += sum(result.ok is not None for result in results)
        unjudged += sum(result.ok is None for result in results)
        if not args.json and not args.quiet:
            output.say("\n".join(_show(group, kind, results)))
    if failed:
        return output.fail(args, VerifyError(f"{args.target} breaks {counted(failed, 'rule')}"), 1, data)
    more = f"; {counted(unjudged, 'rule')} could not be judged" if unjudged else ""
    return output.succeed(args, data, f"{args.target} keeps all {judged} rules{more}")


def _of_file(catalog: Catalog, path: Path) -> list[tuple[str, str]]:
    asked = [provider.name for provider in catalog.providers if provider.source == str(module_path(path))]
    return [component for name in asked for component in _components(catalog, name)]


def _named(catalog: Catalog, name: str) -> list[tuple[str, str]]:
    """A plugin's components, or those of the kind."""
    providers = [provider.name for provider in catalog.providers]
    if name in providers:
        return _components(catalog, name)
    kinds = [(group, kind) for group in catalog.kinds for kind in catalog.kinds[group]]
    found = [(group, kind) for group, kind in kinds if kind == name]
    if not found:
        known = sorted({*providers, *(kind for _, kind in kinds)})
        hint = nearest(name, known)
        raise PluginError(f"no plugin and no kind is named {name!r}{f' ({hint})' if hint else ''}: {', '.join(known)}")
    for group, kind in found:
        catalog.find(group, kind)
    return found


def _components(catalog: Catalog, name: str) -> list[tuple[str, str]]:
    provider = next(provider for provider in catalog.providers if provider.name == name)
    if provider.error or provider.disabled:
        raise PluginError(f"plugin {name!r} cannot be used: {provider.error or 'it is disabled'}")
    for clash in catalog.clashes(provider):
        raise PluginError(f"plugin {name!r} cannot be used: {clash}")
    found = [(group, kind) for group, kinds in provider.provides.items() for kind in kinds]
    if not found:
        raise PluginError(f"plugin {name!r} has no component that the kit could check")
    return found


def _show(group: str, kind: str, results: list[Result]) -> Iterator[str]:
    """A line a rule, and below it what was seen; rules that could not be judged say why."""
    yield f"{group} {kind}"
    for result in results:
        yield f"  {_MARKS[result.ok]:<10}  {result.rule}"
        if result.seen:
            yield f"              {result.seen}"
    yield ""
