"""What plugin authors copy, and every way to say what a contract asks: the files that type checkers have to like."""

import inspect
import tomllib
from collections.abc import Mapping
from pathlib import Path

import synth
from synth.cli.scaffold import GROUPS, write_module, write_package
from synth.contracts.overridable import Overridable, overridables
from tests.readme_commands import BLOCK

ROOT = Path(__file__).resolve().parents[2]

#: Type → an expression of it, and its name in an annotation.
EXPRESSIONS = {
    tuple: ("()", "tuple[()]"),
    bool: ("True", "bool"),
    int: ("1", "int"),
    str: ('"x"', "str"),
    Mapping: ("{}", "dict[str, synth.Session]"),
    synth.Length: ("synth.Length(min=1, max=2)", "synth.Length"),
    synth.Seconds: ("synth.Seconds(min=1, max=2)", "synth.Seconds"),
}

WAYS = {
    "plain": "    {name} = {value}",
    "annotated": "    {name}: {kind} = {value}",
    "a property": "    @property\n    def {name}(self) -> {kind}:\n        return {value}",
    "of each instance": "    def set_{name}(self) -> None:\n        self.{name} = {value}",
}

CONFIGS = """
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from typing_extensions import assert_type

import synth

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Mine(synth.EpisodeConfig):
    kind: Literal["mine"] = "mine"


class Told(synth.EpisodeInjector[Mine]):
    length = synth.Length(min=1, max=2)

    def told(self) -> None:
        assert_type(self.config, Mine)
        assert_type(self.length, synth.Length)


class Untold(synth.EpisodeInjector):
    gap_s = synth.Seconds(min=1, max=2)

    def told(self) -> None:
        assert_type(self.config, synth.EpisodeConfig)
        assert_type(self.gap_s, synth.Seconds)


class Narrowed(synth.EpisodeInjector):
    config: Mine


class Alone:
    def __init__(self) -> None:
        self.workers = 1

    def map(self, work: Callable[[int], Made], blocks: int) -> Iterator[Made]:
        return map(work, range(blocks))


runner: synth.Runner = Alone()
"""

MISTAKEN = "import synth\n\n\ndef lengthen(length: synth.Length) -> str:\n    return length.max\n"


def contracts() -> dict[str, type]:
    """The public classes that let an author's class say something."""
    classes = {name: value for name in dir(synth) if inspect.isclass(value := getattr(synth, name))}
    return {name: cls for name, cls in classes.items() if any(overridables(cls))}


def said(contract: str, way: str) -> str:
    """A module with a class that says all that its contract asks, in one way."""
    lines = ["import synth", "", "", f"class Mine(synth.{contract}):"]
    for each in {each.name: each for each in overridables(contracts()[contract])}.values():
        value, kind = expression_of(each)
        lines.append(WAYS[way].format(name=each.name, value=value, kind=kind))
    return "\n".join(lines) + "\n"


def expression_of(declared: Overridable) -> tuple[str, str]:
    return EXPRESSIONS[declared.of[0]]


def files() -> dict[str, str]:
    """Path → text. Each folder at the top is searched for modules, unless it holds single files."""
    found = {"configs/configs.py": CONFIGS}
    for contract in contracts():
        for way in WAYS:
            found[f"said/{contract}_{way.replace(' ', '_')}.py"] = said(contract, way)
    for kind in GROUPS:
        found |= {f"new/{name}": text for name, text in write_module(f"some_{kind}", kind).items()}
        found |= write_package(f"other_{kind}", kind)
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]:
        folder = page.stem.replace("-", "_")
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if block["file"]:
                found[f"{folder}/{block['file']}"] = block["body"]
    for path in [*ROOT.glob("plugins/examples/*.py"), *(path for place in strict() for path in place.rglob("*.py"))]:
        found[path.relative_to(ROOT / "plugins").as_posix()] = path.read_text(encoding="utf-8")
    return found


def strict() -> list[Path]:
    """The projects below plugins/ that ask mypy to be strict."""
    settings = {path.parent: tomllib.loads(path.read_text()) for path in ROOT.glob("plugins/*/pyproject.toml")}
    return sorted(place for place, each in settings.items() if each["tool"].get("mypy", {}).get("strict"))
