"""The YAML of the searched roots as node trees, which know the line of every value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from synth.config.compose.excess import TOO_DEEP, find_excess
from synth.config.compose.roots import PRIMARY
from synth.config.compose.sources import ConfigSource, package_of, read_text
from synth.errors import Problem

Node = Any  # yaml's nodes come without types

_NOT_YOURS = "options of Hydra's own groups name code, so only installed packages provide them"
_INSTEAD = "choose an installed one and set its values on the command line, such as hydra.launcher.n_jobs=2"

YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """One parsed file.

    Attributes:
        label: how messages name it.
        node: its top-level mapping; None when it is empty or broken.
        problems: what is wrong with the file alone.
        package: where its ``# @package`` line puts it; empty where it has none.
        lined: whether its lines are somebody's; those of a generated file are not.
    """

    label: str
    node: Node | None
    problems: tuple[Problem, ...] = ()
    package: str = ""
    lined: bool = True

    def at(self, node: Node) -> str:
        """``file:line`` of a node."""
        return f"{self.label}:{node.start_mark.line + 1}" if self.lined else self.label

    def below(self, keys: Sequence[str]) -> "ConfigFile":
        """The part of the file that stands below these keys."""
        node = self.node
        for wanted in keys if node is not None else ():
            node = {key.value: value for key, value in items_of(node)}[wanted]
        return replace(self, node=node)


@dataclass(frozen=True, kw_only=True)
class Library:
    """The files of the roots, each parsed once."""

    roots: Sequence[ConfigSource]
    _files: dict[str, ConfigFile | None] = field(default_factory=dict)

    @property
    def has_builtin_primary(self) -> bool:
        """Whether the primary configuration is synth's own."""
        return next((root.provider == "synth" for root in self.roots if root.is_config(PRIMARY)), False)

    def find(self, config_path: str) -> ConfigFile | None:
        """The file behind a config path such as ``scenario/card_chain``: the one in the earliest root."""
        config_path = config_path.removesuffix(".yaml")
        if config_path not in self._files:
            self._files[config_path] = self._load(config_path)
        return self._files[config_path]

    def _load(self, config_path: str) -> ConfigFile | None:
        for root in self.roots:
            if not root.is_config(config_path):
                continue
            written = root.written(config_path)
            if not root.may_hold(config_path):
                return _broken(written.label, f"'{config_path}' is not allowed: {_NOT_YOURS}", written.label, _INSTEAD)
            clash = next((each.clashes[config_path] for each in self.roots if config_path in each.clashes), "")
            if clash and root.provider:
                return _broken(written.label, clash, written.label)
            if written.file:
                return read_config_file(written.file, written.label).below(written.keys)
            return parse_config(root.read(config_path), written.label, lined=False)
        return None


def read_config_file(path: Path, label: str) -> ConfigFile:
    """A file that somebody wrote."""
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _broken(label, "the file is not UTF-8", f"{label}:{line}", "save it as UTF-8")
    except OSError as error:
        return _broken(label, f"cannot read the file: {str(error).splitlines()[0]}", label)
    return parse_config(text, label)


@lru_cache(maxsize=1024)
def parse_config(text: str, label: str, *, lined: bool = True) -> ConfigFile:
    """A configuration's YAML, checked as far as it can be alone; once a process, as nobody changes a node."""
    try:
        node = yaml.compose(text, Loader=YAML_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{label}:{mark.line + 1}:{mark.column + 1}" if mark else label
        return _broken(label, f"broken YAML: {_reason(error, text.splitlines())}", where)
    except RecursionError:
        return _broken(label, TOO_DEEP, label)
    except yaml.YAMLError as error:
        return _broken(label, f"cannot read the file: {str(error).splitlines()[0]}", label)
    if node is None:
        return ConfigFile(label=label, node=None, package=package_of(text))
    if not isinstance(node, yaml.MappingNode):
        return _broken(label, "the file must hold a mapping, 'key: value'", f"{label}:{node.start_mark.line + 1}")
    file = ConfigFile(label=label, node=node, package=package_of(text), lined=lined)
    if excess := find_excess(node):
        return _broken(label, excess[0], file.at(excess[1]))
    return replace(file, problems=tuple(_check_nodes(file, node, "")))


def _reason(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> str:
    """The parser's reason, with what stands where it stopped and where the unfinished began."""

    def char_at(mark: Any) -> str:
        return "".join(lines[mark.line : mark.line + 1])[mark.column : mark.column + 1] if mark else ""

    opened = char_at(error.context_mark)
    if char_at(error.problem_mark) == "\t":
        return "a tab; indent with spaces"
    if error.context_mark and opened and opened in "[{'\"":
        return f"the {opened} of line {error.context_mark.line + 1} is not closed: {error.problem}"
    return ", ".join(part for part in (error.context, error.problem) if part)


def _broken(label: str, message: str, where: str, hint: str = "") -> ConfigFile:
    problem = Problem(path="", message=message, where=where, hint=hint)
    return ConfigFile(label=label, node=None, problems=(problem,))


def items_of(mapping: Node) -> Iterator[tuple[Node, Node]]:
    """The (key, value) nodes of a mapping, merge keys (``<<``) expanded before the mapping's own keys."""
    for key, value in mapping.value:
        if key.tag == "tag:yaml.org,2002:merge":
            for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                yield from items_of(merged)
    for key, value in mapping.value:
        if key.tag != "tag:yaml.org,2002:merge":
            yield key, value


def _check_nodes(file: ConfigFile, node: Node, path: str) -> Iterator[Problem]:
    """What Hydra or OmegaConf would trip over, or what would let a file run code."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _check_nodes(file, item, f"{path}.{index}")
    if isinstance(node, yaml.ScalarNode) and "${" in node.value and not _is_readable(node.value):
        yield broken_interpolation(path, file.at(node))
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        child = f"{path}.{key.value}".lstrip(".")
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(path=path, message="a key must be a plain word", where=file.at(key))
            continue
        if key.value in seen:
            yield Problem(path=child, message=f"duplicate key '{child}'", where=file.at(key))
        seen.add(key.value)
        if key.value == "_target_":
            yield target_problem(child, file.at(key))
        if child == "hydra" and not isinstance(value, yaml.MappingNode):
            yield Problem(path=child, message="'hydra' must be a mapping", where=file.at(key))
        if child == "hydra.searchpath":
            yield searchpath_problem(file.at(key))
        yield from _check_nodes(file, value, child)


def _is_readable(text: str) -> bool:
    from omegaconf.errors import GrammarParseError
    from omegaconf.grammar_parser import parse

    try:
        parse(text)
    except GrammarParseError:
        return False
    return True


def broken_interpolation(path: str, where: str) -> Problem:
    return Problem(
        path=path,
        message=f"'{path}' holds a broken interpolation",
        where=where,
        hint="a literal '${' is written '\\${'",
    )


def target_problem(path: str, where: str) -> Problem:
    return Problem(
        path=path,
        message=f"'{path}' is not allowed: a configuration cannot name code; synth looks components up by 'kind'",
        where=where,
    )


def searchpath_problem(where: str) -> Problem:
    return Problem(
        path="hydra.searchpath",
        message="'hydra.searchpath' is not allowed",
        where=where,
        hint="use --config-dir DIR, or config_dirs of [tool.synth] in pyproject.toml",
    )
