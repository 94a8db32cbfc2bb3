"""Preflight: what a sink may say of its place beforehand, looking at it without a trace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from synth.tables.batch import Batch

#: How a check turned out; see ``PreflightResult``.
PreflightState = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """The result of one preflight check.

    Attributes:
        what: what was checked, e.g. ``topic 'transactions'``.
        state: ``warning``: a run goes through, and does something that may not be meant; ``failure``: it does not.
        message: how it is, in one line, without secrets.
        hint: what to do about it; empty where there is nothing to do, or where the message says it.
    """

    what: str
    state: PreflightState
    message: str
    hint: str = ""

    @property
    def line(self) -> str:
        """How it is and what to do."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


@dataclass(frozen=True, kw_only=True)
class PreflightContext:
    """What a preflight needs to know of the stream that is to come.

    Attributes:
        fingerprint: as the stream's checkpoints will carry it.
        resume: whether a stream is to go on that stopped earlier.
        oldest_s, newest_s: how old event times are, at most and at least, when their rows are sent, in seconds;
            negative for times to come.
        rows: the rows that are to come: the tables that come once, then block by block. They are made anew each time
            somebody goes through them, so that a sink which looks at few of them waits for few.
    """

    fingerprint: str
    resume: bool
    oldest_s: float
    newest_s: float
    rows: "Iterable[Batch]" = field(default=(), repr=False)


@runtime_checkable
class Preflight(Protocol):
    """What a sink also offers when more can be said of its place than that ``check`` does not refuse it.

    ``synth plan`` and ``synth doctor`` show the results. A stream asks before its first row, between ``check`` and
    ``open``: it logs the warnings, and does not begin after a failure.
    """

    def preflight(self, context: PreflightContext) -> Sequence[PreflightResult]:
        """Checks the place, leaves no trace, and reports everything, good things too.

        A place that cannot be reached is a failure among the results, after some seconds at most.
        """
