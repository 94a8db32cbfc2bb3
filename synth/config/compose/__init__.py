"""Overrides in, one plain configuration out, with where each of its values came from.

The only package that touches Hydra and OmegaConf. Importing it loads neither: each function loads what it needs.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.config.compose.display import shown
from synth.config.compose.results import Composed, Job, changed_at
from synth.config.compose.roots import (
    Option,
    PluginRoot,
    find_shadows,
    list_options,
    note_shadows,
    noting_shadows,
    search_roots,
    told_shadow,
    unsearched_folder,
)
from synth.config.compose.sources import ConfigSource, Folder, Memory, Offered, Written, builtin_conf
from synth.errors import ConfigError

__all__ = [
    "Composed",
    "ConfigSource",
    "Folder",
    "Job",
    "Memory",
    "Offered",
    "Option",
    "PluginRoot",
    "Written",
    "builtin_conf",
    "changed_at",
    "complete",
    "compose",
    "find_shadows",
    "list_options",
    "note_shadows",
    "search_roots",
    "shown",
    "store",
    "sweep",
    "told_shadow",
    "try_compose",
    "unsearched_folder",
    "with_option",
]


def compose(
    overrides: Sequence[str],
    *,
    given: Mapping[str, Any] | None = None,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> Composed:
    """Compose one configuration; leaves no global state of Hydra behind.

    Args:
        overrides: in Hydra's grammar, e.g. ``scenario=[card_chain]``, ``seed=3``, ``+experiment=mine``.
        given: sections of the configuration, which stand in the place of the default ones.
        config_dirs: searched first; then the folders of the working directory that say that they are synth's, then
            the built-ins.
        plugin_roots: searched last.

    Raises:
        ConfigError: holds every problem that could be found at once.
        PluginError: a plugin's root does not exist.
    """
    composed = try_compose(overrides, given=given, config_dirs=config_dirs, plugin_roots=plugin_roots)
    if composed.problems:
        raise ConfigError(composed.problems)
    return composed


def store(*, config_dirs: Sequence[Path] = (), plugin_roots: Sequence[PluginRoot] = ()) -> None:
    """Put every choice into Hydra's ConfigStore, below the group ``synth``; ``synth/recipe`` is the whole."""
    from synth.config.compose.storing import store_choices

    store_choices(search_roots(config_dirs, plugin_roots))


def try_compose(
    overrides: Sequence[str],
    *,
    given: Mapping[str, Any] | None = None,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> Composed:
    """The same, of what can be composed: what is wrong stands in ``problems``, so that the rest can be checked, too.

    Raises:
        ConfigError: nothing can be composed.
        PluginError: a plugin's root does not exist.
    """
    from synth.config.compose.composing import try_compose_roots

    roots = search_roots(config_dirs, plugin_roots)
    if given is not None:
        from synth.config.compose.given import add_given

        roots = add_given(given, roots)
    return try_compose_roots(overrides, roots)


def with_option(composed: Composed, group: str, option: str | None) -> Composed:
    """The same configuration with another choice in one group; ``None``: none, in a group that takes several.

    Raises:
        ConfigError: it does not compose.
    """
    from synth.config.compose.composing import compose_roots
    from synth.config.compose.overrides import chooses

    others = [override for override in composed.overrides if not chooses(override, group)]
    chosen = option if group not in composed.options else f"[{option or ''}]"
    return compose_roots([*others, f"{group}={chosen}"], composed.roots)


def sweep(
    overrides: Sequence[str],
    task: Callable[[Composed, Path], Any],
    *,
    sweep_dir: Path,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> list[Job]:
    """Run ``task`` for every job that Hydra's sweeper makes of the overrides, by Hydra's launcher.

    Args:
        overrides: values with commas, ``range(…)`` or ``choice(…)`` are swept; ``hydra/launcher=…`` selects a launcher.
        task: called with a job's configuration and its own directory, ``sweep_dir/<number>``; returns its outcome
            and never raises. Must pickle for launchers that use other processes.

    Returns:
        The jobs by number.

    Raises:
        ConfigError: an override cannot be read, or the sweep itself is set up wrongly; no job has run.
    """
    from synth.config.compose.sweeping import sweep_roots

    roots = search_roots(config_dirs, plugin_roots)
    with noting_shadows(find_shadows(roots)):
        return sweep_roots(overrides, task, sweep_dir, roots)


def complete(
    line: str,
    *,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> list[str]:
    """Candidates for the last word of ``line``, which holds overrides only; each replaces the whole word."""
    from synth.config.compose.completion import complete_line

    return complete_line(line, search_roots(config_dirs, plugin_roots))
