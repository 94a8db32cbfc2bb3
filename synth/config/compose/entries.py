"""The entries of a defaults list, as they are written: which group, which options, and who asks."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from synth.config.compose.files import ConfigFile, Node


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
