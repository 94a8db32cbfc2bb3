"""Writes docs/reference.md from the code: python docs/write_reference.py [--check]"""

import inspect

from page import publish

from synth.cli.describe import keys_of
from synth.cli.parser import make_parser
from synth.config.catalog import HOOKS, load_catalog
from synth.config.compose import list_options
from synth.config.recipe import FIXED, RunConfig
from synth.noise.draws import NOISE_COLUMNS
from synth.tables.declared import (
    CLICK_COLUMNS,
    CLICK_LABEL_COLUMNS,
    EPISODE_COLUMNS,
    EVENT_COLUMNS,
    HOLDER_COLUMNS,
    LABEL_COLUMNS,
    LABEL_EVENT_COLUMNS,
    Column,
)
from synth.tables.people import ENTITY_COLUMNS

ENTITIES = """\
The tables of entities, where the population has some. City, country and degrees are there with `population.cities`,
the columns of the customers from `name` on with `population.profile`; of these `street` and `zip` only where there are
cities, `state` and `inhabitants` where all of them lie in the USA. A view shows any of these columns by table and name:
`merchants.name`."""


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    return publish("reference.md", "\n".join([*intro(), *commands(), *keys(), *options(), *columns()]))


def intro() -> list[str]:
    """The head of the page."""
    return ["# Reference", "", "Written by `docs/write_reference.py` from the code; do not edit.", ""]


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {line} |" for line in lines), ""]


def commands() -> list[str]:
    """Every command and its flags."""
    parser = make_parser()
    rows = []
    shared = {action.dest for action in parser._actions} - {"command"}
    for name, command in parser.commands().items():
        own = [a for a in command._actions if a.help != "==SUPPRESS==" and a.dest not in shared]
        told = [f"`{', '.join(a.option_strings) or a.metavar or a.dest}` {a.help or ''}".strip() for a in own]
        rows.append([f"`synth {name}`", command.description or "", "; ".join(told)])
    everywhere = [a for a in parser._actions if a.option_strings and a.dest != "help"]
    flags = [[f"`{', '.join(a.option_strings)}`", a.help or ""] for a in everywhere]
    return [
        "## Commands",
        "",
        *table(["command", "what it does", "arguments"], rows),
        *table(["everywhere", ""], flags),
    ]


def keys() -> list[str]:
    """Every key of every configuration, by group and kind."""
    catalog = load_catalog()
    lines = ["## Keys", ""]
    sections = [("", RunConfig), *((name, config) for name, config in FIXED.items())]
    for group in HOOKS:
        for kind in catalog.names(group):
            spec = catalog.find(group, kind)
            if spec:
                prefix = f"{group}.<name>" if group in ("scenario", "sink") else group
                sections.append((f"{prefix}, kind: {kind}", spec.config))
    for title, config in sections:
        lines += [f"### {title or 'top level'}", "", (inspect.getdoc(config) or "").partition("\n\n")[0], ""]
        lines += table(["key", "type", "meaning"], [[f"`{k['key']}`", k["type"], k["doc"]] for k in keys_of(config)])
    return lines


def options() -> list[str]:
    """The built-in choices of each group."""
    rows = [[f"`{group}={option.name}`", option.summary] for group, found in list_options().items() for option in found]
    return ["## Choices", "", *table(["choice", "what it is"], rows)]


def columns() -> list[str]:
    """Every column of every table."""

    null_if_genuine = [column for column in EVENT_COLUMNS.values() if column.nullable]

    def rows(found: list[Column]) -> list[list[str]]:
        return [
            [f"`{c.name}`", c.arrow, c.unit or "-", c.role, c.doc + " (null for genuine)" * (c in null_if_genuine)]
            for c in found
        ]

    head = ["column", "type", "unit", "role", "meaning"]
    lines = [
        "## Columns",
        "",
        "What a view can show (`columns.fields[].source`):",
        "",
        *table(head, rows(list(EVENT_COLUMNS.values()))),
    ]
    for told, found in (("labels", LABEL_COLUMNS), ("label_events", LABEL_EVENT_COLUMNS)):
        own = [column for name, column in found.items() if name not in EVENT_COLUMNS]
        shared = ", ".join(f"`{name}`" for name in found if name in EVENT_COLUMNS)
        lines += [f"The {told} table has {shared}, and:", "", *table(head, rows(own))]
    lines += ["The noise table of a stream:", "", *table(head, rows(list(NOISE_COLUMNS.values())))]
    for told, found in (("clicks", CLICK_COLUMNS), ("click_labels", CLICK_LABEL_COLUMNS)):
        lines += [f"The {told} table:", "", *table(head, rows(list(found.values())))]
    lines += ["The episodes table:", ""]
    lines += [*table(head, rows(list(EPISODE_COLUMNS.values()))), "The holders table:", ""]
    lines += [
        *table(head, rows(list(HOLDER_COLUMNS.values()))),
        ENTITIES,
        "",
    ]
    for name, found in ENTITY_COLUMNS.items():
        lines += [f"The {name} table:", "", *table(head, rows(list(found.values())))]
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
