"""What a sink may offer to those who want to know beforehand how its place is: a look that touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from synth.contracts.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What a place is asked about.

    Attributes:
        fingerprint: of the stream that is to come, as its checkpoints will carry it.
        resume: whether a stream is to go on that stopped earlier.
        oldest_s, newest_s: how old event times are, at most and at least, when their rows are sent, in seconds;
            negative for times to come.
    """

    fingerprint: str
    resume: bool
    oldest_s: float
    newest_s: float


@runtime_checkable
class Inspectable(Protocol):
    """What a sink also offers when more can be said of its place than that ``check`` does not refuse it.

    ``synth plan`` and ``synth doctor`` show the findings. A stream asks before its first row, between ``check`` and
    ``open``: it tells the warnings, and does not begin after a failure.
    """

    def inspect(self, prospect: Prospect) -> Sequence[Finding]:
        """Looks at the place, leaves no trace, and tells what it found, good things too.

        A place that cannot be reached is a failure among the findings, after some seconds at most.
        """
