"""Finds the origin of each value of a composed configuration: a line of a file, or an override."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from synth.config.compose.files import ConfigFile, Node, items_of
from synth.config.compose.overrides import Given
from synth.errors import Problem

_TEXT = "tag:yaml.org,2002:str"
_NAMES: dict[Any, str] = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list"}


@dataclass(frozen=True, kw_only=True)
class Origins:
    """Filled in the order of composition: what comes later has the last word, and the last place.

    Attributes:
        words: config path → the word of a file that YAML takes for something else than text, as it stands there.
        keys: config path of a mapping → the same of its keys.
    """

    found: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    clashes: list[Problem] = field(default_factory=list)
    inert: dict[str, str] = field(default_factory=dict)
    _kinds: dict[str, type] = field(default_factory=dict)

    def add_file(self, file: ConfigFile, package: str, without: frozenset[str]) -> None:
        """Record every node of a file that was merged at ``package``, ``without`` some config paths."""
        if file.node is None:
            return
        if package:
            self._record(package, file.at(file.node))
            self._check_kind(package, file.node)
        for key, value in items_of(file.node):
            if key.value not in ("defaults", "hydra"):
                self._note_word(package, key)
                self._add_node(file, f"{package}.{key.value}".lstrip("."), key, value, without)

    def _add_node(self, file: ConfigFile, path: str, anchor: Node, node: Node, without: frozenset[str]) -> None:
        if path in without:
            self._add_inert(file, path, anchor, node)
            return
        if not isinstance(node, yaml.MappingNode):
            self._forget_below(path)
        self._record(path, file.at(anchor))
        self._check_kind(path, node)
        if isinstance(node, yaml.ScalarNode) and node.tag != _TEXT:
            self.words[path] = node.value
        if isinstance(node, yaml.MappingNode):
            for key, value in items_of(node):
                self._note_word(path, key)
                self._add_node(file, f"{path}.{key.value}", key, value, without)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._add_node(file, f"{path}.{index}", item, item, without)

    def _note_word(self, path: str, key: Node) -> None:
        """Keep a key that YAML takes for something else than text as it stands in the file."""
        if key.tag != _TEXT:
            self.keys.setdefault(path, []).append(key.value)

    def _add_inert(self, file: ConfigFile, path: str, anchor: Node, node: Node) -> None:
        """Record the settings of a choice that was taken away."""
        if not isinstance(node, yaml.MappingNode) or not node.value:
            self.inert[path] = file.at(anchor)
        for key, value in items_of(node) if isinstance(node, yaml.MappingNode) else ():
            self._add_inert(file, f"{path}.{key.value}", key, value)

    def _check_kind(self, path: str, node: Node) -> None:
        """A list cannot be merged with a mapping, and OmegaConf does not say which."""
        before, self._kinds[path] = self._kinds.get(path), type(node)
        if {before, type(node)} == _NAMES.keys():
            message = f"{path} is {_NAMES[type(node)]}, not {_NAMES[before]}"
            self.clashes.append(Problem(path=path, message=message, where=self.found[path]))

    def add_override(self, given: Given) -> None:
        """Record what one override sets, or forget what it deletes."""
        if given.parsed.is_delete():
            self._forget_below(given.key)
            self.found.pop(given.key, None)
            self._forget_behind(given.key)
        else:
            self._add_value(given.key, given.parsed.value(), given.where)

    def add_absent(self, path: str, where: str) -> None:
        """Record who may be the reason that ``path`` is not there: a deletion, or a list of choices without it."""
        self.absent[path] = where

    def _add_value(self, path: str, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            self._forget_below(path)
        self._record(path, where)
        for key, child in _children(value):
            self._add_value(f"{path}.{key}", child, where)

    def _record(self, path: str, where: str) -> None:
        self.words.pop(path, None)
        self.found.pop(path, None)
        self.found[path] = where

    def _forget_below(self, path: str) -> None:
        if path in self.found:
            for stale in [known for known in self.found if known.startswith(f"{path}.")]:
                del self.found[stale]
                self._kinds.pop(stale, None)

    def _forget_behind(self, path: str) -> None:
        """Those behind an entry that leaves its list move up: what is left to tell is the list's own place."""
        parent, _, number = path.rpartition(".")
        for known in [known for known in self.found if number.isdecimal() and known.startswith(f"{parent}.")]:
            step = known.removeprefix(f"{parent}.").partition(".")[0]
            if step.isdecimal() and int(step) > int(number):
                del self.found[known]

    def within(self, config: Mapping[str, Any]) -> dict[str, str]:
        """What was found, for the paths that ``config`` holds, and who took others away."""
        present = set(_paths(config, ""))
        gone = {path: where for path, where in self.absent.items() if path not in present}
        return gone | {path: where for path, where in self.found.items() if path in present}


def _children(value: Any) -> Iterable[tuple[Any, Any]]:
    """What a mapping or a list holds, by key or position; nothing for a plain value."""
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _paths(value: Any, prefix: str) -> Iterable[str]:
    for key, child in _children(value):
        path = f"{prefix}.{key}".lstrip(".")
        yield path
        yield from _paths(child, path)
