"""Output views: which columns the emitted table has, under which names, and how text formats print them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as having
from typing import Annotated

from pydantic import Discriminator, Tag
from pydantic import Field as Limits

from synth.errors import MissingColumn, Problem
from synth.tables.column import Column, constant_column
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.people import ENTITY_COLUMNS, LOOKUP_KEYS
from synth.tables.registry import TABLES
from synth.tables.table import Field, Table
from synth.tables.view_edits import (
    Added,
    Dropped,
    Format,
    Naive,
    Name,
    Renamed,
    Shown,
    Source,
    Value,
    broken_edits,
    edit_view,
    is_constant,
)
from synth.wording import nearest

Needs = Mapping[str, Mapping[str, str]]
"""Table of entities → its columns → what a recipe must have for it to have it; empty where it has."""


@dataclass(frozen=True, kw_only=True)
class FieldConfig:
    """One column of a view."""

    name: Name
    source: Source
    format: Format = None
    naive: Naive = False


@dataclass(frozen=True, kw_only=True)
class ConstantConfig:
    """One column of a view that says the same in every row."""

    name: Name
    value: Value


def _form_of(value: object) -> str:
    return "a constant" if is_constant(value) else "a field"


ViewField = Annotated[
    Annotated[FieldConfig, Tag("a field")] | Annotated[ConstantConfig, Tag("a constant")], Discriminator(_form_of)
]


@dataclass(frozen=True, kw_only=True)
class ColumnsConfig:
    """A view: a selection of event columns, and of columns of the entities that an event names, in order."""

    fields: Annotated[list[ViewField], Limits(min_length=1, description="the columns, in order")]
    add: Added = having(default_factory=dict)
    drop: Dropped = having(default_factory=list)
    rename: Renamed = having(default_factory=dict)

    def shown(self) -> list[Shown]:
        """The columns that the output has, with every edit made."""
        fields: list[tuple[str, str, str | None, bool, str | int | float | None]] = [
            (each.name, "", None, False, each.value)
            if isinstance(each, ConstantConfig)
            else (each.name, each.source, each.format, each.naive, None)
            for each in self.fields
        ]
        return edit_view(fields, self)

    def looked_up(self) -> set[str]:
        """The tables of entities whose columns it shows."""
        return {field.source.partition(".")[0] for field in self.shown() if "." in field.source}

    def shown_columns(self, own: Sequence[Column]) -> dict[str, Column]:
        """The columns that the output has, by name, but those that nobody knows.

        Args:
            own: the generator's own columns.
        """
        shown = {field.name: _known(own).get(field.source) for field in self.shown() if field.value is None}
        return {name: column for name, column in shown.items() if column}

    def problems_with(self, own: Sequence[Column] | None, entities: Needs | None) -> Iterator[Problem]:
        """Yields what only the whole recipe shows.

        Args:
            own: the generator's own columns; None where they are not known.
            entities: the population's tables; None where they are not known.
        """
        known = _known(own or ())
        yield from broken_edits([each.name for each in self.fields], self)
        seen: dict[str, Shown] = {}
        refused: list[_Refused] = []
        for field in self.shown():
            if field.name in seen:
                blamed = next((each for each in (field, seen[field.name]) if each.is_edited), field)
                yield Problem(
                    path=blamed.name_at, message=f"two columns are named {field.name!r}", allowed=("each name once",)
                )
            seen[field.name] = field
            column = known.get(field.source)
            if field.value is not None:
                continue
            if column is None and own is not None:
                yield _unknown(field, known)
            elif "." in field.source and entities is not None and (lacking := _lacking(field, own, entities)):
                refused.append((field, *lacking))
            elif column is not None:
                yield from _misshown(field, column)
        yield from _joined(refused)


def _known(own: Sequence[Column]) -> dict[str, Column]:
    """Source → column: all that there are, in some population."""
    lookups = {source: ENTITY_COLUMNS[table][name] for source, (table, name) in every_lookup().items()}
    return {**EVENT_COLUMNS, **{column.name: column for column in own}, **lookups}


def _misshown(field: Shown, column: Column) -> Iterator[Problem]:
    """Yields what a column cannot be shown as."""
    if field.format is not None and (reason := _refusal(column, field.format)) is not None:
        named = tuple(name for name in column.formats if name != "strftime")
        pattern = "or a pattern such as %Y-%m-%d (no commas, quotes or backslashes)"
        yield Problem(
            path=field.format_at,
            message=f"column {field.source!r} has no format {field.format!r}{reason}",
            allowed=(*named, pattern) if "strftime" in column.formats else named,
        )
    if not field.naive:
        return
    if not column.is_time:
        message = f"column {field.source!r} is no time (it is {column.arrow}), so that it has no zone to leave out"
        yield Problem(path=field.naive_at, message=message, allowed=("leave it out",))
    elif zones := [each for each in _DIRECTIVE.findall(field.format or "") if each in ("%z", "%Z")]:
        message = f"a naive time has no zone that {zones[0]} could print"
        yield Problem(path=field.format_at, message=message, allowed=(f"a format without {zones[0]}, or naive: false",))


def _unknown(field: Shown, known: Mapping[str, Column]) -> Problem:
    """What is wrong with a source that nothing here is named."""
    source, at, hint = field.source, field.source_at, nearest(field.source, known)
    table, dot, _ = source.partition(".")
    if dot and table in LOOKUP_KEYS:
        allowed = tuple(name for name in known if name.startswith(f"{table}."))
        return Problem(path=at, message=f"{table} have no column {source!r}", allowed=allowed, hint=hint)
    allowed = (*(name for name in known if "." not in name), *(f"{table}.…" for table in LOOKUP_KEYS))
    return MissingColumn(
        path=at, message=f"no event column named {source!r}", allowed=allowed, hint=hint, source=source
    )


_Refused = tuple[Shown, str, tuple[str, ...]]
"""A column of an entity that cannot be shown, why, and what would be right."""


def _lacking(field: Shown, own: Sequence[Column] | None, entities: Needs) -> tuple[str, tuple[str, ...]] | None:
    """Why a column of an entity cannot be shown, and what would be right; None when it can."""
    table, _, name = field.source.partition(".")
    if table not in entities:
        owner = "merchants" if table in ("merchants", "terminals") else "customers"
        allowed = ("event columns; or a population with people, such as population=retail_us",)
        return f"cannot be looked up: the population has no {owner}", allowed
    if need := entities[table][name]:
        there = tuple(f"{table}.{name}" for name, need in entities[table].items() if not need)
        return f"only known with {need}", there
    key = LOOKUP_KEYS[table]
    if own is None or key in EVENT_COLUMNS or any(column.name == key for column in own):
        return None
    generator = f"columns of cards and customers; or a generator with {key}, such as generator=spending"
    return f"cannot be looked up: the generator's events have no {key}", ("event columns", generator)


def _joined(refused: Sequence[_Refused]) -> Iterator[Problem]:
    """One problem for all columns that cannot be shown for the same reason."""
    for why in dict.fromkeys(why for _, why, _ in refused):
        fields = [(field, allowed) for field, reason, allowed in refused if reason == why]
        names = [repr(field.source) for field, _ in fields]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        verb = "" if why.startswith("cannot") else "is " if len(fields) == 1 else "are "
        first, allowed = fields[0]
        path = first.source_at if len(fields) == 1 else ""
        yield Problem(path=path, message=f"{shown} {verb}{why}", allowed=allowed)


#: The directives of strftime that Arrow knows, and characters that need no quotes in CSV and JSON.
_DIRECTIVE = re.compile(r"%.")
_PATTERN = re.compile(r"(%[YymdHMSjbBaAIpeFTRuwzZDCGgUVWh%]|[^%,\"\\\n\r\t])*")


def _refusal(column: Column, text_format: str) -> str | None:
    """Why a column cannot be printed so, as far as it can be told; None when it can."""
    if text_format in column.formats and text_format != "strftime":
        return None
    if "strftime" not in column.formats or "%" not in text_format:
        return ""
    rest = _PATTERN.sub("", text_format, count=1)
    if not rest:
        return None
    return f": {rest[:2]} is no directive" if rest[0] == "%" else f": {rest[0]!r} may not be in it"


def every_lookup() -> dict[str, tuple[str, str]]:
    """What a view can name of entities, in some population → the table and its column."""
    return {f"{table}.{name}": (table, name) for table in LOOKUP_KEYS for name in ENTITY_COLUMNS[table]}


def column_of(source: str) -> Column | None:
    """The built-in column that a view names so; None where there is none."""
    if source in EVENT_COLUMNS:
        return EVENT_COLUMNS[source]
    table, name = every_lookup().get(source, ("", ""))
    return replace(ENTITY_COLUMNS[table][name], name=source) if table else None


def event_table(
    config: ColumnsConfig, own: Sequence[Column] = (), entities: Mapping[str, Sequence[Column]] | None = None
) -> Table:
    """The transactions table of a view, which may show the generator's own columns, and those of entities, too.

    Args:
        entities: table → its columns.
    """
    known = EVENT_COLUMNS | {column.name: column for column in own}
    for table, columns in (entities or {}).items():
        known |= {f"{table}.{column.name}": replace(column, name=f"{table}.{column.name}") for column in columns}
    fields = []
    for field in config.shown():
        column = known[field.source] if field.value is None else constant_column(field.value)
        text_format = field.format or column.formats[0]
        fields.append(Field(field.name, column.shown_as(text_format, naive=field.naive), text_format))
    return Table("transactions", tuple(fields), TABLES["transactions"].facts)
