"""Writes docs/reference.md from the code: python docs/write_reference.py [--check]"""

import inspect
import re

from page import publish

from synth.cli.describe import keys_of
from synth.cli.parser import make_parser
from synth.config.catalog import HOOKS, load_catalog
from synth.config.compose import list_options
from synth.config.recipe import FIXED, RunConfig, load_recipe
from synth.tables.column import SHIFT_UNIT_US, Column
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.people import ENTITY_COLUMNS
from synth.tables.registry import TABLES, DeclaredTable

ENTITIES = """\
The tables of entities, where the population has some. City, country and degrees are there with `population.cities`,
the columns of the customers from `name` on with `population.profile`; of these `street` and `zip` only where there are
cities, `state` and `inhabitants` where all of them lie in the USA. A view shows any of these columns by table and name:
`merchants.name`."""


#: A word in angle brackets would be a tag of HTML, which nobody sees; within a span of code it is none.
NO_TAG = re.compile(r"(`[^`]*`)|<(?=\w)")


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    return publish("reference.md", "\n".join([*intro(), *commands(), *keys(), *options(), *columns()]))


def intro() -> list[str]:
    """The head of the page."""
    return ["# Reference", "", "Written by `docs/write_reference.py` from the code; do not edit.", ""]


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    lines = [
        " | ".join(NO_TAG.sub(lambda found: found[1] or "\\<", cell.replace("|", "\\|")) for cell in row)
        for row in rows
    ]
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
        "On a terminal an answer is laid out by its width; in a pipe or a file a line stays one line, so that `grep`",
        "finds it whole. An exported `COLUMNS` decides in both.",
        "",
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
                prefix = f"`{group}.<name>`" if group in ("scenario", "sink") else group
                sections.append((f"{prefix}, kind: {kind}", spec.config))
    for title, config in sections:
        lines += [f"### {title or 'top level'}", "", (inspect.getdoc(config) or "").partition("\n\n")[0], ""]
        lines += table(
            ["key", "type", "meaning"], [[f"`{k['key']}`", marked(k["type"]), k["doc"]] for k in keys_of(config)]
        )
    return lines


def marked(told_type: str) -> str:
    """A pattern's signs are none of Markdown's."""
    return re.sub(r"(?<=that matches )\S+", lambda pattern: f"`{pattern[0]}`", told_type)


def options() -> list[str]:
    """The choices of each group that come with synth."""
    groups = list_options(plugin_roots=load_catalog().config_roots)
    rows = [[f"`{group}={option.name}`", option.summary] for group, found in groups.items() for option in found]
    return ["## Choices", "", *table(["choice", "what it is"], rows)]


HEAD = ["column", "type", "unit", "role", "meaning"]


def columns() -> list[str]:
    """Every column of every table."""
    lines = ["## Columns", "", "What a view can show (`columns.fields[].source`):", ""]
    lines += table(HEAD, [told(column) for column in EVENT_COLUMNS.values()])
    lines += generators()
    for declared in TABLES.values():
        if declared.name == next(iter(ENTITY_COLUMNS)):
            lines += [ENTITIES, ""]
        lines += side_table(declared)
    return lines


def generators() -> list[str]:
    """The own columns of each generator, with all that its keys can add, and what decides them."""
    lines = []
    for kind, claims in sorted(load_catalog().kinds["generator"].items()):
        needs = getattr(claims[0][1].factory, "needs", ())
        recipe = load_recipe([f"generator={kind}", *(need for need in needs if need.startswith("population="))])[0]
        own = recipe.generator.make().columns
        if not own:
            continue
        rows = [[*told(column), decided(column)] for column in own]
        lines += [f"`generator={kind}` adds:", "", *table([*HEAD, "what decides it"], rows)]
    return lines


def decided(column: Column) -> str:
    """What decides a column, and whether a pattern may set it all the same."""
    if column.given is None:
        return "a pattern may set it"
    chance = ", and chance" if column.given.drawn else ""
    sought = "; a pattern may set it, and the generator seeks the rest" if column.given.sought else ""
    return f"`{column.given}`{chance}{sought}".replace("`decided by ", "`")


def side_table(declared: DeclaredTable) -> list[str]:
    """A table: its key, its order, and the columns that are not those of events."""
    shared = [name for name, column in declared.columns.items() if column is EVENT_COLUMNS.get(name)]
    own = [told(column) for name, column in declared.columns.items() if name not in shared]
    key, order = (", ".join(f"`{name}`" for name in names) for names in (declared.facts.key, declared.facts.order))
    line = f"The {declared.name} table has the key {key} and is sorted by {order}."
    if shared and own:
        line += f" It has {', '.join(f'`{name}`' for name in shared)} as above, and:"
    return [line, "", *(table(HEAD, own) if own else [])]


def told(column: Column) -> list[str]:
    """A row of the table of columns."""
    notes = "" if not column.nullable or column is not EVENT_COLUMNS.get(column.name) else " (null for genuine)"
    notes += " (follows `clock=rebased`)" if column.follows in SHIFT_UNIT_US else ""
    return [f"`{column.name}`", column.arrow, column.unit or "-", column.role, column.doc + notes]


if __name__ == "__main__":
    raise SystemExit(main())
