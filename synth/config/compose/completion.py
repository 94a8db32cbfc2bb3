"""Shell completion of overrides: groups, options and keys by Hydra's own completer, lists by us."""

import re
from collections.abc import Sequence

from synth.config.compose.roots import PRIMARY, option_names
from synth.config.compose.sources import ConfigSource

_LIST = re.compile(r"(?P<group>\+?[\w/]+)=(?P<open>\[?)(?P<chosen>(?:[^,\[\]]*,)*)(?P<last>[^,\[\]]*)")


def complete_line(line: str, roots: Sequence[ConfigSource]) -> list[str]:
    """Complete over the given roots; see ``synth.config.compose.complete``."""
    words = [word for word in line.split() if not word.startswith("-") or word in ("-m", "--multirun")]
    fresh = not line or line[-1].isspace()
    last = "" if fresh or not words else words[-1]
    found = _LIST.fullmatch(last)
    if found and (found["open"] or found["chosen"]):
        return _complete_list(found, roots)
    candidates = _ask_hydra(" ".join(words) + (" " if fresh else ""), roots)
    if last.startswith("hydra"):
        return candidates
    return [candidate for candidate in candidates if not candidate.lstrip("+~").startswith("hydra")]


def _complete_list(found: re.Match[str], roots: Sequence[ConfigSource]) -> list[str]:
    chosen = found["chosen"].split(",")
    prefix = f"{found['group']}={found['open']}{found['chosen']}"
    return [
        prefix + name
        for name in option_names(roots, found["group"].lstrip("+"))
        if name.startswith(found["last"]) and name not in chosen
    ]


def _ask_hydra(line: str, roots: Sequence[ConfigSource]) -> list[str]:
    """Hydra's own candidates. It takes most of a second to load; lists do without."""
    import yaml
    from hydra.core.plugins import Plugins
    from hydra.errors import HydraException
    from hydra.plugins.completion_plugin import DefaultCompletionPlugin
    from omegaconf.errors import OmegaConfBaseException

    from synth.config.compose.job_loading import make_loader
    from synth.config.compose.loading import Repository, modern_hydra

    Plugins.instance()  # registers the groups of Hydra's own that its defaults name
    completer = DefaultCompletionPlugin(make_loader(Repository(roots, with_hydra=True)))
    try:
        with modern_hydra():
            return completer._query(PRIMARY, line)
    except (HydraException, OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, OSError):
        return []
