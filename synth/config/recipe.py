"""Plain configuration in, frozen typed recipe out, or every problem at once."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field

from synth.clicks import ClicksConfig
from synth.clock.config import ClockConfig
from synth.config.catalog import HOOKS, MULTIPLE, Catalog, load_catalog
from synth.config.compose import Composed, changed_at, note_shadows, try_compose
from synth.config.environment import EnvironmentValues
from synth.config.fitting import ColumnsMade, idle_amount, with_cures
from synth.config.objectives import SweepConfig, for_one_run
from synth.config.part import Part, SinkPart, instance_problems, sink_problems, view_problems, without_kind
from synth.config.typed import allowed_by, read_config, schema_of
from synth.contracts.context import PlanContext
from synth.contracts.generator import Generator, World, broken_columns
from synth.contracts.hookspecs import SinkSpec, Spec
from synth.contracts.injector import problems_of
from synth.errors import ConfigError, PluginError, Problem, RunError, blaming
from synth.noise.config import NoiseConfig
from synth.population.config import PopulationConfig
from synth.reporting import ReportingConfig
from synth.tables.view_edits import without_idle_edits
from synth.tables.views import ColumnsConfig
from synth.timeline import Timeline, TimelineConfig
from synth.wording import in_yaml, nearest, without_secrets

if TYPE_CHECKING:
    from synth.tables.column import Column


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The keys of a recipe that are no group."""

    seed: Annotated[int, Field(ge=0, lt=2**63, description="root of all randomness")]
    block_rows: Annotated[int, Field(ge=1, le=20_000_000, description="target rows of a block; changes the data")]


@dataclass(frozen=True)
class Recipe:
    """The validated configuration of one run.

    Attributes:
        scenarios, sinks: by instance name, in name order.
        content: the plain configuration of all that decides the data, all but ``NOT_DATA``, and what libraries say.
        idle: groups whose choice has no effect beside the others; nobody has made it.
        origins: config path → where it was set, in the order of setting.
        shadows: a user's file → what it stands in the place of.
    """

    run: RunConfig
    population: PopulationConfig
    timeline: Timeline
    generator: Part
    amount: Part
    scenarios: Mapping[str, Part]
    reporting: ReportingConfig
    clicks: ClicksConfig
    columns: ColumnsConfig
    sinks: Mapping[str, SinkPart]
    runner: Part
    clock: ClockConfig
    noise: NoiseConfig
    sweep: SweepConfig
    content: Mapping[str, Any]
    idle: frozenset[str]
    origins: Mapping[str, str] = field(repr=False, compare=False)
    shadows: Mapping[str, str] = field(repr=False, compare=False, default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Hex digest of ``content``: recipes with the same one make the same data."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()


FIXED: dict[str, Any] = {"population": PopulationConfig, "timeline": TimelineConfig, "reporting": ReportingConfig}
FIXED |= {"clicks": ClicksConfig, "columns": ColumnsConfig, "clock": ClockConfig, "noise": NoiseConfig}
FIXED |= {"sweep": SweepConfig}
#: Where the data go, on what they are made, how they are sent and why; not what they are.
NOT_DATA = ("sink", "runner", "clock", "noise", "sweep")
#: Values that others refer to as ``${vars.name}``; no part of the recipe.
FREE = "vars"
PLAIN = tuple(field.name for field in dataclasses.fields(RunConfig))


def build_recipe(composed: Composed, catalog: Catalog, known: ColumnsMade | None = None) -> Recipe:
    """Types and checks a composed configuration.

    Args:
        known: what generators make, noted for recipes that differ in little when somebody has to know it.

    Raises:
        ConfigError: holds every problem.
        PluginError: a kind is claimed by several plugins.
    """
    build = _Build(composed, catalog)
    recipe = build.recipe()
    further = [problem for problem in build.problems if not any(map(problem.concerns, composed.problems))]
    if recipe is None or composed.problems:
        made = {} if known is None else known
        cured = with_cures(further, composed, lambda other: _Build(other, catalog).own_names(), made)
        raise ConfigError([*composed.problems, *note_shadows(cured, composed.shadows)])
    return recipe


def load_recipe(
    overrides: Sequence[str],
    *,
    given: Mapping[str, Any] | None = None,
    plugin_files: Sequence[Path] = (),
    plugins_dirs: Sequence[Path] = (),
    config_dirs: Sequence[Path] = (),
) -> tuple[Recipe, Catalog, Composed]:
    """Overrides to a validated recipe, with the catalog and the composed configuration that it came from.

    Args:
        given: sections that stand in the place of the default ones.

    Raises:
        ConfigError: holds every problem.
        PluginError: a plugin that was asked for cannot be used.
    """
    catalog = load_catalog(plugin_files, plugins_dirs)
    with catalog.noting_broken_plugins():
        composed = try_compose(overrides, given=given, config_dirs=config_dirs, plugin_roots=catalog.config_roots)
        return build_recipe(for_one_run(composed), catalog), catalog, composed


class _Build:
    """The state of one validation: the problems so far."""

    def __init__(self, composed: Composed, catalog: Catalog) -> None:
        self.composed, self.catalog = composed, catalog
        self.config = without_idle_edits(composed.config)
        self.problems: list[Problem] = []
        self.resolved: dict[str, Any] = {}
        self.own_columns: tuple[Column, ...] | None = None
        self.environment = EnvironmentValues(composed)
        self.idle: set[str] = set()
        self.unsure = {problem.path for problem in composed.problems}

    def add(self, path: str, message: str, allowed: tuple[str, ...] = (), hint: str = "") -> None:
        """Notes a problem."""
        self._note([Problem(path=path, message=message, allowed=allowed, hint=hint)])

    def _note(self, problems: Iterable[Problem]) -> None:
        """Notes problems, each with where its value was set, or what was changed below it."""
        for problem in problems:
            where, word = changed_at(self.composed.origins, problem.path), self.composed.words.get(problem.path)
            hint = f'quote it: "{word}"' if word and problem.allowed_in_words.startswith("text") else problem.hint
            self.problems.append(self.environment.hidden(dataclasses.replace(problem, where=where, hint=hint)))

    def _note_below(self, path: str, problems: Iterable[Problem]) -> None:
        """Notes what a component says of itself."""
        self._note(problem.below(path).with_path_in_message() for problem in problems)

    def own_names(self) -> list[str]:
        """The own columns of the generator; none where it is wrong."""
        part = self.part("generator", self.config.get("generator"))
        return [column.name for column in part.make().columns] if part else []

    def recipe(self) -> Recipe | None:
        """Types every part, then checks what spans parts."""
        self._refuse_unknown_keys()
        run = self.typed("", RunConfig, {key: self.config[key] for key in PLAIN if key in self.config})
        fixed = {name: self.typed(name, config, self.config.get(name)) for name, config in FIXED.items()}
        single = {group: self.part(group, self.config.get(group)) for group in HOOKS if group not in MULTIPLE}
        several = {group: self.parts(group) for group in MULTIPLE}
        if not self.config.get("sink"):
            kinds = self.catalog.names("sink")
            message, hint = "no sink is chosen: the data would go nowhere", f"choose one: sink=[{kinds[0]}]"
            self.add("sink", message, tuple(kinds), hint)
        sinks = {name: each for name, each in several["sink"].items() if isinstance(each, SinkPart)}
        self._note(sink_problems(single["runner"], sinks))
        if single["generator"] is not None:
            self._check_columns(single["generator"])
        if self.unsure & {"population", "generator"}:
            return None  # another world is meant than what spans parts would be said of
        if all(part is not None for part in (run, fixed["population"], fixed["timeline"])):
            self._check_world(run, fixed, single, several["scenario"])
        own, people = self.own_columns, fixed["population"]
        entities, census = (people.entity_columns(), people.census()) if people else (None, None)
        known: dict[str, Any] = {"columns": (own, entities), "clicks": (own, census)}
        known |= {} if "scenario" in self.unsure else {"reporting": (sorted(several["scenario"]),)}
        for name in (name for name in known if fixed[name] is not None):
            self._note_below(name, fixed[name].problems_with(*known[name]))
        if own is not None and fixed["columns"] and fixed["timeline"]:
            self._note(view_problems(sinks, fixed["columns"].shown_columns(own), fixed["timeline"]))
        if self.problems or None in (run, *fixed.values(), *single.values()):
            return None
        return Recipe(
            run=run,
            timeline=Timeline.parse(fixed["timeline"]),
            **cast("dict[str, Any]", single),
            scenarios=several["scenario"],
            **{name: config for name, config in fixed.items() if name != "timeline"},
            sinks=sinks,
            content=without_secrets({key: self.config[key] for key in sorted({*self.config} - {*NOT_DATA, FREE})})
            | self.resolved,
            idle=frozenset(self.idle),
            origins=self.composed.origins,
            shadows=self.composed.shadows,
        )

    def _refuse_unknown_keys(self) -> None:
        known = [*PLAIN, *FIXED, *HOOKS, FREE]
        for key in self.config:
            if key not in known:
                self.add(key, f"unknown key {key!r}", tuple(sorted(known)), nearest(key, known))

    def parts(self, group: str) -> dict[str, Part]:
        """The instances of a multiple group, in name order."""
        instances = self.config.get(group) or {}
        self._note(instance_problems(group, instances))
        if not isinstance(instances, dict):
            return {}
        typed = {name: self.part(f"{group}.{name}", instances[name]) for name in sorted(instances)}
        return {name: part for name, part in typed.items() if part is not None}

    def part(self, path: str, data: Any) -> Part | None:
        """One component: its kind looked up, its config typed."""
        group = path.partition(".")[0]
        if not isinstance(data, dict) or "kind" not in data:
            self._note([without_kind(path, data, self.catalog.names(group), self.composed.options.get(group, ()))])
            return None
        spec = self._find(path, group, data["kind"])
        config = self.typed(path, spec.config, data) if spec else None
        if spec is None or config is None:
            return None
        return SinkPart(config, spec) if isinstance(spec, SinkSpec) else Part(config, spec)

    def _find(self, path: str, group: str, kind: Any) -> Spec | None:
        try:
            spec = self.catalog.find(group, kind) if isinstance(kind, str) else None
        except PluginError as error:
            self.add(f"{path}.kind", str(error))
            return None
        if spec is None:
            names = self.catalog.names(group)
            message = f"no {group} kind named {in_yaml(kind)}{self.catalog.broken_plugins_note()}"
            self.add(f"{path}.kind", message, tuple(names), nearest(str(kind), names))
            return None
        if lack := self.catalog.lack(group, kind):
            self.add(path, f"{group}={kind} {lack.what}", hint=lack.cure)
        return None if lack else spec

    def typed(self, path: str, config: type[Any], data: Any) -> Any:
        """A config object, or None after noting what is wrong."""
        if data is None and path not in self.config:
            self.add(path, f"{path} is missing", allowed_by(schema_of(config)))
            return None
        typed, problems = read_config(path, config, data)
        self._note(problems)
        return typed

    def _check_world(
        self, run: RunConfig, fixed: Mapping[str, Any], single: Mapping[str, Any], scenarios: Mapping[str, Part]
    ) -> None:
        """Checks what spans parts, as far as the parts are right."""
        timeline = Timeline.parse(fixed["timeline"])
        if max(abs(timeline.start_s), abs(timeline.end_s)) * fixed["population"].cards >= 2**62:
            message = "population.cards: so many cards at times so far from 1970 cannot be put in order"
            self.add("population.cards", message, ("fewer cards",))
            return
        if single["amount"] is None or single["generator"] is None:
            return
        with blaming("the generator or the amount law"):
            people, generator = fixed["population"], single["generator"].make()
            census = people.census().coded(generator.texts.get("category", ()))
            world = World(people.cards, timeline, single["amount"].make(), run.block_rows, census)
            if not generator.takes_amount:
                self.idle.add("amount")
                self.problems += idle_amount(self.composed)
            unfit = list(generator.problems(world))
            self._note_below("generator", unfit)
            if not all(problem.path for problem in unfit):
                return  # it is in the wrong world, where nothing can be said of its rows
            rows = generator.expected_rows(world)
            if resolved := {} if unfit else generator.resolved(world):
                self.resolved = {"resolved": {"generator": dict(resolved)}}
            context = PlanContext.of(generator, world, rows)
        for name, part in scenarios.items():
            with blaming(f"scenario {name!r}: its injector"):
                self._note_below(f"scenario.{name}", problems_of(part.make(), context))

    def _check_columns(self, part: Part) -> None:
        """Holds a generator to what it may declare, and keeps its columns for the view."""
        with blaming("the generator"):
            generator: Generator = part.make()
        for broken in broken_columns(generator):
            raise RunError(f"the generator {type(generator).__name__} declares {broken}; that is an error in its code")
        self.own_columns = generator.columns
