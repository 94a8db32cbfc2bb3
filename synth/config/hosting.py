"""What a Hydra application needs that composes synth's part of its configuration by itself."""

from collections.abc import Sequence
from pathlib import Path

from synth.config.catalog import load_catalog
from synth.config.compose import store


def register_configs(
    *,
    plugin_files: Sequence[str | Path] = (),
    plugins_dirs: Sequence[str | Path] = (),
    config_dirs: Sequence[str | Path] = (),
) -> None:
    """Puts every choice, those of plugins too, into Hydra's ConfigStore: ``synth/generator: spending`` and the like.

    They land below the key ``synth`` of the application's configuration; ``synth: recipe`` in its defaults list is the
    whole with synth's defaults. ``synth.run(cfg.synth)`` carries it out. Called again, it replaces what it stored.

    >>> from hydra.core.config_store import ConfigStore
    >>> synth.register_configs()
    >>> "card_chain.yaml" in ConfigStore.instance().repo["synth"]["scenario"]
    True

    Args:
        plugin_files: Python files and package folders to load as plugins.
        plugins_dirs: folders of plugins.
        config_dirs: folders of YAML choices, searched before the built-in ones.

    Raises:
        ConfigError: a folder does not exist.
        PluginError: one of ``plugin_files`` cannot be used.
    """
    catalog = load_catalog(list(map(Path, plugin_files)), list(map(Path, plugins_dirs)))
    store(config_dirs=list(map(Path, config_dirs)), plugin_roots=catalog.config_roots)
