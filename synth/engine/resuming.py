"""The recipe of an unfinished run, read from a place that holds its blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import Composed, compose
from synth.config.objectives import for_one_run
from synth.config.recipe import NOT_DATA, Recipe, build_recipe, load_recipe
from synth.contracts.store import Staging
from synth.engine.keeping import told_recipe
from synth.engine.receipts import differences
from synth.errors import RefusedError
from synth.sinks.stores import find_stagings, open_store

#: On what a run is made, which is no part of what is made.
_ON = "runner"

#: What stands in the place of a secret.
_BLANK = "***"


def resumed(
    uri: str,
    overrides: Sequence[str] = (),
    *,
    given: Mapping[str, Any] | None = None,
    plugin_files: Sequence[Path] = (),
    plugins_dirs: Sequence[Path] = (),
    config_dirs: Sequence[Path] = (),
) -> tuple[Recipe, Catalog, Path | None]:
    """The recipe to go on with in a place: the one that stands there, or the one that is given beside it.

    What says only on what it is to run is no recipe.

    Args:
        overrides, given, plugin_files, plugins_dirs, config_dirs: as those of ``load_recipe``.

    Returns:
        The third is the run directory that the overrides name.

    Raises:
        RefusedError: as of ``recipe_at``, or no sink of the recipe that is given writes there.
        ConfigError: holds every problem.
        PluginError: a plugin that was asked for cannot be used.
    """
    on = [word for word in overrides if word.startswith((f"{_ON}=", f"{_ON}."))]
    if len(on) == len(overrides) and {*(given or {})} <= {_ON} and not config_dirs:
        return *recipe_at(uri, on, given=given, plugin_files=plugin_files, plugins_dirs=plugins_dirs), None
    recipe, catalog, composed = load_recipe(
        overrides, given=given, plugin_files=plugin_files, plugins_dirs=plugins_dirs, config_dirs=config_dirs
    )
    return placed_at(recipe, uri), catalog, composed.directory


def recipe_at(
    uri: str,
    on: Sequence[str] = (),
    *,
    given: Mapping[str, Any] | None = None,
    plugin_files: Sequence[Path] = (),
    plugins_dirs: Sequence[Path] = (),
) -> tuple[Recipe, Catalog]:
    """The recipe whose blocks a place holds, to be carried out there.

    Args:
        on: overrides of the runner, which is no part of what stands there.
        given: the section of the runner, in the place of the default one.

    Raises:
        RefusedError: the place holds no unfinished run, or several, or one that needs a secret, or that this version
            of synth reads in another way.
        ConfigError: a plugin is missing, or is another one.
    """
    told = _read(uri, _only(uri))
    catalog = load_catalog(plugin_files, plugins_dirs)
    with catalog.noting_broken_plugins():
        plain = compose(on, given=given, plugin_roots=catalog.config_roots)
        data = {key: value for key, value in told["recipe"].items() if key != "resolved"}
        sinks = {name: dict(config) for name, config in told["sinks"].items()}
        sinks[told["sink"]]["uri"] = uri
        config = {key: plain.config[key] for key in NOT_DATA if key in plain.config} | data | {"sink": sinks}
        recipe = build_recipe(for_one_run(Composed(**_nothing(), config=config)), catalog)
    if recipe.fingerprint != told["fingerprint"]:
        how = "; ".join(differences(told["recipe"], recipe.content))
        raise RefusedError(f"{uri} holds a run that is another one here ({how}): {_START_ANEW.format(uri)}")
    return recipe, catalog


_START_ANEW = "synth clean {0} removes it"


def _nothing() -> dict[str, Any]:
    """The rest of a composition that nobody wrote."""
    return {"origins": {}, "choices": {}, "chosen_at": {}, "overrides": (), "roots": ()}


def _only(uri: str) -> Staging:
    """The one staging of a place."""
    complete = open_store(uri).read_manifest() is not None  # first: it ends a commit that died
    found = find_stagings(uri)
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{uri} holds unfinished runs of {len(found)} recipes: give the overrides of the one that is meant"
        raise RefusedError(message)
    if complete:
        raise RefusedError(f"{uri} holds a run that is complete: nothing is left to go on with")
    raise RefusedError(f"{uri} holds no unfinished run: is it the right place?")


def _read(uri: str, staging: Staging) -> Mapping[str, Any]:
    try:
        told = told_recipe(staging)
        named = told["sinks"][told["sink"]], told["recipe"], told["fingerprint"]
    except (KeyError, TypeError) as error:
        raise RefusedError(
            f"{uri}: the recipe of its unfinished run cannot be read: {_START_ANEW.format(uri)}"
        ) from error
    blank = [path for path in _leaves(named[1]) | _leaves({"sink": told["sinks"]}) if path.endswith(f"={_BLANK}")]
    if blank:
        keys = ", ".join(sorted(path.partition("=")[0] for path in blank))
        raise RefusedError(f"{uri} does not hold the secrets of its run ({keys}): give its overrides beside the place")
    return told


def _leaves(value: Any, path: str = "") -> set[str]:
    """``path=value`` of every text below plain data."""
    if isinstance(value, Mapping):
        return {leaf for key, below in value.items() for leaf in _leaves(below, f"{path}.{key}".strip("."))}
    if isinstance(value, list):
        return {leaf for i, below in enumerate(value) for leaf in _leaves(below, f"{path}.{i}")}
    return {f"{path}={value}"} if isinstance(value, str) else set()


def placed_at(recipe: Recipe, uri: str) -> Recipe:
    """A recipe whose overrides were given beside a place: its one sink without a uri is there.

    Raises:
        RefusedError: no sink of it writes there.
    """
    homeless = [name for name, part in recipe.sinks.items() if part.spec.has_uri and part.uri is None]
    if len(recipe.sinks) == 1 and homeless:
        [(name, part)] = recipe.sinks.items()
        return replace(recipe, sinks={name: replace(part, config=replace(part.config, uri=uri))})
    here = open_store(uri).uri
    if not any(
        part.spec.place and part.uri is not None and open_store(part.uri).uri == here for part in recipe.sinks.values()
    ):
        told = ", ".join(f"sink.{name}.uri={part.uri}" for name, part in recipe.sinks.items() if part.uri is not None)
        raise RefusedError(f"no sink of this recipe writes to {uri}, only {told or 'into the run directory'}")
    return recipe
