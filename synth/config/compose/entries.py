"""The entries of a defaults list, as they are written: which group, which options, and who asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from synth.config.compose.files import ConfigFile, Node
from synth.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The options that somebody asks for in one group, each with the place that asks."""

    options: tuple[tuple[str, str], ...]
    where: str
    many: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a defaults list; ``group`` is empty for a plain config path."""

    group: str
    package: str
    wanted: Wanted
    override: bool = False
    optional: bool = False

    @property
    def key(self) -> str:
        return f"{self.group}@{self.package}" if self.package else self.group


def read_entry(file: ConfigFile, name: str, parent: str, *, wanted: Wanted, words: Sequence[str]) -> Entry:
    group, _, package = name.partition("@")
    return Entry(
        group=make_absolute(group, parent),
        package=package,
        wanted=wanted,
        override="override" in words,
        optional="optional" in words,
    )


def read_wanted(file: ConfigFile, value: Node) -> Wanted:
    many = isinstance(value, yaml.SequenceNode)
    nodes = value.value if many else [value]
    options = tuple((str(node.value), file.at(node)) for node in nodes if node.tag != "tag:yaml.org,2002:null")
    return Wanted(options=options, where=file.at(value), many=many)


def make_absolute(path: str, parent: str) -> str:
    if path.startswith("/") or not parent:
        return path.lstrip("/")
    return f"{parent}/{path}"


def broken_entries(file: ConfigFile, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Yields what is wrong with a defaults list, whatever its entries choose."""
    seen: dict[str, str] = {}
    first_override = ""
    for entry in entries:
        path, where = entry.group.replace("/", "."), entry.wanted.where
        if entry.override:
            first_override = first_override or entry.key
        elif first_override:
            message = f"'{entry.key or entry.wanted.options[0][0]}' stands behind 'override /{first_override}'"
            yield Problem(path=path, message=message, where=where, hint="entries with 'override' come last")
        if entry.override and not entry.package and file.package != "_global_":
            message = f"'override /{entry.key}' cannot be reached from a file that belongs to a part of the recipe"
            hint = f"make '# @package _global_' the first line of {file.label}"
            yield Problem(path=path, message=message, where=where, hint=hint)
        if entry.key in seen and entry.group:
            message = f"'{entry.key}' is chosen in line {seen[entry.key].rpartition(':')[2]} already"
            yield Problem(path=path, message=message, where=where, hint="one entry a group")
        seen[entry.key] = where
