"""``synth completion``: a shell asks ``synth completion query LINE`` for the candidates of the last word."""

import argparse

from synth.cli import output
from synth.cli.parser import Parser, make_parser
from synth.cli.scaffold import GROUPS

_BASH = """\
_synth() {
  local line="${COMP_LINE:0:COMP_POINT}" word
  word="${line##*[[:space:]]}"
  local cut="${word%"${COMP_WORDS[COMP_CWORD]#=}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    [ -n "$candidate" ] && COMPREPLY+=("${candidate#"$cut"}")
  done < <(synth completion query -- "${line#* }" 2>/dev/null)
  [[ ${#COMPREPLY[@]} = 1 && ${COMPREPLY[0]} = *[=.] ]] && compopt -o nospace
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
    found = candidates(args.line) if args.shell == "query" else _SCRIPTS[args.shell]
    if args.json:
        return output.succeed(args, found, "")
    if found:
        output.say(found if isinstance(found, str) else "\n".join(found))
    return 0


#: Flags that take a value of their own.
_VALUED = ("--plugin", "--plugins-dir", "--config-dir", "--workers", "--rows")


def candidates(line: str) -> list[str]:
    """What could stand in place of the last word of a line that begins after ``synth``."""
    words = line.split()
    last = "" if not line or line[-1].isspace() else words.pop()
    parser = make_parser()
    commands = parser.commands()
    command = next((word for word in words if word in commands), None)
    if command is None:
        return [name for name in commands if name.startswith(last)]
    if command == "plugins":
        return _actions(commands[command], words, last)
    if last.startswith("-"):
        return [flag for flag in parser.flags(command) if flag.startswith(last)]
    given = [w for i, w in enumerate(words) if not w.startswith("-") and (i == 0 or words[i - 1] not in _VALUED)][1:]
    fixed = [action.choices for action in commands[command]._actions if not action.option_strings and action.choices]
    if fixed and not given:
        return [word for word in fixed[0] if word.startswith(last) and word != "query"]
    return _overrides(command, words, given[len(fixed) :], last)


def _actions(plugins: Parser, words: list[str], last: str) -> list[str]:
    """What could follow ``plugins``."""
    actions = plugins.commands()
    action = next((word for word in words if word in actions), None)
    if action is None:
        return [name for name in actions if name.startswith(last)]
    if words[-1] == "--kind":
        return [kind for kind in GROUPS if kind.startswith(last)]
    if last.startswith("-"):
        return [flag for flag in plugins.flags(action) if flag.startswith(last)]
    if action != "check":
        return []
    from synth.config.catalog import load_catalog

    catalog = load_catalog()
    names = {p.name for p in catalog.providers} | {kind for kinds in catalog.kinds.values() for kind in kinds}
    return sorted(name for name in names if name.startswith(last))


def _overrides(command: str, words: list[str], given: list[str], last: str) -> list[str]:
    from pathlib import Path

    from synth.config.catalog import load_catalog
    from synth.config.compose import complete, list_options

    values = {flag: [Path(words[i + 1]) for i, word in enumerate(words[:-1]) if word == flag] for flag in _VALUED}
    catalog = load_catalog(values["--plugin"], values["--plugins-dir"])
    if command == "list":
        groups = list_options(config_dirs=values["--config-dir"], plugin_roots=catalog.config_roots)
        return [group for group in groups if group.startswith(last)]
    if command not in ("run", "stream", "validate", "plan", "doctor", "preview", "config"):
        return []
    line = " ".join([*given, last])
    return complete(line, config_dirs=values["--config-dir"], plugin_roots=catalog.config_roots)
