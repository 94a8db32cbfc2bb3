"""``synth list``."""

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from synth.cli import output, screen
from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import Composed, Option, compose, list_options
from synth.config.compose.sources import builtin_conf
from synth.config.fitting import ColumnsMade, try_options
from synth.config.recipe import build_recipe
from synth.errors import ConfigError, Problem
from synth.wording import nearest

_DAGGER = "†"

#: How the place of synth's own options begins.
_OWN = "synth:"


def main(args: argparse.Namespace) -> int:
    """Lists the choices of each group, or of one; with a recipe, whether each of them goes with it."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    groups = list_options(config_dirs=args.config_dir, plugin_roots=catalog.config_roots)
    if args.group:
        require_group(args.group, groups)
    chosen = {args.group: groups[args.group]} if args.group else groups
    if args.beside:
        return _list_beside(args, chosen, catalog)
    rows = [
        [f"{group}={option.name}", catalog.asleep(option.provider).noted(option.summary), _place(option)]
        for group, options in chosen.items()
        for option in options
    ]
    data = {
        group: [asdict(option) | {"asleep": catalog.asleep(option.provider).what} for option in options]
        for group, options in chosen.items()
    }
    text = screen.table(rows)
    if any(_DAGGER in option.summary for options in chosen.values() for option in options):
        text += "\n\n" + screen.fill(f"{_DAGGER} an assumption: no source is known for it")
    return output.succeed(args, data, text)


def require_group(name: str, known: Iterable[str]) -> None:
    """Holds a word to the groups that there are.

    Raises:
        ConfigError: there is no such group.
    """
    known = sorted(known)
    if name not in known:
        message, hint = f"no group named {name!r}", nearest(name, known)
        raise ConfigError([Problem(path=name, message=message, allowed=tuple(known), hint=hint)])


def _place(option: Option) -> str:
    """Where an option stands that is not synth's own, or is never read."""
    if option.shadowed:
        return f"{option.where} (shadowed)"
    own = option.where.startswith(_OWN) or Path(option.where).resolve().is_relative_to(builtin_conf())
    return "" if own else option.where


def _list_beside(args: argparse.Namespace, groups: dict[str, list[Option]], catalog: Catalog) -> int:
    """Tries every option in the place of the recipe's own."""
    with catalog.noting_broken_plugins():
        composed = compose(args.beside, config_dirs=args.config_dir, plugin_roots=catalog.config_roots)
    build_recipe(composed, catalog)
    made: ColumnsMade = {}
    found = {
        group: {option: _problems(other, catalog, made) for option, other in try_options(composed, group)}
        for group in groups
        if group != "experiment"
    }
    rows = [
        [f"{group}={option}", problems[0].line if problems else "goes"]
        for group, options in found.items()
        for option, problems in options.items()
    ]
    data = {
        group: {option: [output.as_data(problem) for problem in problems] for option, problems in options.items()}
        for group, options in found.items()
    }
    return output.succeed(args, data, screen.table(rows))


def _problems(other: Composed | ConfigError, catalog: Catalog, made: ColumnsMade) -> list[Problem]:
    """Why a recipe is refused; empty when it is not."""
    try:
        if isinstance(other, ConfigError):
            raise other
        build_recipe(other, catalog, made)
    except ConfigError as error:
        return list(error.problems)
    return []
