"""Watches code for what a simulator must not do: draw from the machine, read the clock, touch the world.

Three of Python's own instruments look at once: the tracer at lines of the watched files (has a global random state
moved?), the profiler at calls of C functions (clocks, entropy), and the audit hook at files, network and processes.
"""

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import numpy as np

What = Literal["global random state", "entropy", "clock", "world"]

#: Functions of the module ``time`` that tell the time of day.
_CLOCKS = frozenset({"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "clock_gettime", "clock_gettime_ns"})
_TODAY = frozenset({"now", "utcnow", "today"})
_ENTROPY = frozenset({"urandom", "getrandom"})

#: Beginnings of audit events that reach out of the process, or to its files.
_WORLD = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "urllib.", "http.", "sqlite3.", "glob.")
#: Python's own reading of source files, to load modules and to print warnings.
_OWN_READING = ("<frozen importlib", "linecache.py", "<frozen zipimport")

#: Lines after which the random states are no longer compared one by one, but only at the end.
_COMPARED_LINES = 20_000


@dataclass(frozen=True)
class Deed:
    """One thing that was done.

    Attributes:
        where: ``file:line`` of the watched file, empty where it cannot be told.
    """

    what: What
    told: str
    where: str


_UNUSUAL = 2_903_125_361

_listener: list[Callable[[str, tuple[Any, ...]], None]] = []
_hooked: list[bool] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _listener:
        _listener[-1](event, args)


class Watch:
    """What the watched files did, in this thread."""

    def __init__(self, files: Collection[str]) -> None:
        self.deeds: list[Deed] = []
        self._files = files
        self._thread = threading.get_ident()
        self._states = _random_states()
        self._last = ""
        self._lines = 0

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Looks at the global random states after each line."""
        if frame.f_code.co_filename not in self._files:
            return None
        if self._lines < _COMPARED_LINES:
            self.compare_states()
        self._lines += 1
        self._last = _place(frame) if event == "line" else self._last
        return self.trace

    def compare_states(self) -> None:
        """Notes a random state that has moved since the last look."""
        states = _random_states()
        for name, state in states.items():
            if state != self._states.get(name, state):
                self._note("global random state", f"the state of {name} has moved", self._last)
        self._states = states

    def profile(self, frame: FrameType, event: str, called: Any) -> None:
        """Looks at calls of C functions."""
        if event != "c_call":
            return
        name, module = getattr(called, "__name__", ""), getattr(called, "__module__", None)
        owner = getattr(called, "__self__", None)
        today = name in _TODAY and isinstance(owner, type) and issubclass(owner, date)
        if today or (module == "time" and name in _CLOCKS):
            if frame.f_code.co_filename in self._files:
                self._note("clock", f"{'date' if today else 'time'}.{name}() is called", _place(frame))
        elif name in _ENTROPY and module in ("posix", "nt", "os"):
            self._note("entropy", f"os.{name}() is called", self._culprit(frame))

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Looks at audit events."""
        if threading.get_ident() == self._thread and event.startswith(_WORLD):
            message = event if not args or not isinstance(args[0], str | bytes) else f"{event} {str(args[0])[-60:]!r}"
            self._note("world", message, self._culprit(sys._getframe(1)))

    def _culprit(self, frame: FrameType | None) -> str | None:
        """The innermost line of a watched file that this happens below; None where Python itself or nobody does it."""
        while frame is not None:
            if any(own in frame.f_code.co_filename for own in _OWN_READING):
                return None
            if frame.f_code.co_filename in self._files:
                return _place(frame)
            frame = frame.f_back
        return None

    def _note(self, what: What, message: str, where: str | None) -> None:
        if where is not None:
            self.deeds.append(Deed(what, message, where))


@contextmanager
def watch(files: Collection[str]) -> Iterator[Watch]:
    """Watches what code of these files does in this thread, until the block ends."""
    if not _hooked:
        sys.addaudithook(_hear)  # it cannot be removed; without a listener it does nothing
        _hooked.append(True)
    with _unusual_states():
        watched = Watch(files)
        with _instruments(watched):
            yield watched
        watched.compare_states()


@contextmanager
def _instruments(watched: Watch) -> Iterator[None]:
    before = sys.gettrace(), sys.getprofile()
    _listener.append(watched.hear)
    sys.setprofile(watched.profile)
    sys.settrace(watched.trace)
    try:
        yield
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
        _listener.pop()


@contextmanager
def _unusual_states() -> Iterator[None]:
    """Gives the global generators a state that nobody seeds them with, so that seeding moves it, and gives it back."""
    plain, numpy = sys.modules.get("random"), vars(np.random)
    before = plain.getstate() if plain else None, numpy["get_state"]()
    if plain:
        plain.seed(_UNUSUAL)
    numpy["seed"](_UNUSUAL)
    try:
        yield
    finally:
        if plain:
            plain.setstate(before[0])
        numpy["set_state"](before[1])


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _random_states() -> dict[str, Any]:
    """The states of the generators that a process has one of; they are read here, never drawn from."""
    states: dict[str, Any] = {}
    if "random" in sys.modules:
        states["the module random"] = hash(sys.modules["random"].getstate())
    name, key, *rest = vars(np.random)["get_state"]()
    states["np.random"] = (name, key.tobytes(), *rest)
    return states
