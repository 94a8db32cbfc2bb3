"""What somebody who looked at a place or a machine found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: its name, e.g. ``topic 'transactions'``.
        state: ``warning``: a run goes through, and does something that may not be meant; ``failure``: it does not.
        told: how it is, in one line, without secrets.
        hint: what to do about it; empty where there is nothing to do, or where ``told`` says it.
    """

    what: str
    state: State
    told: str
    hint: str = ""

    @property
    def line(self) -> str:
        """How it is and what to do."""
        return f"{self.told}; {self.hint}" if self.hint else self.told
