"""The parser of the command line: commands, flags and their help."""

import argparse
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from synth import __version__
from synth.cli.arguments import add_globals, count, positive, task
from synth.cli.scaffold import GROUPS, KINDS, TEMPLATES
from synth.errors import SynthError
from synth.wording import nearest

_TOP = """\
A declarative simulator of labelled payment events, with exact ground truth.

  synth run scenario=card_chain                5.4 million rows, 0.25 % fraud
  synth preview scenario=card_chain            rows and an episode, only shown
  synth run -m scenario=card_chain seed=1,2,3  a sweep, with a table at the end
"""

_HOLDS_A_RUN = "a directory, s3://bucket/prefix, a database or a topic that holds a run"

#: Asks for candidates, where a shell's name asks for its script.
QUERY = "query"


class UsageError(SynthError):
    """The command line itself is wrong."""

    exit_code = 2

    def __init__(self, command: str | None, message: str) -> None:
        self.command = command
        super().__init__(f"{message}\n  see {' '.join(['synth', *([command] if command else []), '--help'])}")


class Parser(argparse.ArgumentParser):
    """Raises what is wrong, so that it is told like any other error, with --json too."""

    def error(self, message: str) -> NoReturn:
        """Names the command and where to read about it."""
        raise UsageError(self.prog.partition(" ")[2] or None, re.sub("^argument (COMMAND|ACTION): ", "", message))

    def flags(self, command: str) -> list[str]:
        """The flags of a command."""
        return self.commands()[command].option_strings()

    def option_strings(self) -> list[str]:
        """The flags that it knows itself."""
        return [flag for action in self._actions for flag in action.option_strings]

    def option(self, flag: str) -> argparse.Action | None:
        """What a flag, or the beginning of one flag only, stands for."""
        found = {id(a): a for known, a in self._option_string_actions.items() if known.startswith(flag)}
        exact = self._option_string_actions.get(flag)
        return exact or (next(iter(found.values())) if len(found) == 1 and flag.startswith("--") else None)

    def positionals(self) -> list[argparse.Action]:
        """The arguments that are no flags, in order."""
        return [action for action in self._actions if not action.option_strings]

    def commands(self) -> dict[str, "Parser"]:
        """The parser of each command; empty where there are none."""
        return dict(self._subparsers._group_actions[0].choices or {}) if self._subparsers else {}

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            what = str(action.metavar).lower()
            message = f"no {what} {value!r}{near(value, action.choices)}; there are: {', '.join(action.choices)}"
            raise argparse.ArgumentError(action, message)
        super()._check_value(action, value)


class _Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Keeps what a repeatable flag got before the command, when it stands behind the command, too."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        before = {name: value for name, value in vars(namespace).items() if isinstance(value, list)}
        super().__call__(parser, namespace, values, option_string)
        for name, value in before.items():
            after = getattr(namespace, name)
            if after is not value:
                setattr(namespace, name, [*value, *after])


def near(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'plan'?)``, or nothing."""
    hint = nearest(word, known)
    return f" ({hint})" if hint else ""


@cache
def make_parser() -> Parser:
    """The parser of all commands, made once a process; ``module`` of what it parses is what carries a command out."""
    parser = Parser(prog="synth", description=_TOP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"synth {__version__}")
    add_globals(parser, root=True)
    commands = parser.add_subparsers(action=_Commands, dest="command", metavar="COMMAND", title="commands")

    def command(name: str, summary: str, *, overrides: bool = True, module: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        made.set_defaults(module=module or name)
        add_globals(made, root=False)
        if overrides:
            made.add_argument(
                "overrides",
                nargs="*",
                metavar="KEY=VALUE",
                help="what differs from the defaults, e.g. scenario=card_chain",
            )
        return made

    run = command("run", "make the data of a recipe and write it to its sinks")
    run.add_argument(
        "-m", "--multirun", action="store_true", help="sweep: a job for each combination of comma-separated values"
    )
    run.add_argument("--dry-run", action="store_true", help="plan the run and check its sinks, but write nothing")
    run.add_argument(
        "--workers", type=positive, metavar="N", help="blocks made at a time; the same as runner.workers=N"
    )
    run.add_argument(
        "--overwrite",
        action="store_true",
        help="replace the run that a sink's place holds, once the new one is complete",
    )
    run.add_argument(
        "--resume",
        metavar="URI",
        help="go on with the run that stopped in this place, by the recipe that stands there, and commit it",
    )
    run.add_argument("--parts", type=positive, metavar="N", help="make a part of the run only, of so many")
    run.add_argument(
        "--part",
        type=task,
        metavar="K",
        help="which part, from 0; env: the task of a Slurm array or an indexed Kubernetes job",
    )
    commit = command("commit", "check that all blocks of a run in parts are there, and publish it", overrides=False)
    commit.add_argument("uri", help="a place of the run, of several any")
    commit.add_argument("--workers", type=positive, metavar="N", help="blocks read at a time")
    commit.add_argument("--overwrite", action="store_true", help="replace the run that the place holds")
    clean = command("clean", "remove what runs that nobody will finish have left in a place", overrides=False)
    clean.add_argument("uri", help="a directory or s3://bucket/prefix")
    stream = command("stream", "send the rows of a recipe to a sink in their time, in order; resumable")
    stream.add_argument(
        "--resume",
        action="store_true",
        help="go on where the stream in the sink's place stopped",
    )
    stream.add_argument(
        "--overwrite", action="store_true", help="replace the stream or run that the sink's place holds"
    )
    stream.add_argument(
        "--parts", type=positive, default=1, metavar="N", help="how many processes send the stream, each its cards"
    )
    stream.add_argument(
        "--part", type=count, default=0, metavar="K", help="which of them this one is, from 0 (default 0)"
    )
    command("validate", "check a recipe and write nothing")
    plan = command("plan", "show what a run would make: rows, bytes, fraud, blocks, sinks, and how their places are")
    doctor = command(
        "doctor", "look at the installation and the machine and, with a recipe, at what it needs and its places"
    )
    for each in (plan, doctor):
        each.add_argument(
            "--overwrite", action="store_true", help="say what a run with --overwrite would meet in the sinks' places"
        )
        each.add_argument("--parts", type=positive, metavar="N", help="say, too, how it would be made in so many parts")
    preview = command("preview", "show some rows and a whole episode of each scenario of a recipe, written nowhere")
    preview.add_argument("--rows", type=positive, default=10, metavar="N", help="how many rows to show (default 10)")
    preview.add_argument("--scenario", metavar="NAME", help="show an episode of this scenario alone")
    listing = command("list", "list the choices of each group", overrides=False)
    listing.add_argument("group", nargs="?", help="only this group, e.g. scenario")
    listing.add_argument(
        "--with",
        dest="beside",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="say which choices go with this one, e.g. experiment=tiny; may be given several times",
    )
    describe = command("describe", "explain a choice, a kind, a key or a column", overrides=False)
    describe.add_argument("topic", metavar="name", help="e.g. card_chain, amount=lognormal, tid, timeline.end")
    config = command("config", "show the composed configuration", overrides=False)
    config.add_argument("action", choices=["show"])
    config.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    config.add_argument("--origin", action="store_true", help="say beside each value where it was set")
    schema = command("schema", "print the JSON Schema of configurations, or of the files of a group", overrides=False)
    schema.add_argument("what", metavar="group", help="config: a whole recipe, composed; or e.g. experiment, scenario")
    verify = command("verify", "read an output back and check it against its manifest", overrides=False)
    verify.add_argument("uri", help=_HOLDS_A_RUN)
    verify.add_argument("--strict", action="store_true", help="fail, too, when a check could not be made")
    stats = command("stats", "say in numbers what an output is like, beside what its recipe asks for", overrides=False)
    stats.add_argument("uri", help=_HOLDS_A_RUN)
    stats.add_argument("--plot", action="store_true", help="draw hours, weekdays, fraud by week and columns, too")
    lint = command("lint", "look for what gives fraud away, as a suspicious reader would", overrides=False)
    lint.add_argument(
        "overrides",
        nargs="*",
        metavar="URI|KEY=VALUE|FILE",
        help="a place that holds a run; or a recipe, which is made for it alone; or CSV and Parquet files",
    )
    lint.add_argument("--mapping", type=Path, metavar="YAML", help="which column of the files is what: docs/lint.md")
    report = command("report", "show what an output is like in charts, as one page for a browser", overrides=False)
    report.add_argument(
        "overrides",
        nargs="*",
        metavar="URI|KEY=VALUE|FILE",
        help="a place that holds a run; or a recipe, which is made for it alone; or CSV and Parquet files",
    )
    report.add_argument("--against", metavar="URI|FILE", help="compare with another run, or with a file")
    report.add_argument("--mapping", type=Path, metavar="YAML", help="which column of the files is what: docs/lint.md")
    report.add_argument(
        "--with",
        dest="answers",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="add what synth lint --json has said of the same rows; may be given several times",
    )
    report.add_argument(
        "--format", choices=["html", "md", "json"], default="html", help="of the file (default html, which has charts)"
    )
    report.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default report.html)")
    report.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    init = command("init", "write a first project, which runs at once, into a new folder", overrides=False)
    init.add_argument("name", metavar="NAME", help="of the folder and of the recipe, e.g. my_fraud")
    init.add_argument(
        "--template",
        choices=list(TEMPLATES),
        default="fraud",
        help="; ".join(f"{name}: {what}" for name, what in TEMPLATES.items()),
    )
    _add_plugin_actions(command("plugins", "list plugins, check them, or begin a new one", overrides=False))
    completion = command("completion", "print the completion script of a shell", overrides=False)
    completion.add_argument("shell", choices=["bash", "zsh", "fish", QUERY])
    completion.add_argument("line", nargs="?", default="", help=argparse.SUPPRESS)
    return parser


def _add_plugin_actions(plugins: argparse.ArgumentParser) -> None:
    actions = plugins.add_subparsers(action=_Commands, dest="action", metavar="ACTION", title="actions", required=True)

    def action(name: str, summary: str, module: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        made.set_defaults(module=module)
        add_globals(made, root=False)
        return made

    action("list", "list the plugins, unusable ones too", "plugins")
    check = action("check", "look for mistakes with the conformance kit", "plugins_check")
    check.add_argument("target", metavar="NAME|FILE", help="a plugin, a kind such as card_chain, or a plugin's file")
    check.add_argument(
        "overrides", nargs="*", metavar="KEY=VALUE", help="changes to the recipe, e.g. scenario.mine.ratio=0.1"
    )
    new = action("new", "write the beginning of a plugin into the working directory", "plugins_new")
    new.add_argument("name", metavar="NAME", help="what recipes will call it, e.g. gift_card_drain")
    new.add_argument("--kind", choices=list(KINDS), required=True, help=f"what it is to be: {', '.join(GROUPS)}")
    new.add_argument("--package", action="store_true", help="a package with presets, tests and a README, not one file")
