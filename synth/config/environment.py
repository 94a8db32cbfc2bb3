"""Keeps what came out of the environment out of messages: a password there looks like any other value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from synth.config.compose import Composed, value_at
from synth.errors import Problem
from synth.wording import in_yaml

_ENVIRONMENT = "oc.env"


class EnvironmentValues:
    """The values of a configuration that the environment had a part in, as messages would print them."""

    def __init__(self, composed: Composed) -> None:
        self._text_at = dict(_from_environment(composed.interpolated))
        printed = {
            form: text for path, text in self._text_at.items() for form in _forms(value_at(composed.config, path))
        }
        forms = sorted(printed, key=len, reverse=True)
        self._printed = printed
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms)) if forms else None

    def hidden(self, problem: Problem) -> Problem:
        """The problem with what is written in the configuration in the place of each such value."""
        if self._pattern is None:
            return problem
        hint = problem.hint
        if hint == "drop the quotes" and problem.path in self._text_at:
            hint = f"the environment holds text: ${{oc.decode:{self._text_at[problem.path]}}}"
        else:
            hint = self._cleaned(hint)
        return replace(
            problem,
            message=self._cleaned(problem.message),
            allowed=tuple(map(self._cleaned, problem.allowed)),
            hint=hint,
        )

    def _cleaned(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._printed[found[0]], text) if self._pattern else text


def _from_environment(interpolated: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The paths whose values refer to the environment, or to another such path."""
    known = {path for path, text in interpolated.items() if _ENVIRONMENT in text}
    while more := {p for p, text in interpolated.items() if p not in known and any(each in text for each in known)}:
        known |= more
    return ((path, interpolated[path]) for path in sorted(known))


def _forms(value: Any) -> Iterator[str]:
    """How messages print a value."""
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _forms(child)
    elif value not in (None, ""):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        yield from {str(value), in_yaml(value), f"{value:,}" if is_number else str(value)}
