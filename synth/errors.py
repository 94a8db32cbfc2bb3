"""What can go wrong, as one tree: every class knows the exit code that the command line gives it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing that is wrong with a configuration.

    Attributes:
        path: dotted config path, e.g. ``scenario.card_chain.ratio``; empty for the configuration as a whole.
        message: what is wrong, in one line, the bad value included.
        where: ``file:line`` or ``command line: <override>``; empty when nobody set it.
        allowed: what would be right: a range, a list of names; empty when the message says it.
        hint: the next step, or the nearest match (``did you mean 'ratio'?``).
    """

    path: str
    message: str
    where: str = ""
    allowed: str = ""
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"error: {self.message}" + (f" ({self.hint})" if self.hint else "")]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.where:
            lines.append(f"  --> {self.where}")
        return "\n".join(lines)


class SynthError(Exception):
    """The root: a failure that a user can read. Exit code 1."""

    exit_code = 1


class ConfigError(SynthError):
    """The configuration is wrong; holds every violation found, not only the first."""

    exit_code = 2

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("\n".join(str(v) for v in self.violations))


class PluginError(SynthError):
    """A plugin cannot be loaded, breaks a hook's contract, or claims a name that another one owns."""

    exit_code = 2


class RefusedError(SynthError):
    """The recipe is well formed but cannot or must not be carried out; nothing was written."""

    exit_code = 3


class RunError(SynthError):
    """A run failed while it was running; what it had staged was taken back."""


class VerifyError(SynthError):
    """An output does not agree with its manifest."""


class PartlyDone(SynthError):
    """A part of the work is done and stays: some jobs of a sweep, or some sinks of a run."""

    exit_code = 4


class InterruptedRun(SynthError):
    """The user stopped the run; what it had staged was taken back."""

    exit_code = 130
