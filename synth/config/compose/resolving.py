"""From OmegaConf's nodes to plain values: every interpolation resolved, every failure reported for its own key."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import omegaconf
import yaml
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf, ValueNode
from omegaconf.errors import (
    InterpolationKeyError,
    InterpolationToMissingValueError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)

from synth.config.compose.bucket import sagemaker_bucket
from synth.config.compose.files import target_problem
from synth.config.compose.results import nearest_origin
from synth.config.compose.stamps import PLACED, Stamp, sink_texts, tells_number
from synth.errors import Problem
from synth.wording import in_yaml, nearest

_RESOLVER = re.compile(r"(?<!\\)\$\{\s*((?:[^:{}$]|\$\{[^{}]*\})+?)\s*:")
#: What a configuration holds, but for mappings and lists.
_PLAIN = (type(None), bool, int, float, str)
_CIRCLE = "refers to a mapping that it is a part of"
_BUCKET = "sagemaker_bucket"
_STANDARD = (
    *("oc.env", "oc.select", "oc.decode", "oc.create", "oc.deprecated", "oc.dict.keys", "oc.dict.values"),
    _BUCKET,
)


def register_resolvers() -> None:
    """Make ``${sagemaker_bucket:}`` known; registering twice is harmless."""
    # 2.4 takes back the old name and deprecates the new one
    old = omegaconf.__version__.startswith("2.3.")
    register: Callable[..., None] = OmegaConf.register_new_resolver if old else OmegaConf.register_resolver
    register(_BUCKET, sagemaker_bucket, replace=True)


def forbidden_resolvers(path: str, text: str, where: str, allowed: Sequence[str] = _STANDARD) -> Iterator[Problem]:
    """Resolvers in ``text`` other than the allowed ones: a host application may have registered one that runs code."""
    refused = "not one of the standard ones" if allowed is _STANDARD else "not allowed here"
    for name in _RESOLVER.findall(text):
        if name not in allowed:
            yield Problem(
                path=path,
                message=f"'{path}' uses the resolver '{name}', which is {refused}",
                where=where,
                allowed=tuple(allowed),
                hint=PLACED[name] if name in PLACED and allowed is _STANDARD else nearest(name, allowed),
            )


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """Walks one composed configuration; ``problems`` fills up meanwhile.

    Attributes:
        keys: config path of a mapping → the words of its keys that YAML takes for something else than text.
        interpolated: config path → the text of the value that was resolved there.
    """

    origins: Mapping[str, str]
    keys: Mapping[str, Sequence[str]]
    stamp: Stamp
    problems: list[Problem] = field(default_factory=list)
    interpolated: dict[str, str] = field(default_factory=dict)
    _places: dict[str, Any] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)

    def stamp_places(self, config: DictConfig) -> frozenset[str]:
        """Fill in what the texts of sinks say of the job and the time, where no other value can refer to it.

        Returns:
            The paths of those that tell the number of the job.
        """
        stamped = [(path, node, text) for path, node, text in sink_texts(config) if self.stamp.fill(text) != text]
        for path, node, text in stamped:
            node._set_value(self.stamp.fill(text))
            parent, _, key = path.rpartition(".")
            step = int(key) if key.isdecimal() else key
            self._places[path] = self._item(OmegaConf.select(config, parent), step, path)
        for _, node, _ in stamped:
            node._set_value("???")
        return frozenset(path for path, _, text in stamped if tells_number(text))

    def plain(self, node: Any, path: str = "") -> Any:
        """The value of ``node`` in plain Python; None where a problem was found."""
        if not isinstance(node, DictConfig | ListConfig):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._report(path, f"'{path}' {_CIRCLE}")
            return None
        self._open.append(id(node))
        try:
            if isinstance(node, ListConfig):
                return [self._item(node, index, f"{path}.{index}") for index in range(len(node))]
            keys = [key for key in node if self._is_text(key, path)]
            return {key: self._entry(node, key, f"{path}.{key}".lstrip(".")) for key in keys}
        finally:
            self._open.pop()

    def _entry(self, node: DictConfig, key: str, path: str) -> Any:
        if key == "_target_":
            self.problems.append(target_problem(path, self._where(path)))
            return None
        return self._item(node, key, path)

    def _is_text(self, key: object, parent: str) -> TypeGuard[str]:
        """Refuses a word such as NO or 1 as a key; what stands in the file is named, not what YAML makes of it."""
        if isinstance(key, str):
            return True
        words = [word for word in self.keys.get(parent, ()) if yaml.safe_load(word) == key]
        word = words[0] if words else in_yaml(key)
        key_of = f"the key {word} of '{parent}'" if parent else f"the key {word}"
        message = f"{key_of} is not text: YAML takes it for {in_yaml(key)}"
        self._report(f"{parent}.{word}".lstrip("."), message, hint=f'quote it: "{word}"')
        return False

    def _item(self, node: Any, key: str | int, path: str) -> Any:
        if path in self._places:
            return self._places[path]
        child = node._get_node(key)
        raw = child._value()
        if isinstance(raw, str) and "${" in raw:
            forbidden = list(forbidden_resolvers(path, raw, self._where(path)))
            self.problems.extend(forbidden)
            if forbidden:
                return None
            self.interpolated[path] = raw
        elif isinstance(child, ValueNode) and type(raw) in _PLAIN and raw != MISSING:
            return raw
        try:
            value = node[key]
        except OmegaConfBaseException as error:
            self._explain(path, _interpolation(str(raw)), error)
            return None
        return self.plain(value, path)

    def _scalar(self, value: Any, path: str) -> Any:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, list | dict | tuple):
            return self.plain(OmegaConf.create(list(value) if isinstance(value, tuple) else value), path)
        kind = type(value).__name__
        self._report(path, f"'{path}' holds a {kind}; only text, numbers, true, false and null are allowed")
        return None

    def _explain(self, path: str, reference: str, error: OmegaConfBaseException) -> None:
        reason = reason_of(error)
        if isinstance(error, MissingMandatoryValue):
            self._report(path, f"'{path}' needs a value", hint=f"{path}=…")
        elif isinstance(error, InterpolationToMissingValueError):
            self._report(path, f"'{path}' refers to {reference}, which needs a value", hint=self._stamped(reference))
        elif isinstance(error, InterpolationKeyError):
            missing = _quoted(reason)
            message = f"'{path}' refers to '{missing}', which does not exist"
            self._report(path, message, hint=nearest(missing, list(self.origins)))
        elif "Recursive interpolation" in reason:
            self._report(path, f"'{path}' refers to itself through {reference}")
        elif "parent node" in reason:
            self._report(path, f"'{path}' {_CIRCLE}")
        elif "Environment variable" in reason:
            variable = _quoted(reason)
            message = f"'{path}' needs the environment variable '{variable}', which is not set"
            self._report(path, message, hint=f"export {variable}=…")
        elif "oc.env" in reference:
            self._report(path, f"'{path}' cannot be resolved from {reference}")  # the reason may quote what it holds
        else:
            self._report(path, f"'{path}' cannot be resolved: {reason}")

    def _stamped(self, reference: str) -> str:
        told = any(place in reference for place in self._places)
        return "it tells the job or the time, which a sink's place alone may" if told else ""

    def _report(self, path: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(path=path, message=message, where=self._where(path), hint=hint))

    def _where(self, path: str) -> str:
        return nearest_origin(self.origins, path)


def reason_of(error: OmegaConfBaseException) -> str:
    """Why something cannot be resolved, in one line."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.partition("resolving interpolation: ")[2] or line


def _interpolation(text: str) -> str:
    """The part of a value that refers to others; the rest may be a secret."""
    return text[text.find("${") : text.rfind("}") + 1]


def _quoted(text: str) -> str:
    found = re.search(r"'([^']*)'", text)
    return found.group(1) if found else text
