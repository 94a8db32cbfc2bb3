"""Reads every override of the command line, and checks each one alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import HydraException

from synth.config.compose.display import shown
from synth.config.compose.excess import TOO_DEEP, is_too_deep
from synth.config.compose.files import searchpath_problem, target_problem
from synth.config.compose.folders import unsearched_hint
from synth.errors import MissingOption, Problem
from synth.wording import nearest

_QUOTING = "values with '=', '{' or ',' need quotes of their own: 'key=\"a=b\"'"


@dataclass(frozen=True, kw_only=True)
class Given:
    """One override as it was given and as Hydra reads it."""

    text: str
    parsed: Override

    @property
    def where(self) -> str:
        return command_line(self.text)

    @property
    def shown(self) -> str:
        """The override, fit for display."""
        return shown(self.text)

    @property
    def group(self) -> str:
        return str(self.parsed.key_or_group)

    @property
    def key(self) -> str:
        """The dotted config path that it sets, list indices as ``.2`` too."""
        return re.sub(r"\[([^\]]*)\]", r".\1", self.group)

    @property
    def steers_hydra(self) -> bool:
        return self.group == "hydra" or self.group.startswith(("hydra.", "hydra/"))


def command_line(override: str) -> str:
    """The origin of an override's values, fit for display."""
    return f"command line: {shown(override)}"


@cache  # Hydra looks at the signatures of all its functions, and changes no parser afterwards
def _parser() -> OverridesParser:
    return OverridesParser.create()


def read_overrides(overrides: Sequence[str]) -> tuple[list[Given], list[Problem]]:
    """Those that can be read, and what is wrong with the others."""
    parser = _parser()
    given: list[Given] = []
    problems: list[Problem] = []
    for text in overrides:
        if is_too_deep(text):
            problems.append(Problem(path="", message=TOO_DEEP, where=command_line(_cut(text))))
            continue
        try:
            given.append(Given(text=text, parsed=parser.parse_overrides([text])[0]))
        except HydraException:
            problems.append(_unreadable(text))
            continue
        if given[-1].group == "hydra.searchpath":
            problems.append(searchpath_problem(given[-1].where))
        if given[-1].steers_hydra:
            problems += [target_problem(key, given[-1].where) for key in targets_of(given[-1])]
    return given, problems


def _cut(text: str) -> str:
    return f"{text[:79]}…"


def targets_of(given: Given) -> Iterator[str]:
    """The keys that would have Hydra load code; a recipe's own ones are found when its values are resolved."""
    if "_target_" in given.key.split("."):
        yield given.key
    elif not given.parsed.is_sweep_override():
        yield from _targets_in(given.parsed.value(), given.key.replace("/", "."))


def _targets_in(value: Any, path: str) -> Iterator[str]:
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        if str(key) == "_target_":
            yield f"{path}.{key}"
        yield from _targets_in(child, f"{path}.{key}")


def _unreadable(text: str) -> Problem:
    key, equals, _ = text.partition("=")
    readable = bool(equals) and _is_key(key)
    return Problem(
        path=key.lstrip("+~") if readable else "",
        message=f"cannot read the override '{shown(text)}'",
        where=command_line(text),
        hint=f"quote the value; {_QUOTING}" if readable else "write key=value, with a key such as timeline.start",
    )


def _is_key(text: str) -> bool:
    """Whether Hydra reads it, so that what it cannot read is the value."""
    try:
        _parser().parse_overrides([f"{text}=0"])
    except HydraException:
        return False
    return True


def sweep_outside_multirun(given: Given, *, many: bool) -> Problem:
    """Several values where one is wanted; ``many`` tells of a group that takes several options."""
    key, _, values = given.shown.partition("=")
    if given.parsed.value_type is ValueType.SIMPLE_CHOICE_SWEEP:
        message = f"'{given.shown}' names several values"
        hint = "add -m for a sweep over them, or quotes for one text with a comma"
        if many:
            hint = f"use '{key}=[{values}]' for all of them, -m for a sweep, or quotes for one text with a comma"
    else:
        message, hint = f"'{given.shown}' is a sweep", "add -m to run it"
    return Problem(path=given.group, message=message, where=given.where, hint=hint)


def unknown_option(group: str, name: str, options: Sequence[str], where: str) -> Problem:
    problem = _unknown(group, f"no {group} named '{name}'", name, options, where, MissingOption)
    return replace(problem, hint=unsearched_hint(f"{group}/{name}") or problem.hint)


def unknown_group(group: str, groups: Sequence[str], where: str) -> Problem:
    problem = _unknown(group, f"no group named '{group}'", group, groups, where)
    return replace(problem, hint=unsearched_hint(group) or problem.hint)


def _unknown(
    group: str, message: str, name: str, known: Sequence[str], where: str, problem: type[Problem] = Problem
) -> Problem:
    path, hint = group.replace("/", "."), nearest(name, known)
    return problem(path=path, message=message, where=where, allowed=tuple(known), hint=hint)
