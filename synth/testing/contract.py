"""The base of the kit's contracts: checks that are methods, a rule a check, and one shared bench a class."""

import functools
import inspect
import sys
import unittest
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from synth.config.catalog import Catalog
from synth.testing.bench import TestBench, load


class Broken(AssertionError):
    """A component breaks a rule.

    Attributes:
        rule: the rule in words.
        seen: what was seen instead.
        where: column, row, episode, block, or ``file:line``; empty where there is no such place.
    """

    def __init__(self, seen: str, where: str = "", rule: str = "") -> None:
        super().__init__(seen)
        self.seen, self.where, self.rule = seen, where, rule

    def __str__(self) -> str:
        return f"{self.rule or 'a rule'}: {self.seen}" + (f" ({self.where})" if self.where else "")


class Unjudged(unittest.SkipTest):
    """A rule that does not apply here, or for which there is too little to see; pytest shows it as a skip."""


@dataclass(frozen=True)
class Result:
    """What one check found.

    Attributes:
        rule: the rule in words.
        ok: whether the component keeps it; None where it could not be judged.
        seen: what was seen and where, in one line; empty where all is well.
        seconds: how long it took.
    """

    rule: str
    ok: bool | None
    seen: str
    seconds: float


AnyContract = TypeVar("AnyContract", bound="Contract")


def rule(check: Callable[[AnyContract], None]) -> Callable[[AnyContract], None]:
    """Makes a method a check: its docstring is the rule, and stands in what it raises."""

    @functools.wraps(check)
    def checked(self: AnyContract) -> None:
        __tracebackhide__ = True  # pytest then shows the check, not this wrapper
        try:
            check(self)
        except Broken as broken:
            broken.rule = broken.rule or rule_of(check)
            raise

    return checked


def rule_of(check: Callable[..., None]) -> str:
    """A check's rule, without its full stop."""
    return (inspect.getdoc(check) or check.__name__).rstrip(".")


class Contract:
    """The checks of one component; a subclass names it.

    Attributes:
        group: the group of the catalog: generator, amount, scenario, sink or runner.
        needs: what else belongs into the recipe, as on the command line.
        kind: which component of the group.
        plugin_files: Python files to load as plugins, below the folder of the subclass or the current one; leave out
            for an installed package.
        option: the YAML choice to start from; empty for that of the kind's name, or else the first one of the kind.
        overrides: changes to the recipe, as on the command line.
        catalog: where to find the component, instead of ``plugin_files``.
    """

    __test__: ClassVar[bool] = False
    group: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[str] = ""
    plugin_files: ClassVar[Sequence[str | Path]] = ()
    option: ClassVar[str] = ""
    overrides: ClassVar[Sequence[str]] = ()
    catalog: ClassVar[Catalog | None] = None
    _bench: ClassVar[TestBench | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = bool(cls.kind)
        cls._bench = None

    @classmethod
    def teardown_class(cls) -> None:
        """Lets go of what the checks shared; pytest calls it."""
        cls._bench = None

    @classmethod
    def checks(cls) -> dict[str, str]:
        """Name → rule of every check, in order."""
        names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base) if name.startswith("test_"))
        return {name: rule_of(getattr(cls, name)) for name in names}

    @property
    def bench(self) -> TestBench:
        """The component in its recipe; made once a class."""
        cls = type(self)
        if cls._bench is None:
            catalog = cls.catalog or load(tuple(_found(cls, path) for path in cls.plugin_files))
            cls._bench = TestBench(catalog, cls.group, cls.kind, cls.option, (*cls.needs, *cls.overrides))
        return cls._bench


def _found(cls: type[Contract], path: str | Path) -> Path:
    """A plugin file, looked up beside the class that names it first."""
    own = getattr(sys.modules.get(cls.__module__), "__file__", None)
    beside = Path(own).parent / path if own else Path(path)
    return beside if beside.exists() else Path(path)
