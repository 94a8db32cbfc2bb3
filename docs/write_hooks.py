"""Writes docs/hooks.md from the hooks and the contracts behind them: python docs/write_hooks.py [--check]"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from page import publish

import synth
from synth.amount import AmountLaw
from synth.contracts import hookspecs
from synth.contracts.claimer import Claimer, Claims, Genuine, Targets
from synth.contracts.context import PlanContext
from synth.contracts.entities import Entities
from synth.contracts.events import Events, Keys
from synth.contracts.expectations import Expectations
from synth.contracts.generator import BlockPlan, Generator, World
from synth.contracts.habits import Habits, ShopHabits
from synth.contracts.hookspecs import CheckSpec, SinkSpec, View
from synth.contracts.injector import FraudEvents, Injection, Injector, Pattern
from synth.contracts.output import Output
from synth.contracts.population import (
    Cards,
    Census,
    Cities,
    Customers,
    Devices,
    Merchants,
    Population,
    ShopKind,
    Terminals,
)
from synth.contracts.preflight import Preflight, PreflightContext, PreflightResult
from synth.contracts.rhythms import Rhythm
from synth.contracts.run_events import BlockDone, RunEnded, RunStarted, StreamProgress, StreamSubscriber, Subscriber
from synth.contracts.runner import BlockRunner, Runner
from synth.contracts.sessions import Session
from synth.contracts.shipment import Shipment
from synth.contracts.sink import Receipt, Sink, SinkJob
from synth.contracts.stream_sink import Checkpoint, StreamSink, StreamStats
from synth.errors import Problem
from synth.injectors.choosing import Choosing
from synth.injectors.episodes import Episodes
from synth.injectors.layout import Layout
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams
from synth.sinks.files import FileSink
from synth.sinks.targets import FileFormat, TableFile, Target
from synth.tables.column import Column, TableFacts
from synth.tables.table import Table

#: Who exists: what a generator and an injector may look at.
PEOPLE = (Census, ShopKind, Population, Customers, Cards, Devices, Merchants, Terminals, Cities)

#: Hook → the classes that its contract is made of; an author derives from, or implements, the first.
CONTRACTS: dict[str, tuple[type[Any], ...]] = {
    "synth_injectors": (
        *(Injector, Pattern, EpisodeInjector, EpisodeConfig, Length, Seconds, Episodes, Choosing, Layout),
        *(PlanContext, FraudEvents, Injection, Session, Streams, Problem),
        *(Claimer, Targets, Genuine, Claims),
    ),
    "synth_generators": (
        Generator,
        World,
        BlockPlan,
        Keys,
        Events,
        Expectations,
        *(Habits, ShopHabits, Rhythm),
        Column,
        Entities,
        TableFacts,
        *PEOPLE,
    ),
    "synth_amounts": (AmountLaw,),
    "synth_sinks": (
        *(SinkSpec, Sink, SinkJob, Receipt, Table, FileSink, FileFormat, TableFile, Target),
        *(StreamSink, Checkpoint, StreamStats, Preflight, PreflightContext, PreflightResult),
    ),
    "synth_runners": (Runner, BlockRunner, Shipment),
    "synth_views": (View,),
    "synth_checks": (CheckSpec, Output),
    "synth_subscribers": (Subscriber, StreamSubscriber, RunStarted, BlockDone, StreamProgress, RunEnded),
}

ROOT = Path(__file__).resolve().parents[1]

#: Where an example of a hook may stand: what `synth plugins new` writes, and those that it does not write.
EXAMPLES = sorted([*ROOT.glob("synth/cli/scaffold/my_*.py"), *ROOT.glob("plugins/examples/hooks/*.py")])

INTRO = """\
# Hooks

Written by `docs/write_hooks.py` from the code; do not edit.

A plugin is a module with functions marked `@synth.hookimpl`. Each function takes nothing and returns a list of
descriptions; it does no work, and synth calls it once. This page has every hook with what synth expects of it and
guarantees to it, and an example that the tests run; `synth plugins new NAME --kind generator` writes those of
components under your own name. [Write a fraud pattern in ten minutes](first-pattern.md) is the place to begin.
"""


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    return publish("hooks.md", "\n".join([INTRO, *sections()]))


def sections() -> Iterator[str]:
    """A section a hook, and below it one a class of its contract."""
    for name, hook in vars(hookspecs).items():
        if name.startswith("synth_"):
            returned = str(inspect.signature(hook).return_annotation)
            yield f"## `{name}() -> {plain(returned)}`\n\n{text_of(hook)}\n"
            for example in examples_of(name):
                yield f"An example, [{example.name}]({link(example)}):\n\n```python\n{example.read_text()}```\n"
            for contract in CONTRACTS.get(name, ()):
                yield from class_section(contract)


def examples_of(hook: str) -> list[Path]:
    """The files that implement a hook."""
    return [example for example in EXAMPLES if f"def {hook}(" in example.read_text()]


def link(example: Path) -> str:
    """From the page to a file of the repository."""
    return "../" + example.relative_to(ROOT).as_posix()


def class_section(contract: type[Any]) -> Iterator[str]:
    """A class: its docstring, and its own public methods."""
    home = "synth" if contract.__name__ in dir(synth) else contract.__module__
    yield f"### `{home}.{contract.__name__}`\n\n{text_of(contract)}\n"
    rows = []
    for name, member in vars(contract).items():
        called = member.fget if isinstance(member, property) else getattr(member, "func", member)
        called = getattr(called, "__func__", called)
        if name.startswith("_") or not inspect.isfunction(called):
            continue
        shown = name if isinstance(member, property) or hasattr(member, "func") else f"{name}{arguments(called)}"
        summary = " ".join((inspect.getdoc(called) or "").partition("\n\n")[0].split())
        summary = re.sub(r"``(.+?)``", r"`\1`", summary)
        rows.append(f"| `{shown}` | {summary.replace('|', chr(92) + '|')} |")
    if rows:
        yield "\n".join(["| member | meaning |", "| --- | --- |", *rows, ""])


def arguments(called: Any) -> str:
    """The arguments of a method by name, without self and types."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(called).parameters.values()]
    return str(inspect.Signature([p for p in parameters if p.name not in ("self", "cls")]))


def text_of(documented: Any) -> str:
    """A docstring as Markdown: its sections of arguments and attributes become lists."""
    doc = inspect.getdoc(documented) or ""
    doc = re.sub(r"``(.+?)``", r"`\1`", doc)
    doc = re.sub(r"(?m)(?:^>>> .*\n(?:^\S.*(?:\n|\Z))*)+", lambda shown: f"```pycon\n{shown[0].rstrip()}\n```\n", doc)
    lines: list[str] = []
    for line in doc.splitlines():
        if re.fullmatch(r"(Attributes|Args|Returns|Raises):", line):
            lines += [f"**{line}**", ""]
        elif entry := re.fullmatch(r"    (\w[\w, ]*): (.*)", line):
            lines.append(f"* `{entry[1]}`: {entry[2]}")
        else:
            lines.append(f"  {line.strip()}" if line.startswith("    ") else line)
    return "\n".join(lines)


def plain(annotation: str) -> str:
    """A type as an author writes it."""
    return re.sub(r"\b(?:synth|collections|typing)(?:\.\w+)*\.", "", annotation)


if __name__ == "__main__":
    raise SystemExit(main())
