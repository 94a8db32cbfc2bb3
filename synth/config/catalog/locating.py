"""Where in a plugin's file something stands or went wrong, for messages: a file and a line in brackets."""

import inspect
import re
import traceback
from types import ModuleType
from typing import Any


def line_of(owner: ModuleType | type[Any], name: str) -> str:
    """Where a module or a class defines something, or else the class begins; empty where that cannot be told."""
    code = getattr(getattr(owner, name, None), "__code__", None)
    if code:
        return _in_brackets(code.co_filename, code.co_firstlineno)
    if isinstance(owner, ModuleType):
        return ""
    try:
        lines, first = inspect.getsourcelines(owner)
        file = inspect.getsourcefile(owner)
    except (OSError, TypeError):
        return ""
    at = next((at for at, line in enumerate(lines) if re.match(rf"\s+{name}\s*[:=]", line)), 0)
    return _in_brackets(file, first + at)


def raised_in(error: BaseException, module: ModuleType) -> str:
    """Where in a module something went wrong; empty where it was elsewhere."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == module.__file__]
    return _in_brackets(module.__file__, lines[-1]) if lines else ""


def _in_brackets(file: str | None, line: int | None) -> str:
    return f" ({file}:{line})"
