"""Edits of an output view, one column at a time: what it gains, loses and renames without repeating the others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol

from pydantic import Discriminator, Tag
from pydantic import Field as Limits

from synth.errors import Problem
from synth.wording import nearest

_NAME = r"^[A-Za-z_]([A-Za-z0-9_.: -]*[A-Za-z0-9_.-])?$"
_NAMED = "its name in the output; letters, digits, _ . -, with a letter or _ first; spaces, : inside"

Name = Annotated[str, Limits(pattern=_NAME, description=_NAMED)]
Source = Annotated[
    str, Limits(description="the event column that it shows, or one of an entity of the event: merchants.name")
]
Format = Annotated[str | None, Limits(description="how it is shown; null: the column's first format")]
Naive = Annotated[bool, Limits(description="of a time, which is in UTC: whether it does not say so")]


@dataclass(frozen=True, kw_only=True)
class AddedField:
    """A column that a view gains, under its name."""

    source: Source
    format: Format = None
    naive: Naive = False


Value = Annotated[str | int | float, Limits(description="what every row says in it: text or a number")]


@dataclass(frozen=True, kw_only=True)
class AddedConstant:
    """A column that a view gains, under its name, with the same value in every row."""

    value: Value


def _form_of(value: object) -> str:
    if isinstance(value, str):
        return "a source"
    return "a constant" if is_constant(value) else "a mapping"


def is_constant(value: object) -> bool:
    """Whether a column of a configuration has a value in the place of a source."""
    return isinstance(value, dict) and "value" in value


Addition = Annotated[
    Annotated[str, Tag("a source")]
    | Annotated[AddedField, Tag("a mapping")]
    | Annotated[AddedConstant, Tag("a constant")],
    Discriminator(_form_of),
]
Added = Annotated[
    dict[str, Addition],
    Limits(
        description="columns that the view gains, last and by name: name → source, {source, format, naive} or {value}"
    ),
]
Dropped = Annotated[list[str], Limits(description="columns that the view loses, by name")]
Renamed = Annotated[dict[str, Name], Limits(description="columns that get another name: name → new name")]


class Edits(Protocol):
    """What is to be done to a view."""

    @property
    def add(self) -> Mapping[str, str | AddedField | AddedConstant]:
        """Name → source."""

    @property
    def drop(self) -> Sequence[str]:
        """Names."""

    @property
    def rename(self) -> Mapping[str, str]:
        """Name → new name."""


#: Edits that change nothing: with these a view is what its fields are.
_IDLE: Mapping[str, Any] = {"add": {}, "drop": [], "rename": {}}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A column of the output.

    Attributes:
        source: empty where it has the same ``value`` in every row.
        naive: whether it is a time without a zone.
        name_at, source_at, format_at, naive_at: the path, below the view, of what sets each.
    """

    name: str
    source: str
    format: str | None
    name_at: str
    source_at: str
    format_at: str
    naive_at: str
    naive: bool = False
    value: str | int | float | None = None

    @property
    def is_edited(self) -> bool:
        """Whether an edit gives it its name."""
        return not self.name_at.startswith("fields.")


def edit_view(
    fields: Sequence[tuple[str, str, str | None, bool, str | int | float | None]], edits: Edits
) -> list[Shown]:
    """The columns left of a view, renamed, in their order; then the added ones by name.

    Args:
        fields: (name, source, format, naive, value) of each column, in order.
    """
    shown = [
        Shown(
            name=edits.rename.get(name, name),
            source=source,
            format=text_format,
            name_at=f"rename.{name}" if name in edits.rename else f"fields.{i}.name",
            source_at=f"fields.{i}.source",
            format_at=f"fields.{i}.format",
            naive_at=f"fields.{i}.naive",
            naive=naive,
            value=value,
        )
        for i, (name, source, text_format, naive, value) in enumerate(fields)
        if name not in edits.drop
    ]
    for name, added in sorted(edits.add.items()):
        at = f"add.{name}"
        whole = Shown(name=name, source="", format=None, name_at=at, source_at=at, format_at=at, naive_at=at)
        if isinstance(added, str):
            shown.append(replace(whole, source=added))
        elif isinstance(added, AddedConstant):
            shown.append(replace(whole, value=added.value))
        else:
            places = {f"{key}_at": f"{at}.{key}" for key in ("source", "format", "naive")}
            shown.append(replace(whole, source=added.source, format=added.format, naive=added.naive, **places))
    return shown


def broken_edits(names: Sequence[str], edits: Edits) -> Iterator[Problem]:
    """Yields the edits that cannot be made to columns of these names."""
    wanted = [(f"drop.{i}", name) for i, name in enumerate(edits.drop)]
    wanted += [(f"rename.{name}", name) for name in edits.rename]
    for at, name in wanted:
        if name not in names:
            yield Problem(
                path=at,
                message=f"the view has no column {name!r}",
                allowed=tuple(names),
                hint=nearest(name, names),
            )
    for name in edits.rename:
        if name in edits.drop:
            yield Problem(
                path=f"rename.{name}", message=f"column {name!r} is dropped and renamed", allowed=("one of the two",)
            )
    for name in edits.add:
        if not re.fullmatch(_NAME, name):
            yield Problem(
                path=f"add.{name}", message=f"a column cannot be named {name!r}", allowed=(f"text: {_NAMED}",)
            )
    if not edits.add and set(names) <= set(edits.drop):
        yield Problem(
            path="drop", message="every column of the view is dropped", allowed=("a column that is left, or added",)
        )


def without_idle_edits(config: dict[str, Any]) -> dict[str, Any]:
    """A composed configuration without the edits of its view that change nothing, which are no part of a recipe."""
    view = config.get("columns")
    if not isinstance(view, dict):
        return config
    return {**config, "columns": {key: value for key, value in view.items() if (key, value) not in _IDLE.items()}}
