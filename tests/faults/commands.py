"""What the two harnesses that kill commands share: how a command ended, and which calls change something."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Whether all points are asked for: ``make faults``.
FULL = os.environ.get("SYNTH_FAULTS") == "full"

#: Audit events of calls that change a file system; ``open`` does where it writes, and S3 is changed by what is sent.
CHANGES = {
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "http.client.send",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


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
