"""``synth completion``: a shell asks ``synth completion query LINE`` for the candidates of the last word."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from synth.cli import output
from synth.cli.parser import QUERY, make_parser
from synth.cli.words import Words, read_words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from synth.config.compose import PluginRoot

_BASH = """\
_synth() {
  local line="${COMP_LINE:0:COMP_POINT}" word
  word="${line##*[[:space:]]}"
  local cut="${word%"${COMP_WORDS[COMP_CWORD]#=}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    [ -n "$candidate" ] && COMPREPLY+=("${candidate#"$cut"}")
  done < <(synth completion query -- "${line#* }" 2>/dev/null)
  [[ ${#COMPREPLY[@]} = 1 && ${COMPREPLY[0]} = *[=./] ]] && compopt -o nospace
}
complete -F _synth synth synth-fraud
"""

_ZSH = """\
#compdef synth synth-fraud
_synth() {
  local line="${BUFFER[1,CURSOR]}"
  local -a candidates
  candidates=("${(@f)$(synth completion query -- "${line#* }" 2>/dev/null)}")
  compadd -Q -S '' -- ${candidates:#}
}
compdef _synth synth synth-fraud
"""

_FISH = """\
function __synth_complete
  set -l line (commandline -cp)
  synth completion query -- (string replace -r '^\\S+\\s' '' -- $line) 2>/dev/null
end
complete -c synth -f -a '(__synth_complete)'
complete -c synth-fraud -f -a '(__synth_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def main(args: argparse.Namespace) -> int:
    """Prints a script, or the candidates."""
    found = candidates(args.line) if args.shell == QUERY else _SCRIPTS[args.shell]
    if args.json:
        return output.succeed(args, found, "")
    if found:
        output.say(found if isinstance(found, str) else "\n".join(found))
    return 0


def candidates(line: str) -> list[str]:
    """What could stand in place of the last word of a line that begins after ``synth``."""
    *words, last = _split(line)
    read = read_words(make_parser(), words)
    if read is None:
        return []
    if read.pending:
        if read.pending.type is Path:
            return _offer_files(last, folders_alone=read.pending.metavar == "DIR")
        found = read.pending.choices or ()
    elif last.startswith("-"):
        found = read.parser.option_strings()
    elif read.expected is None:
        found = ()
    elif read.expected.choices:
        found = [word for word in read.expected.choices if word != QUERY]
    else:
        offer = _OFFERS.get(read.expected.dest)
        return offer(read, last) if offer else []
    return [word for word in found if word.startswith(last)]


def _split(line: str) -> list[str]:
    """The words of a line without their quotes, the last one, which may be empty or end within its quotes, included."""
    fresh = not line or line[-1].isspace()
    for quote, begun in (("", fresh), ("'", False), ('"', False)):
        try:
            return shlex.split(line + quote) + [""] * begun
        except ValueError:
            continue
    return line.split() + [""] * fresh


def _offer_overrides(read: Words, last: str) -> list[str]:
    from synth.config.compose import complete

    given = [word for word in read.given["overrides"] if not any(map(str.isspace, word))]
    return complete(" ".join([*given, last]), config_dirs=read.paths("config_dir"), plugin_roots=_plugin_roots(read))


def _offer_groups(read: Words, last: str) -> list[str]:
    from synth.config.compose import list_options

    groups = list_options(config_dirs=read.paths("config_dir"), plugin_roots=_plugin_roots(read))
    return [group for group in groups if group.startswith(last)]


def _offer_schemas(read: Words, last: str) -> list[str]:
    from synth.cli.schema import COMPOSED

    return [COMPOSED] * COMPOSED.startswith(last) + _offer_groups(read, last)


def _offer_plugins(read: Words, last: str) -> list[str]:
    from synth.config.catalog import load_catalog

    catalog = load_catalog(read.paths("plugin"), read.paths("plugins_dir"))
    names = {p.name for p in catalog.providers} | {kind for kinds in catalog.kinds.values() for kind in kinds}
    return sorted(name for name in names if name.startswith(last))


def _offer_places(read: Words, last: str) -> list[str]:
    return _offer_files(last, folders_alone=True)


def _offer_checked(read: Words, last: str) -> list[str]:
    return [*_offer_plugins(read, last), *_offer_files(last)]


def _offer_files(last: str, *, folders_alone: bool = False) -> list[str]:
    """What a path may go on with, folders with a slash behind them; hidden ones where their dot is typed."""
    folder, slash, begun = last.rpartition("/")
    try:
        entries = sorted(Path(folder + slash or ".").expanduser().iterdir())
    except OSError:
        return []
    shown = [entry for entry in entries if entry.name.startswith(begun) and (begun or entry.name[0] != ".")]
    kept = [entry for entry in shown if entry.is_dir() or (entry.suffix == ".py" and not folders_alone)]
    return [f"{folder}{slash}{entry.name}{'/' if entry.is_dir() else ''}" for entry in kept]


def _offer_topics(read: Words, last: str) -> list[str]:
    """What ``describe`` explains: groups, choices, kinds, columns, and a step of a key's path at a time."""
    from synth.cli.describe import names, steps_below
    from synth.config.catalog import load_catalog
    from synth.config.compose import list_options

    catalog = load_catalog(read.paths("plugin"), read.paths("plugins_dir"))
    options = list_options(config_dirs=read.paths("config_dir"), plugin_roots=catalog.config_roots)
    known = {*names(catalog), *options, *(option.name for each in options.values() for option in each)}
    if "=" in last:
        known = {f"{group}={option.name}" for group, each in options.items() for option in each}
    elif "." in last:
        known |= {*steps_below(catalog, last)}
    return sorted(name for name in known if name.startswith(last))


def _plugin_roots(read: Words) -> Sequence[PluginRoot]:
    """What the plugins offer; where all of them come with synth, no component need be loaded to know it."""
    from synth.config.catalog.bundled import bundled_roots

    files, folders = read.paths("plugin"), read.paths("plugins_dir")
    if not (files or folders) and (roots := bundled_roots()) is not None:
        return roots
    from synth.config.catalog import load_catalog

    return load_catalog(files, folders).config_roots


#: Argument of a command → what could stand there.
_OFFERS = {
    "overrides": _offer_overrides,
    "group": _offer_groups,
    "what": _offer_schemas,
    "target": _offer_checked,
    "topic": _offer_topics,
    "uri": _offer_places,
}
