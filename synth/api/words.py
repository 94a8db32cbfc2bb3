"""Messages in the words of who calls from Python, with a traceback that ends where synth was called."""

import re
from collections.abc import Callable
from copy import copy
from dataclasses import fields, replace
from functools import wraps
from typing import ParamSpec, TypeVar

from synth.errors import ConfigError, Problem, RefusedError, SynthError

#: What the command line calls a thing → what Python does.
_SPOKEN: tuple[tuple[str, str], ...] = (
    (r"command line: --config-dir (\S+)", r"argument: config_dirs='\1'"),
    (r"--config-dir (\S+)", r"config_dirs='\1'"),
    (r"--plugins-dir (\S+)", r"plugins_dirs='\1'"),
    (r"--plugin (\S+)", r"plugin_files='\1'"),
    (r"synth run --resume (\S+)", r"synth.run(resume='\1')"),
    (r"--overwrite\b", "overwrite=True"),
    (r"^command line: ", "argument: "),
)

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


def in_python(text: str) -> str:
    """A message with Python's words for the flags in it."""
    for pattern, spoken in _SPOKEN:
        text = re.sub(pattern, spoken, text)
    return text


def speaking_python(function: Callable[Asked, Made]) -> Callable[Asked, Made]:
    """A public function that says of a user's mistake what to change in the call, in a short traceback.

    What fails in the code of a plugin keeps its cause and its traceback: somebody has to find the line.
    """

    @wraps(function)
    def speaking(*args: Asked.args, **kwargs: Asked.kwargs) -> Made:
        try:
            return function(*args, **kwargs)
        except ConfigError as error:
            mistake: SynthError = ConfigError(list(map(_spoken, error.problems)))
        except RefusedError as error:
            mistake = copy(error)
            mistake.problems = tuple(map(_spoken, error.problems))
            mistake.args = (in_python(str(error.args[0])),)
        raise mistake from None

    return speaking


def _spoken(problem: Problem) -> Problem:
    told = {field.name: getattr(problem, field.name) for field in fields(problem)}
    texts = {name: in_python(text) for name, text in told.items() if isinstance(text, str)}
    return replace(problem, **texts, allowed=tuple(map(in_python, problem.allowed)))
