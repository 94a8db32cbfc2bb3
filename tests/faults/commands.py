"""How a command ended, where the repository and a plugin of it are, and whether all of the faults are asked for."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQLITE = ROOT / "plugins/synth-sqlite/synth_sqlite/__init__.py"

#: Whether all points are asked for: ``make faults``.
FULL = os.environ.get("SYNTH_FAULTS") == "full"


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code; negative where a signal ended it.
        text: what it printed, on both streams.
        changes: how many changes it made while they were counted, or was about to make.
    """

    code: int
    text: str
    changes: int

    @property
    def killed(self) -> bool:
        """Whether it died of what was planned."""
        return self.code == -signal.SIGKILL
