"""Finds what files set for a choice that somebody has taken away: such settings have no effect.

A file that chooses ``card_chain`` may set ``scenario.card_chain.ratio`` beside it. Where another file or the command
line chooses something else, the setting stays behind, and would be one of a scenario that is not there.
"""

from collections.abc import Iterator, Mapping

from synth.config.compose.choices import Choices
from synth.config.compose.entries import Wanted
from synth.config.compose.roots import PRIMARY


def find_inert(choices: Choices) -> dict[str, frozenset[str]]:
    """File → the config paths that are without effect where this file sets them, and all below them."""
    found = {config_path: frozenset(_inert(config_path, choices)) for config_path in choices.entries}
    return {config_path: paths for config_path, paths in found.items() if paths}


def _inert(config_path: str, choices: Choices) -> list[str]:
    paths = []
    for key, wanted in _wishes(config_path, choices, frozenset()).items():
        group, final = key.replace("/", "."), _names(choices.final.get(key))
        if key in choices.lists:
            paths += [f"{group}.{name}" for name in _names(wanted) if name not in final]
        elif _names(wanted) not in ((), final):
            paths.append(group)
    return paths


def find_deliberate(choices: Choices) -> dict[tuple[str, str], str]:
    """(group, other group) → where somebody chooses or sets the one for the other as it is in the end.

    The command line knows all choices; a file knows its own and those of the files that it builds on. Who sets
    something for a generator that somebody else has taken away does not mean it for the present one. The choices of
    the root are nobody's.
    """
    found: dict[tuple[str, str], str] = {}
    for group, where, wishes in _settings(choices):
        for other, final in choices.final.items():
            if wishes is None or _names(wishes.get(other)) == _names(final):
                found.setdefault((group, other), where)
    return found


def _settings(choices: Choices) -> Iterator[tuple[str, str, Mapping[str, Wanted] | None]]:
    """(group, where, what the file that says so would choose; None: the command line)."""
    for item in choices.given:
        yield item.key.partition(".")[0].partition("@")[0], item.where, None
    for config_path, entries in choices.entries.items():
        file = choices.library.find(config_path)
        if config_path == PRIMARY or file is None or file.node is None:
            continue
        wishes = _wishes(config_path, choices, frozenset())
        for entry in entries:
            if entry.group and not entry.package and choices.chosen.get(entry.key, entry.wanted) is entry.wanted:
                yield entry.group, entry.wanted.where, wishes
        for key, _ in file.node.value if file.package == "_global_" else ():
            yield str(key.value), file.at(key), wishes


def _wishes(config_path: str, choices: Choices, above: frozenset[str]) -> Mapping[str, Wanted]:
    """What would be chosen in each group if this file had the last word: by itself, or by the files of its defaults."""
    if config_path in above:
        return {}
    entries = choices.entries.get(config_path, ())
    wishes = {entry.key: entry.wanted for entry in entries if entry.group and not entry.package}
    for entry in entries:
        for name in () if entry.override else _names(choices.final.get(entry.key, entry.wanted)):
            option = f"{entry.group}/{name}" if entry.group else name
            wishes = {**_wishes(option, choices, above | {config_path}), **wishes}
    return wishes


def _names(wanted: Wanted | None) -> tuple[str, ...]:
    return tuple(name for name, _ in wanted.options) if wanted else ()
