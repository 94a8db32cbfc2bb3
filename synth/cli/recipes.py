"""The recipe that a command was given."""

import argparse

from synth.config.catalog import Catalog
from synth.config.compose import Composed
from synth.config.recipe import Recipe, load_recipe


def load(args: argparse.Namespace) -> tuple[Recipe, Catalog, Composed]:
    """The recipe of a command's overrides, plugins and folders, with the catalog and the configuration behind it.

    Raises:
        ConfigError: holds every problem.
        PluginError: a plugin that was asked for cannot be used.
    """
    return load_recipe(
        args.overrides, plugin_files=args.plugin, plugins_dirs=args.plugins_dir, config_dirs=args.config_dir
    )
