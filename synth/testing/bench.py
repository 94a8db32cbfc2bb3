"""The component under test in recipes of all sizes: composed once, then planned and made as often as a check asks.

A check asks for a ``Size``. Sizes are multiples of a base recipe of 20,000 rows on 2,000 cards in two months, which an
override of the author's may change.
"""

import copy
import functools
import sys
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from synth.config.catalog import MULTIPLE, Catalog, load_catalog
from synth.config.compose import Composed, compose, list_options
from synth.config.part import Part
from synth.config.recipe import Recipe, build_recipe
from synth.contracts.generator import Generator
from synth.contracts.injector import Pattern
from synth.engine.components import Components
from synth.engine.prepare import Prepared, make_components, prepare
from synth.errors import ConfigError, PluginError, SynthError

Kept = TypeVar("Kept")
Config = dict[str, Any]

#: The base recipe: small enough that a check takes a moment, with a window that is long beside most episodes.
BASE: Mapping[str, Any] = {
    "population.cards": 2_000,
    "generator.transactions": 20_000,
    "timeline.start": "2022-01-01",
    "timeline.end": "2022-03-02",
}


@dataclass(frozen=True)
class Size:
    """How large a recipe is.

    Attributes:
        times: rows and cards, as a multiple of the base.
        blocks: number of blocks.
        seed: the run's seed.
        part: keys of the component's own config that are changed.
    """

    times: int = 1
    blocks: int = 4
    seed: int = 1
    part: tuple[tuple[str, Any], ...] = ()

    def changed(self, **values: Any) -> "Size":
        """The same size with other values for some of the component's keys."""
        return replace(self, part=tuple({**dict(self.part), **values}.items()))


@functools.cache
def load(plugin_files: tuple[Path, ...], plugins_dirs: tuple[Path, ...] = ()) -> Catalog:
    """The catalog of some plugins; loaded once, for a second load would make a second class of each."""
    return load_catalog(plugin_files, plugins_dirs)


def expected_rows(components: Components) -> int:
    """Rows of the control world, as far as they are known before a plan."""
    return components.generator.expected_rows(components.world)


#: Fraud rows against all rows, at the most, in a recipe of the kit's own making.
MOST_RATIO = 0.25


def _setting(factory: object) -> tuple[str, ...]:
    """What else belongs into the recipe of a component, as its class says."""
    return factory.needs if isinstance(factory, type) and issubclass(factory, (Generator, Pattern)) else ()


class TestBench:
    """One component in a recipe of its own."""

    def __init__(self, catalog: Catalog, group: str, kind: str, option: str, overrides: tuple[str, ...]) -> None:
        spec = catalog.find(group, kind)
        if spec is None:
            broken = "; ".join(f"plugin {p.name!r}: {p.error}" for p in catalog.broken())
            raise PluginError(f"no {group} kind named {kind!r}" + (f"; {broken}" if broken else ""))
        self.catalog, self.group, self.kind, self.option = catalog, group, kind, option
        self.overrides = (*_setting(spec.factory), *overrides)
        self.spec = spec
        self._kept: dict[Hashable, Any] = {}

    def keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What ``make`` makes, once for each key."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Kept = self._kept[key]
        return kept

    @cached_property
    def composed(self) -> Composed:
        """The recipe of the base size, as plain configuration.

        Raises:
            ConfigError: it does not compose.
        """
        composed = self._chosen()
        config = copy.deepcopy(composed.config)
        given = tuple(override.lstrip("+~").partition("=")[0] for override in self.overrides)
        for path, value in BASE.items():
            group, key = path.split(".")
            free = path not in given and not (group == "timeline" and any(g.startswith("timeline") for g in given))
            if free and key in config[group]:
                config[group][key] = value
        enough = self._with_a_whole_episode(replace(composed, config=config))
        return replace(enough, config=self._showing_all(enough))

    def _with_a_whole_episode(self, composed: Composed) -> Composed:
        """The same with a larger ratio where that of the base size makes no whole episodes."""
        if self.group != "scenario" or any("ratio=" in override for override in self.overrides):
            return composed
        config = copy.deepcopy(composed.config)
        name = self._instance(config)
        part = config["scenario"][name]
        while isinstance(part.get("ratio"), float) and part["ratio"] < MOST_RATIO:
            try:
                self.build_from(replace(composed, config=config))
            except ConfigError as error:
                if not any(problem.path == f"scenario.{name}.ratio" for problem in error.problems):
                    break
                part["ratio"] = min(MOST_RATIO, 4 * part["ratio"])
            else:
                break
        return replace(composed, config=config)

    def _showing_all(self, composed: Composed) -> Config:
        """The configuration with a view that shows the generator's own columns, too."""
        view = composed.config["columns"]["fields"]
        shown = {field["source"] for field in view}
        own = [column.name for column in self.build_from(composed).generator.make().columns]
        more = [{"name": name, "source": name} for name in own if name not in shown]
        return composed.config | {"columns": {"fields": [*view, *more]}}

    def _chosen(self) -> Composed:
        """The first choice of the kind that composes; of those that do not, the first one's error."""
        roots = self.catalog.config_roots
        options = [option.name for option in list_options(plugin_roots=roots).get(self.group, [])]
        own = sorted(options, key=lambda name: name != self.kind)
        refused = []
        for override in self.overrides:
            if override.lstrip("+").startswith("columns="):
                raise PluginError(f"{override}: the kit looks at every column; leave the view out of the overrides")
        for option in [self.option] if self.option else own:
            choice = f"{self.group}=[{option}]" if self.group in MULTIPLE else f"{self.group}={option}"
            try:
                composed = compose([choice, "columns=full", *self.overrides], plugin_roots=roots)
            except ConfigError as error:
                refused.append(error)
                continue
            if self._holds(composed):
                return composed
        if refused:
            raise refused[0]
        raise PluginError(
            f"no choice of group {self.group!r} is of kind {self.kind!r}: give its keys defaults, or a YAML"
        )

    def _holds(self, composed: Composed) -> bool:
        parts = composed.config[self.group]
        found = parts.values() if self.group in MULTIPLE else [parts]
        return any(isinstance(part, dict) and part.get("kind") == self.kind for part in found)

    @cached_property
    def name(self) -> str:
        """What the component's instance is called in a group of several; empty in the others."""
        if self.group not in MULTIPLE:
            return ""
        return self._instance(self.composed.config)

    def _instance(self, config: Mapping[str, Any]) -> str:
        instances: Config = config[self.group]
        return next(name for name, part in instances.items() if part["kind"] == self.kind)

    @property
    def path(self) -> str:
        """Where the component's config stands in the recipe."""
        return f"{self.group}.{self.name}" if self.name else self.group

    def part_of(self, config: Config) -> Config:
        """The component's own part of a plain configuration."""
        part: Config = config[self.group][self.name] if self.name else config[self.group]
        return part

    def config(self, size: Size) -> Config:
        """The plain configuration of a size."""
        config = copy.deepcopy(self.composed.config)
        config["seed"] = size.seed
        config["population"]["cards"] *= size.times
        if self.rows_key in config["generator"]:
            config["generator"][self.rows_key] *= size.times
        self.part_of(config).update(size.part)
        rows = expected_rows(make_components(self.build(config)))
        return config | {"block_rows": -(-rows // size.blocks)}

    @cached_property
    def rows_key(self) -> str:
        """The generator's key that its rows are proportional to; empty where there is none."""
        part: Config = self.composed.config["generator"]
        numbers = [key for key, value in part.items() if isinstance(value, int | float) and value is not True]
        for key in sorted(numbers, key=lambda key: key != "transactions"):
            rows = []
            for times in (1, 4):
                config = self.composed.config | {"generator": part | {key: part[key] * times}}
                with suppress(ConfigError):
                    rows.append(expected_rows(make_components(self.build(config))))
            if len(rows) == 2 and rows[1] == 4 * rows[0]:
                return key
        return ""

    def build(self, config: Config) -> Recipe:
        """The validated recipe of a plain configuration.

        Raises:
            ConfigError: holds every problem.
        """
        return self.build_from(replace(self.composed, config=config))

    def build_from(self, composed: Composed) -> Recipe:
        """The validated recipe of a composed configuration.

        Raises:
            ConfigError: holds every problem.
        """
        return build_recipe(composed, self.catalog)

    def recipe(self, size: Size) -> Recipe:
        """The validated recipe of a size."""
        return self.keep(("recipe", size), lambda: self.build(self.config(size)))

    def own(self, recipe: Recipe) -> Part:
        """The component's part of a recipe."""
        several: Mapping[str, Mapping[str, Part]] = {"scenario": recipe.scenarios, "sink": recipe.sinks}
        part: Part = several[self.group][self.name] if self.name else getattr(recipe, self.group)
        return part

    def cast(self, size: Size) -> Components:
        """Fresh components of a size."""
        return make_components(self.recipe(size))

    def prepare(self, size: Size) -> Prepared:
        """A fresh planned run of a size."""
        return prepare(self.recipe(size))

    def prepared(self, size: Size) -> Prepared:
        """The planned run of a size, shared between checks."""
        return self.keep(("prepared", size), lambda: self.prepare(size))

    def fits(self, size: Size) -> bool:
        """Whether a size can be planned."""
        try:
            self.prepared(size)
        except SynthError:
            return False
        return True

    @cached_property
    def files(self) -> frozenset[str]:
        """The files of the component's code: those of its classes, and of the package that they come from."""
        made = self.spec.factory.__mro__ if isinstance(self.spec.factory, type) else (self.spec.factory,)
        homes = {sys.modules.get(each.__module__) for each in (self.spec.config, *made)}
        tops = {each.__module__.partition(".")[0] for each in (self.spec.config, self.spec.factory)} | {"synth"}
        found: set[str] = set()
        for home in homes:
            if home is not None and home.__name__.partition(".")[0] in tops and home.__file__:
                found.add(home.__file__)
        for top in tops - {"synth"}:
            for folder in getattr(sys.modules.get(top), "__path__", []):
                found.update(map(str, Path(folder).rglob("*.py")))
        return frozenset(found)
