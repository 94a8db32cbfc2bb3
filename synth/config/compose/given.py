"""A recipe that somebody holds as a mapping: a primary configuration in memory, above the one that is found in files.

A section that the mapping has stands as it is in the place of its group's default option; text, or a list of it,
chooses options; what the mapping leaves out is the default. An application hands over all that it composed, or a part.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from omegaconf import DictConfig, ListConfig
from omegaconf.errors import OmegaConfBaseException

from synth.config.compose.entries import read_wanted
from synth.config.compose.files import ConfigFile, Library
from synth.config.compose.resolving import reason_of
from synth.config.compose.roots import PRIMARY
from synth.config.compose.sources import ConfigSource, Memory, Offered, Written
from synth.errors import ConfigError, Problem

LABEL = "the given mapping"
_BELOW = "primary_of_files"
_NO_KEYS = ("defaults", "hydra", "synth")

#: What synth resolves by itself, so that no message shows what it came from.
_KEPT = re.compile(r"\$\{\s*(?:oc\.env|sagemaker_bucket)\s*:[^${}]*\}")


class _Dumper(yaml.SafeDumper):
    """Quotes all text, which other readers of YAML might take for a number or a date; repeats what occurs twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def add_given(recipe: Mapping[str, Any], roots: Sequence[ConfigSource]) -> tuple[ConfigSource, ...]:
    """The roots below one that holds the mapping.

    Raises:
        ConfigError: the mapping holds what is no plain data, or what cannot be resolved.
    """
    problems = [_no_key(key) for key in _NO_KEYS if key in recipe]
    plain = _plain(recipe, "", problems)
    if problems:
        raise ConfigError(problems)
    library = Library(roots=roots)
    primary = library.find(PRIMARY)
    groups = dict(_groups(primary)) if primary else {}
    chosen = {key: value for key, value in plain.items() if key in groups and _names_options(value)}
    absent: dict[str, Any] = {key: [] if groups[key] else None for key in plain if key in groups and key not in chosen}
    choices = [{f"override {group}": choice} for group, choice in (absent | chosen).items()]
    body = {key: value for key, value in plain.items() if key not in chosen}
    text = yaml.dump({"defaults": [_BELOW, "_self_", *choices], **body}, Dumper=_Dumper, sort_keys=False)
    offered = {PRIMARY: Offered(text=text, written=Written(label=LABEL))}
    for root in roots:
        if root.is_config(PRIMARY):
            offered.setdefault(_BELOW, Offered(text=root.read(PRIMARY), written=root.written(PRIMARY)))
    return (Memory(provider=LABEL, offered=offered), *roots)


def _no_key(key: str) -> Problem:
    hint = "hand over that part alone, such as cfg.synth" if key == "synth" else ""
    return Problem(path=key, message=f"'{key}' is no key of a recipe", where=LABEL, hint=hint)


def _groups(primary: ConfigFile) -> Iterator[tuple[str, bool]]:
    """The groups of a defaults list, each with whether it takes several options."""
    items = {key.value: value for key, value in primary.node.value} if primary.node else {}
    for item in items["defaults"].value if "defaults" in items else ():
        if isinstance(item, yaml.MappingNode):
            for key, value in item.value:
                yield str(key.value).split()[-1].lstrip("/"), read_wanted(primary, value).many


def _names_options(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(name, str) for name in value))


def _plain(node: Any, path: str, problems: list[Problem]) -> Any:
    """Plain data, with what the application's own configuration refers to in its place; notes what is none."""
    if isinstance(node, Mapping):
        for key in node:
            if not isinstance(key, str):
                message = f"the key {key!r} of '{path}' is not text"
                problems.append(Problem(path=path, message=message, where=LABEL))
        return {key: _entry(node, key, f"{path}.{key}".lstrip("."), problems) for key in node if isinstance(key, str)}
    if isinstance(node, ListConfig | list | tuple):
        return [_entry(node, index, f"{path}.{index}", problems) for index in range(len(node))]
    if node == "???":
        problems.append(Problem(path=path, message=f"'{path}' needs a value", where=LABEL))
        return None
    if node is not None and type(node) not in (bool, int, float, str):
        message = f"'{path}' holds a {type(node).__name__}; only text, numbers, true, false and null are allowed"
        problems.append(Problem(path=path, message=message, where=LABEL))
        return None
    return node


def _entry(node: Any, key: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(node, DictConfig | ListConfig):
        return _plain(node[key], path, problems)
    raw = node._get_node(key)._value()  # type: ignore[union-attr]  # of one key, not of a slice
    if raw == "???":
        return _plain(raw, path, problems)
    if isinstance(raw, str) and "${" in raw and "${" not in _KEPT.sub("", raw):
        return raw
    try:
        value = node[key]
    except OmegaConfBaseException as error:
        message = f"'{path}' cannot be resolved: {reason_of(error)}"
        problems.append(Problem(path=path, message=message, where=LABEL))
        return None
    return _escape(value) if isinstance(value, str) else _plain(value, path, problems)


def _escape(text: str) -> str:
    """A text that is resolved already, so that nothing in it is resolved once more."""
    return re.sub(r"(\\*)\$\{", lambda found: found[1] * 2 + "\\${", text)
