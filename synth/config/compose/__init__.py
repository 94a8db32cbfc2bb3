"""Overrides in, one plain configuration out, with where each of its values came from.

The only package that touches Hydra and OmegaConf. Importing it loads neither: each function loads what it needs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.config.compose.display import sets, shown
from synth.config.compose.naming import folder_name, quoted
from synth.config.compose.results import Batch, Composed, Draft, Job, JobPlace, Swept, Work, changed_at, value_at
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
    "Batch",
    "Composed",
    "ConfigSource",
    "Draft",
    "Folder",
    "Job",
    "JobPlace",
    "Memory",
    "Offered",
    "Option",
    "PluginRoot",
    "Swept",
    "Work",
    "Written",
    "builtin_conf",
    "changed_at",
    "complete",
    "compose",
    "find_shadows",
    "folder_name",
    "list_options",
    "note_shadows",
    "quoted",
    "search_roots",
    "sets",
    "shown",
    "store",
    "sweep",
    "told_shadow",
    "try_compose",
    "unsearched_folder",
    "value_at",
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

    others = [override for override in composed.overrides if not sets(override, group)]
    chosen = option if group not in composed.options else f"[{option or ''}]"
    return compose_roots([*others, f"{group}={chosen}"], composed.roots)


def sweep(
    overrides: Sequence[str],
    work: Work,
    *,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> Swept:
    """Carry out every job that Hydra's sweeper makes of the overrides, by Hydra's launcher.

    Args:
        overrides: values with commas, ``range(…)`` or ``choice(…)`` are swept; ``hydra/launcher=…`` selects a launcher.
        work: what is done with the jobs. ``work.run`` must pickle for launchers that use other processes.

    Raises:
        SynthError: an override cannot be read, the sweep is set up wrongly, or jobs of its first batch cannot run: all
            problems of all of them; no job has run.
    """
    from synth.config.compose.sweeping import sweep_roots

    roots = search_roots(config_dirs, plugin_roots)
    with noting_shadows(find_shadows(roots)):
        return sweep_roots(overrides, work, roots)


def complete(
    line: str,
    *,
    config_dirs: Sequence[Path] = (),
    plugin_roots: Sequence[PluginRoot] = (),
) -> list[str]:
    """Candidates for the last word of ``line``, which holds overrides only; each replaces the whole word."""
    from synth.config.compose.completion import complete_line

    return complete_line(line, search_roots(config_dirs, plugin_roots))
