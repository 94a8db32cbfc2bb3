"""What stands on the command line: read every override, and say what is wrong with each one alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import HydraException

from synth.compose.files import searchpath_violation
from synth.errors import ConfigError, Violation

_SECRET_KEY = re.compile(r"(?i)passw|secret|token|credential|(api|access|private|account)_?key")
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+(?=@)")
_KEY = re.compile(r"(\+{0,2}|~)\w+([./@]\w+)*")
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
        return self.where.removeprefix("command line: ")

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
    """The origin of an override's values, fit for display: secrets are blanked out."""
    key, equals, value = override.partition("=")
    shown = "***" if equals and _SECRET_KEY.search(key) else _USER_INFO.sub("***", value)
    return f"command line: {key}{equals}{shown}"


def read_overrides(overrides: Sequence[str], *, multirun: bool = False) -> list[Given]:
    """Parse all of them.

    Args:
        multirun: several values for one key are a sweep, and no mistake.

    Raises:
        ConfigError: for every override that cannot be read.
    """
    parser = OverridesParser.create()
    given: list[Given] = []
    violations: list[Violation] = []
    failure: HydraException | None = None
    for text in overrides:
        try:
            given.append(Given(text=text, parsed=parser.parse_overrides([text])[0]))
        except HydraException as error:
            failure = error
            violations.append(_unreadable(text))
            continue
        if given[-1].group == "hydra.searchpath":
            violations.append(searchpath_violation(given[-1].where))
        elif given[-1].parsed.is_sweep_override() and not multirun:
            violations.append(_sweep_outside_multirun(given[-1]))
    if violations:
        raise ConfigError(violations) from failure
    return given


def _unreadable(text: str) -> Violation:
    shown = command_line(text).removeprefix("command line: ")
    key, equals, _ = text.partition("=")
    readable = equals and _KEY.fullmatch(key)
    return Violation(
        path=key.lstrip("+~") if readable else "",
        message=f"cannot read the override '{shown}'",
        where=command_line(text),
        hint=f"quote the value; {_QUOTING}" if readable else "write key=value, with a key such as timeline.start",
    )


def _sweep_outside_multirun(given: Given) -> Violation:
    key, _, values = given.text.partition("=")
    if given.parsed.value_type is ValueType.SIMPLE_CHOICE_SWEEP:
        message = f"'{given.shown}' names several values"
        hint = f"use '{key}=[{values}]' for all of them, -m for a sweep, or quotes for one text with a comma"
        if _SECRET_KEY.search(key):
            hint = "use quotes for one text with a comma"
    else:
        message, hint = f"'{given.shown}' is a sweep", "add -m to run it"
    return Violation(path=given.group, message=message, where=given.where, hint=hint)


def did_you_mean(name: str, candidates: Sequence[str]) -> str:
    """A hint with the nearest candidate; empty when none is near."""
    near = get_close_matches(name, candidates, n=1)
    return f"did you mean '{near[0]}'?" if near else ""


def unknown_option(group: str, name: str, options: Sequence[str], where: str) -> Violation:
    return Violation(
        path=group.replace("/", "."),
        message=f"no {group} named '{name}'",
        where=where,
        allowed=", ".join(options),
        hint=did_you_mean(name, options),
    )


def unknown_group(group: str, groups: Sequence[str], where: str) -> Violation:
    return Violation(
        path=group.replace("/", "."),
        message=f"no group named '{group}'",
        where=where,
        allowed=", ".join(groups),
        hint=did_you_mean(group, groups),
    )
