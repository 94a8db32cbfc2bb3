"""Writes the tables of docs/truth.md from the code, each between its marks: python docs/write_truth.py [--check]"""

import inspect
from collections.abc import Iterator

from page import publish_tables
from write_reference import table

import synth.check.verify as verify
from synth.check.verify.rows import RowCheck
from synth.config.catalog import load_catalog
from synth.contracts.injector import Pattern


def main() -> int:
    """Writes the tables, or says whether they are up to date."""
    return publish_tables("truth.md", "write_truth.py", {"signals": signals(), "checks": checks()})


def signals() -> list[str]:
    """What each built-in scenario declares."""
    rows = []
    for kind, claims in sorted(load_catalog().kinds["scenario"].items()):
        factory = claims[0][1].factory
        if isinstance(factory, type) and issubclass(factory, Pattern):
            declared = tuple(factory.__dict__.get("expected_signal", ()))
            doc = (inspect.getdoc(inspect.getmodule(factory)) or "").splitlines()[0]
            rows.append([f"`{kind}`", ", ".join(f"`{name}`" for name in declared) or "nothing", doc])
    return table(["scenario", "declares", "what it is"], rows)


def checks() -> list[str]:
    """Every check that looks at each transaction."""
    rows = []
    for check in sorted(_below(RowCheck), key=lambda each: each.__module__ + each.__name__):
        doc = (inspect.getdoc(check) or "").splitlines()[0]
        needs = getattr(check, "needs", None)
        needed = "what it names" if needs is None else ", ".join(name.replace("|", " or ") for name in needs)
        rows.append([getattr(check, "name", "a column of rows"), doc, needed or "the tables"])
    assert verify.verify, "importing it defines the checks"
    return table(["check", "what it proves", "needs"], rows)


def _below(check: type[RowCheck]) -> Iterator[type[RowCheck]]:
    """The classes below one."""
    for each in check.__subclasses__():
        yield each
        yield from _below(each)


if __name__ == "__main__":
    raise SystemExit(main())
