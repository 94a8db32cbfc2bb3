"""What a caller gives, as a recipe."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from synth.config.catalog import Catalog
from synth.config.compose import Composed
from synth.config.recipe import Recipe, load_recipe
from synth.errors import ConfigError, Problem

Given: TypeAlias = str | Sequence[str] | Mapping[str, Any]
"""A text as on the command line, some of them, or sections of a recipe."""

Paths: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]
"""One path or some."""


def load(
    given: Sequence[Given], plugin_files: Paths, plugins_dirs: Paths, config_dirs: Paths
) -> tuple[Recipe, Catalog, Composed]:
    """The recipe that a caller means.

    Raises:
        ConfigError: holds every problem.
        PluginError: a plugin that was asked for cannot be used.
    """
    texts, mapping = split(given)
    return load_recipe(
        texts,
        given=mapping,
        plugin_files=as_paths(plugin_files),
        plugins_dirs=as_paths(plugins_dirs),
        config_dirs=as_paths(config_dirs),
    )


def as_paths(paths: Paths) -> list[Path]:
    """One path or some, as a list."""
    return [Path(paths)] if isinstance(paths, str | PathLike) else [Path(path) for path in paths]


def split(given: Sequence[Any]) -> tuple[list[str], Mapping[str, Any] | None]:
    """The texts among what a caller gives, and the mapping.

    Raises:
        ConfigError: something is neither, or there are two mappings.
    """
    texts: list[str] = []
    mappings: list[Mapping[str, Any]] = []
    for each in given:
        if isinstance(each, Mapping):
            mappings.append(each)
            continue
        words = [each] if isinstance(each, str) or not isinstance(each, Sequence) else each
        for word in words:
            if not isinstance(word, str):
                message = f"a recipe is made of texts such as 'seed=3' and one mapping, not of a {type(word).__name__}"
                raise ConfigError([Problem(path="", message=message)])
            texts.append(word)
    if len(mappings) > 1:
        raise ConfigError(
            [Problem(path="", message=f"a recipe is one mapping, not {len(mappings)}", hint="merge them")]
        )
    return texts, next(iter(mappings), None)
