"""The YAML file beside a plugin: group → option name → body, each body an option."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from synth.config.catalog.defaults import as_yaml, defaults_of
from synth.config.catalog.provider import HOOKS, Preset
from synth.config.compose.files import ConfigFile, Node, items_of, read_config_file
from synth.errors import PluginError
from synth.tables.column import PLAIN_NAME
from synth.wording import nearest

_COMMENT = re.compile(r"\s*:?\s*(?:&\S+\s+)?#\s*(.*\S)")
_TAG = "tag:yaml.org,2002:"
_TAGS = {_TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "value")}


def read_presets(path: Path, label: str) -> tuple[Preset, ...]:
    """The presets of a file, in its order.

    Args:
        label: how messages name the file.

    Raises:
        PluginError: the file has another shape; says in which line.
    """
    file = read_config_file(path, label)
    if file.problems:
        raise PluginError("; ".join(f"{each.where}: {each.message}" for each in file.problems))
    if file.node is None:
        return ()
    _refuse_tags(file, file.node)
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(
        Preset(
            group=group.value,
            name=name.value,
            kind=_kind(file, name, body),
            summary=_comment(lines, name, body),
            body=yaml.serialize(body, Dumper=yaml.SafeDumper),
            file=path,
            label=label,
        )
        for group, name, body in _bodies(file)
    )


def with_defaults(body: str, config: type[Any] | None) -> str:
    """A body as YAML with the keys that it leaves out, from the defaults of the config class."""
    node = yaml.compose(body, Loader=yaml.SafeLoader)
    return str(yaml.serialize(_filled(node, defaults_of(config) if config else {}), Dumper=yaml.SafeDumper))


def _filled(node: Node, defaults: Mapping[str, Any]) -> Node:
    """A mapping with what it leaves out, below its keys too."""
    given = {key.value: (key, value) for key, value in items_of(node)}
    for name, default in defaults.items():
        if name not in given:
            added: Node = yaml.compose(f"{name}: {as_yaml(default)}", Loader=yaml.SafeLoader)
            [given[name]] = added.value
        elif _is_filled_by(given[name][1], default):
            below = {each.name: getattr(default, each.name) for each in fields(default)}
            given[name] = (given[name][0], _filled(given[name][1], below))
    return yaml.MappingNode(node.tag, list(given.values()), flow_style=node.flow_style)


def _is_filled_by(node: Node, default: Any) -> bool:
    """Whether a mapping is of the class that its default is of; free mappings, and other kinds, stay as they are."""
    if not isinstance(node, yaml.MappingNode) or not is_dataclass(default):
        return False
    kinds = [value.value for key, value in items_of(node) if key.value == "kind"]
    return not kinds or kinds[-1] == getattr(default, "kind", "")


def _refuse_tags(file: ConfigFile, node: Node) -> None:
    if node.tag not in _TAGS:
        raise PluginError(f"{file.at(node)}: the tag {node.tag.replace(_TAG, '!!')!r} is not allowed")
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode):
        for below in node.value:
            for each in below if isinstance(below, tuple) else [below]:
                _refuse_tags(file, each)


def _bodies(file: ConfigFile) -> Iterator[tuple[Node, Node, Node]]:
    """(group, option, body) in the order of the file."""
    for group, options in items_of(file.node):
        if group.value not in HOOKS:
            meant = nearest(group.value, HOOKS)
            message = f"no group named {group.value!r}" + (f" ({meant})" if meant else "")
            raise PluginError(f"{file.at(group)}: {message}; allowed: {', '.join(HOOKS)}")
        if not isinstance(options, yaml.MappingNode):
            raise PluginError(f"{file.at(group)}: {group.value!r} must hold options by name, each a mapping")
        for name, body in items_of(options):
            if not PLAIN_NAME.fullmatch(name.value):
                message = f"an option cannot be named {name.value!r}"
                raise PluginError(f"{file.at(name)}: {message}; allowed: letters, digits, _ and -, beginning with none")
            yield group, name, body


def _kind(file: ConfigFile, name: Node, body: Node) -> str:
    """The kind of an option's body, which must have one."""
    if not isinstance(body, yaml.MappingNode):
        raise PluginError(f"{file.at(name)}: option {name.value!r} must be a mapping with the key 'kind'")
    found = {key.value: (key, value) for key, value in items_of(body)}
    if "defaults" in found:
        message = "cannot have a defaults list; a folder of choices can (hook synth_config_roots)"
        raise PluginError(f"{file.at(found['defaults'][0])}: option {name.value!r} {message}")
    kind = found["kind"][1] if "kind" in found else None
    if kind is None or kind.tag != f"{_TAG}str" or not kind.value:
        raise PluginError(f"{file.at(kind or name)}: option {name.value!r} has no kind; write 'kind: <name>'")
    return str(kind.value)


def _comment(lines: list[str], name: Node, body: Node) -> str:
    """The comment on the line of an option's name, or the line above it."""
    at = name.end_mark.line
    within = body.flow_style and body.end_mark.line == at
    found = _COMMENT.fullmatch(lines[at][(body if within else name).end_mark.column :])
    above = lines[at - 1].strip() if at else ""
    if found:
        return found[1]
    return above.lstrip("# ") if above.startswith("#") else ""
