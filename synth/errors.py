"""The errors of synth as one tree, each class with its exit code; problems of a configuration."""

import errno
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from synth.wording import hide_secrets, on_one_line

_LIBRARY = re.compile(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python3")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a configuration.

    Attributes:
        path: dotted config path, e.g. ``scenario.card_chain.ratio``; a component gives it below its own; empty for the
            whole.
        message: what is wrong, in one line, the bad value included.
        where: ``file:line`` or ``command line: <override>``, which synth looks up; empty when nobody set it.
        allowed: what would be right: names or values, one by one, or a range in one sentence, which may be given as it
            is; empty when the message says it.
        hint: the next step, or the nearest match (``did you mean 'ratio'?``).
        note: what synth knows of that place besides: that its file shadows another one.
    """

    path: str
    message: str
    where: str = ""
    allowed: tuple[str, ...] = ()
    hint: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        given: object = self.allowed
        if isinstance(given, str):
            object.__setattr__(self, "allowed", (given,) if given else ())

    def __str__(self) -> str:
        lines = [f"error: {self.line}"]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed_in_words}")
        if self.where:
            lines.append(f"  --> {self.where}")
        if self.note:
            lines.append(f"  note: {self.note}")
        return "\n".join(lines)

    @property
    def allowed_in_words(self) -> str:
        """What would be right, in one line."""
        return ", ".join(self.allowed)

    @property
    def line(self) -> str:
        """What is wrong, and the next step."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def concerns(self, other: "Problem") -> bool:
        """Whether the other one is of the same key, or of one below or above it."""
        here, there = f"{self.path}.", f"{other.path}."
        return here.startswith(there) or there.startswith(here)

    def below(self, owner: str) -> "Problem":
        """The same problem, with its path below that of its owner."""
        return replace(self, path=f"{owner}.{self.path}".strip("."))

    def with_path_in_message(self) -> "Problem":
        """The same problem, for readers who see the message alone."""
        return replace(self, message=f"{self.path}: {self.message}") if self.path else self


class MissingOption(Problem):
    """Somebody chose an option that nobody offers."""


@dataclass(frozen=True)
class MissingColumn(Problem):
    """A view shows a column that the recipe's events do not have; ``source`` names it."""

    source: str = ""


class SynthError(Exception):
    """The root: a failure that a user can read. Exit code 1.

    Attributes:
        problems: what of the configuration is to blame, where something is; the message then has all of them.
    """

    exit_code = 1
    problems: tuple[Problem, ...] = ()


class _Mistake(SynthError):
    """Something that a user can put right from the message alone."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: IPython asks for it."""
        return [f"{type(self).__name__}:", *str(self).splitlines()]


class ConfigError(_Mistake):
    """The configuration is wrong; holds every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class UnsupportedSystem(SynthError):
    """synth does not run on this operating system."""

    exit_code = 2


def refuse_other_systems() -> None:
    """Says where synth runs; it locks files (``fcntl``) and asks for memory (``os.sysconf``) as POSIX systems do.

    Raises:
        UnsupportedSystem: this is Windows.
    """
    if sys.platform == "win32":
        raise UnsupportedSystem(
            "synth runs on Linux and macOS, not on Windows; its Subsystem for Linux (WSL) is a Linux"
        )


class PluginError(SynthError):
    """A plugin cannot be loaded, breaks a hook's contract, or claims a name that another one owns."""

    exit_code = 2


class RefusedError(_Mistake):
    """The recipe is well formed but cannot or must not be carried out; nothing was written.

    Args:
        path: the config path to blame; a component gives it below its own, ``reach.km``, and need not give any.
        allowed, hint: as those of a ``Problem``; they are shown with the path.
    """

    exit_code = 3

    def __init__(self, message: str, *, path: str = "", allowed: tuple[str, ...] = (), hint: str = "") -> None:
        self._problem = Problem(path=path, message=message, allowed=allowed, hint=hint)
        super().__init__(self._problem.line)
        self._owner = ""

    def prefix_path(self, owner: str) -> None:
        """Puts the config path below that of the component that refuses; the innermost one comes first, and stays."""
        if owner and not self._owner:
            self._owner = owner
            self._blame(self._problem.below(owner))

    def set_origin(self, where: Callable[[str], str]) -> None:
        """Looks up where the config path was set."""
        self._blame(replace(self._problem, where=where(self._problem.path)))

    def _blame(self, problem: Problem) -> None:
        self._problem = problem
        if problem.path:
            self.problems = (problem.with_path_in_message(),)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems)) or super().__str__()


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


def traceback_of(error: BaseException) -> str:
    """Where an error comes from, for ``--debug``, without the secrets in the messages."""
    import traceback

    return hide_secrets("".join(traceback.format_exception(error)))


@contextmanager
def blaming(what: str, path: str = "") -> Iterator[None]:
    """Says whose error it is when a component's code fails, for it may be a plugin's.

    Args:
        what: e.g. ``scenario 'night': its injector CardChain``.
        path: the component's config path, which is put before the paths of what it refuses.

    Raises:
        RunError: instead of anything that is no SynthError, in one line, with the line of the plugin's own code.
    """
    try:
        yield
    except RefusedError as refused:
        refused.prefix_path(path)
        raise
    except SynthError:
        raise
    except Exception as error:
        message = shortage(error) or on_one_line(f"{type(error).__name__}: {error}") + _own_line(error)
        raise RunError(f"{what} failed: {message}") from error


def shortage(error: BaseException) -> str:
    """What the machine refuses and how to get more of it, where that is what an error comes of; empty for any other."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return (
                "no more memory may be had: raise the limit (ulimit -v), or make block_rows or runner.workers smaller"
            )
        if isinstance(cause, RuntimeError) and "can't start new thread" in str(cause):
            return "no more threads may be had: raise the limit of processes or of memory (ulimit -u, ulimit -v)"
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return "no more files may be open: raise the limit (ulimit -n)"
        cause = cause.__cause__ or cause.__context__
    return ""


def _own_line(error: BaseException) -> str:
    """`` (file:line)`` of the innermost line that is neither ours nor a library's; nothing where there is none."""
    import traceback
    from pathlib import Path

    package = str(Path(__file__).parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((package, "<")) and not _LIBRARY.search(frame.filename):
            return f" ({Path(frame.filename).name}:{frame.lineno})"
    return ""
