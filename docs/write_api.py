"""Writes docs/api.md from the public names of synth: python docs/write_api.py [--check]

What plugins implement is in docs/hooks.md; this page has the rest: what people call, what they get, what can go wrong.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from page import publish
from write_hooks import CONTRACTS, class_section, plain, text_of
from write_reference import table

import synth

INTRO = """\
# Python API

Written by `docs/write_api.py` from the code; do not edit. [synth from Python](python.md) shows how it is used,
[hooks](hooks.md) has what plugins implement. Amounts are in major units unless a name ends in `_minor` (cents); times
are UTC.
"""


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    return publish("api.md", "\n".join([INTRO, *sections()]))


def sections() -> Iterator[str]:
    """Functions, classes, errors, and the rest by name."""
    shown = {contract for contracts in CONTRACTS.values() for contract in contracts}
    public = {name: getattr(synth, name) for name in sorted(dir(synth)) if not name.startswith("_")}
    of_people = {name: each for name, each in public.items() if home(each).startswith("synth.api")}
    yield "## What people call\n"
    for name, function in of_people.items():
        if inspect.isfunction(function):
            yield from function_section(name, function)
    yield "## What they get\n"
    for each in public.values():
        if inspect.isclass(each) and each not in shown and not issubclass(each, Exception):
            yield from class_section(each)
    yield "## What can go wrong\n\n`SynthError` catches all of them.\n"
    errors = [each for each in public.values() if inspect.isclass(each) and issubclass(each, synth.SynthError)]
    rows = [[f"`synth.{e.__name__}`", str(e.exit_code), (inspect.getdoc(e) or "").splitlines()[0]] for e in errors]
    yield "\n".join(table(["error", "exit code of the command", "when"], rows))
    yield "## Beside these\n"
    for name, function in public.items():
        if inspect.isfunction(function) and name not in of_people:
            yield from function_section(name, function)


def function_section(name: str, function: Any) -> Iterator[str]:
    """A function: its signature and its docstring."""
    signature = inspect.signature(function)
    quoted = [(str(each), repr(each.annotation), str(each.annotation)) for each in signature.parameters.values()]
    parameters = [plain(told.replace(quotes, bare)) for told, quotes, bare in quoted]
    kinds = [each.kind for each in signature.parameters.values()]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    returned = plain(inspect.formatannotation(signature.return_annotation).strip("'"))
    lines = "".join(f"\n    {each}," for each in parameters)
    yield f"### `synth.{name}`\n\n```text\n{name}({lines}\n) -> {returned}\n```\n\n{text_of(function)}\n"


def home(public: Any) -> str:
    """The module that a public name is made in."""
    return getattr(inspect.unwrap(public) if callable(public) else public, "__module__", "")


if __name__ == "__main__":
    raise SystemExit(main())
