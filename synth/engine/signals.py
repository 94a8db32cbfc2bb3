"""Ctrl-C and SIGTERM: they interrupt a command, ask a stream to stop, and are ignored while a commit is under way."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from synth.errors import InterruptedRun, PartlyDone

#: What stops a command, and the alarm that the handlers below set.
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

#: How long a command may take to clean up before another Ctrl-C ends it at once.
_CLEAN_UP_S = 10

#: A reader that takes nothing any more holds a stream up for so long; then it ends at its last mark.
_LAST_MARK_S = 5

_interrupted_s: list[float] = []


@contextmanager
def interruptible(*, ends: bool) -> Iterator[None]:
    """Raises a KeyboardInterrupt at the first signal, unless whoever started the process ignores signals.

    Args:
        ends: whether the process ends with what is done here: then nothing may disturb the interpreter's own end.
    """
    _interrupted_s.clear()
    heeded = [number for number in _STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in heeded}
    try:
        yield
    finally:
        for number in _STOP_SIGNALS if ends else heeded:
            signal.signal(number, signal.SIG_IGN if ends else before[number])
        _interrupted_s.clear()


@contextmanager
def ignoring_signals() -> Iterator[None]:
    """Ignores Ctrl-C and SIGTERM while a commit or clean-up is under way: half of one would be neither old nor new."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that the first signal sets, so that a stream marks what it has sent; the second interrupts."""
    requested = threading.Event()

    def request(number: int, frame: FrameType | None) -> None:
        if requested.is_set():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt
        requested.set()
        signal.setitimer(signal.ITIMER_REAL, _LAST_MARK_S)

    with _handled_by(request):
        try:
            yield requested
        finally:
            if requested.is_set():
                signal.setitimer(signal.ITIMER_REAL, 0)


def is_interrupt(error: BaseException) -> bool:
    """Whether a failure is an interrupt or came of one, and does not say what it left behind yet.

    A library may take the interrupt for a failure of its own.
    """
    return isinstance(error, KeyboardInterrupt) or (
        bool(_interrupted_s) and not isinstance(error, InterruptedRun | PartlyDone)
    )


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    """Another handler for a while; outside the main thread, which alone may set one, everything stays as it is."""
    in_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, handler) for number in (_STOP_SIGNALS if in_main else ())}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stops the command, once: whoever presses Ctrl-C again must not disturb the clean-up.

    An import that is interrupted may swallow the exception or leave half a module: the interrupt comes a little later.
    """
    if _interrupted_s:
        if time.monotonic() - _interrupted_s[0] > _CLEAN_UP_S:
            os.write(2, b"interrupted again: something may be left staged; the next run into the place takes it back\n")
            os._exit(130)
        return
    if _is_importing(frame):
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        return
    _interrupted_s.append(time.monotonic())
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
