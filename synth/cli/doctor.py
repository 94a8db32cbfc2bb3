"""``synth doctor``."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from synth.cli import machine, output, screen
from synth.contracts.preflight import PreflightResult
from synth.errors import RefusedError
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Looks at the installation and the machine and, where a recipe is given, at what it needs."""
    found = list(_look(args))
    data = {"findings": [asdict(result) for result in found]}
    text = screen.table([[result.state, result.what, result.line] for result in found])
    failed = [result.what for result in found if result.state == "failure"]
    if not failed:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    message = f"{len(failed)} of {counted(len(found), 'finding')} are failures: {', '.join(failed)}"
    return output.fail(args, RefusedError(message), 3, data)


def _look(args: argparse.Namespace) -> Iterator[PreflightResult]:
    """What needs more is looked at later, and imported later: nothing else works in a broken installation."""
    installed = list(machine.look_at_installation())
    yield from installed
    if any(result.state == "failure" for result in installed):
        return
    from synth.cli import recipes
    from synth.config.catalog import load_catalog

    if not (args.overrides or args.config_dir):
        catalog = load_catalog(args.plugin, args.plugins_dir)
        yield from machine.look_at_plugins(catalog)
        yield from machine.look_at_extras()
        yield from machine.look_at_choices(catalog, args.config_dir)
        yield from machine.look_at_machine(runs_here=True)
        return
    recipe, catalog, _ = recipes.load(args)
    from synth.cli.places import look_at

    yield from machine.look_at_plugins(catalog)
    yield from machine.look_at_extras()
    yield from machine.look_at_choices(catalog, args.config_dir)
    yield from machine.look_at_machine(runs_here=False)
    yield from look_at(recipe, overwrite=args.overwrite, parts=args.parts)
