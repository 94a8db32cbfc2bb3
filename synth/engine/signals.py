"""Whether somebody wants the command to stop: a library may take the interrupt for a failure of its own."""

import time

from synth.errors import InterruptedRun, PartlyDone

_heard_s: list[float] = []


def hear() -> None:
    """Notes that a signal has come that stops the command."""
    _heard_s.append(time.monotonic())


def forget() -> None:
    """Begins anew."""
    _heard_s.clear()


def heard_s_ago() -> float | None:
    """Seconds since the first such signal; None when there was none."""
    return time.monotonic() - _heard_s[0] if _heard_s else None


def is_interrupt(error: BaseException) -> bool:
    """Whether a failure is an interrupt or came of one, and does not say what it left behind yet."""
    return isinstance(error, KeyboardInterrupt) or (
        bool(_heard_s) and not isinstance(error, InterruptedRun | PartlyDone)
    )
