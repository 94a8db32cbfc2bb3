"""Ctrl-C and SIGTERM ask a stream to stop: what was sent is marked first."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

#: A reader that takes nothing any more holds the stream up for so long; then it ends at its last mark.
_PATIENCE_S = 5


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that is set once somebody wants the stream to stop. Who asks twice gets a KeyboardInterrupt."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt
        asked.set()
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    handlers = {number: signal.signal(number, ask) for number in _NUMBERS}
    try:
        yield asked
    finally:
        if asked.is_set():  # another timer is none of ours
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
