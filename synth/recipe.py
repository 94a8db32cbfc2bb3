"""Plain configuration in, frozen typed recipe out, or every violation at once."""

import dataclasses
import difflib
import hashlib
import json
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from synth.catalog import HOOKS, Catalog
from synth.columns import ColumnsConfig
from synth.compose import Composed, origin_of
from synth.errors import ConfigError, PluginError, Violation
from synth.generators.contract import World
from synth.hookspecs import Spec
from synth.injectors.contract import Scene
from synth.population.cards import PopulationConfig
from synth.timeline import Timeline, TimelineConfig


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The keys of a recipe that are no group."""

    seed: Annotated[int, Field(ge=0, lt=2**63, description="root of all randomness")]
    block_rows: Annotated[int, Field(ge=1, le=20_000_000, description="target rows of a block; changes the data")]


@dataclass(frozen=True)
class Part:
    """One configured component."""

    config: Any
    spec: Spec

    def make(self, *context: Any) -> Any:
        """The component."""
        return self.spec.factory(self.config, *context)


@dataclass(frozen=True)
class Recipe:
    """The validated configuration of one run.

    Attributes:
        scenarios, sinks: by instance name, in name order.
        content: the plain configuration of everything that decides the data: no sinks, no runner.
    """

    run: RunConfig
    population: PopulationConfig
    timeline: Timeline
    generator: Part
    amount: Part
    scenarios: Mapping[str, Part]
    columns: ColumnsConfig
    sinks: Mapping[str, Part]
    runner: Part
    content: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """Hex digest of ``content``: recipes with the same one make the same data."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()


#: Groups whose package is a mapping of instances.
MULTIPLE = ("scenario", "sink")
FIXED: dict[str, Any] = {"population": PopulationConfig, "timeline": TimelineConfig, "columns": ColumnsConfig}
PLAIN = tuple(field.name for field in dataclasses.fields(RunConfig))


def build_recipe(composed: Composed, catalog: Catalog) -> Recipe:
    """Types and checks a composed configuration.

    Raises:
        ConfigError: holds every violation.
        PluginError: a kind is claimed by several plugins.
    """
    build = _Build(composed, catalog)
    recipe = build.recipe()
    if build.violations or recipe is None:
        raise ConfigError(build.violations)
    return recipe


class _Build:
    """The state of one validation: the violations so far."""

    def __init__(self, composed: Composed, catalog: Catalog) -> None:
        self.composed, self.catalog = composed, catalog
        self.config = composed.config
        self.violations: list[Violation] = []

    def add(self, path: str, message: str, allowed: str = "", hint: str = "") -> None:
        """Notes a violation, with where its value was set."""
        where = origin_of(self.composed, path)
        self.violations.append(Violation(path=path, message=message, where=where, allowed=allowed, hint=hint))

    def recipe(self) -> Recipe | None:
        """Types every part, then checks what spans parts."""
        self._refuse_unknown_keys()
        run = self.typed("", RunConfig, {key: self.config[key] for key in PLAIN if key in self.config})
        fixed = {name: self.typed(name, config, self.config.get(name)) for name, config in FIXED.items()}
        single = {group: self.part(group, self.config.get(group)) for group in HOOKS if group not in MULTIPLE}
        several = {group: self.parts(group) for group in MULTIPLE}
        if not several["sink"]:
            self.add("sink", "no sink is chosen: the data would go nowhere", ", ".join(self.catalog.names("sink")))
        self._check_places(several["sink"])
        parts = [run, *fixed.values(), *single.values()]
        if self.violations or any(part is None for part in parts):
            return None
        self._check_world(run, fixed, single, several["scenario"])
        content = {key: self.config[key] for key in sorted(self.config) if key not in ("sink", "runner")}
        return Recipe(
            run=run,
            population=fixed["population"],
            timeline=Timeline.parse(fixed["timeline"]),
            generator=typing.cast("Part", single["generator"]),
            amount=typing.cast("Part", single["amount"]),
            scenarios=several["scenario"],
            columns=fixed["columns"],
            sinks=several["sink"],
            runner=typing.cast("Part", single["runner"]),
            content=content,
        )

    def _refuse_unknown_keys(self) -> None:
        known = [*PLAIN, *FIXED, *HOOKS]
        for key in self.config:
            if key not in known:
                self.add(key, f"unknown key {key!r}", ", ".join(sorted(known)), _nearest(key, known))

    def parts(self, group: str) -> dict[str, Part]:
        """The instances of a multiple group, in name order."""
        instances = self.config.get(group) or {}
        if not isinstance(instances, dict):
            self.add(group, f"{group} is {instances!r}", "a mapping of instances by name")
            return {}
        typed = {name: self.part(f"{group}.{name}", instances[name]) for name in sorted(instances)}
        return {name: part for name, part in typed.items() if part is not None}

    def part(self, path: str, data: Any) -> Part | None:
        """One component: its kind looked up, its config typed."""
        group, _, name = path.partition(".")
        if not isinstance(data, dict) or "kind" not in data:
            keys = ", ".join(data) if isinstance(data, dict) else repr(data)
            choose = f"{group}=[{name}]" if name else f"{group}={self.catalog.names(group)[0]}"
            told = f"{path} has no kind, only {keys}" if data else f"{path} is missing"
            self.add(
                path,
                told,
                f"a kind: {', '.join(self.catalog.names(group))}",
                f"choose it with {choose}, or drop these keys",
            )
            return None
        spec = self._find(path, group, data["kind"])
        config = self.typed(path, spec.config, data) if spec else None
        return Part(config, spec) if spec and config is not None else None

    def _find(self, path: str, group: str, kind: Any) -> Spec | None:
        try:
            spec = self.catalog.find(group, kind) if isinstance(kind, str) else None
        except PluginError as error:
            self.add(f"{path}.kind", str(error))
            return None
        if spec is None:
            names = self.catalog.names(group)
            told = f"no {group} kind named {kind!r}"
            for provider in self.catalog.broken():
                told += f"; plugin {provider.name!r} ({provider.source}) could not be loaded: {provider.error}"
            self.add(f"{path}.kind", told, ", ".join(names), _nearest(str(kind), names))
        return spec

    def typed(self, path: str, config: type[Any], data: Any) -> Any:
        """A config object, or None after noting what is wrong."""
        if data is None:
            self.add(path, f"{path} is missing")
            return None
        try:
            typed = adapter(config).validate_json(json.dumps(data))
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                self._note(path, config, data, problem)
            return None
        before = len(self.violations)
        if hasattr(typed, "violations"):
            for below, message, allowed in typed.violations():
                self.add(_join(path, below), f"{_join(path, below)}: {message}", allowed)
        return typed if len(self.violations) == before else None

    def _note(self, path: str, config: type[Any], data: Any, problem: Any) -> None:
        """One pydantic error as a violation."""
        steps = _steps_in(data, problem["loc"])
        full = _join(path, ".".join(map(str, steps)))
        if problem["type"] == "unexpected_keyword_argument":
            known = _keys_beside(config, data, steps)
            self.add(full, f"unknown key {full!r}", ", ".join(known), _nearest(str(steps[-1]), known))
        elif problem["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
            self.add(full, f"{full} is missing", _doc_of(config, steps))
        else:
            allowed = re.sub(r"^(Input|String|List|Dictionary) should (be|have|match) ", r"", problem["msg"]).replace(
                "Input should be ", ""
            )
            named = re.findall(r"'([^']+)'", allowed) if problem["type"] == "literal_error" else []
            value = problem["input"]
            shown = (
                f"{full} is {value!r}"
                if not isinstance(value, dict | list)
                else f"{full} is {type(value).__name__} {json.dumps(value)[:60]}"
            )
            self.add(full, shown, allowed, _nearest(str(value), named))

    def _check_places(self, sinks: Mapping[str, Part]) -> None:
        from synth.errors import RefusedError
        from synth.sinks.stores import parse_uri

        places: dict[Any, str] = {}
        for name, part in sinks.items():
            uri = getattr(part.config, "uri", None)
            if uri is None:
                continue
            try:
                place = dataclasses.replace(parse_uri(uri), uri="")
            except RefusedError as error:
                self.add(f"sink.{name}.uri", str(error), "a directory or s3://bucket/prefix")
                continue
            if place in places:
                self.add(
                    f"sink.{name}.uri",
                    f"sinks {places[place]!r} and {name!r} write into the same place {uri!r}",
                    "one place a sink",
                )
            places[place] = name

    def _check_world(
        self, run: RunConfig, fixed: Mapping[str, Any], single: Mapping[str, Any], scenarios: Mapping[str, Part]
    ) -> None:
        law = single["amount"].make()
        timeline = Timeline.parse(fixed["timeline"])
        world = World(fixed["population"].cards, timeline, law, run.block_rows)
        generator = single["generator"].make()
        self._check("generator", generator.violations(world))
        scene = Scene(world.cards, timeline, law, generator.rows())
        for name, part in scenarios.items():
            self._check(f"scenario.{name}", part.make().violations(scene))

    def _check(self, path: str, problems: Iterable[tuple[str, str, str]]) -> None:
        for below, message, allowed in problems:
            self.add(_join(path, below), f"{_join(path, below)}: {message}", allowed)


def adapter(config: type[Any]) -> TypeAdapter[Any]:
    """A strict validator of a config class that refuses unknown keys, in nested classes, too.

    It takes JSON: in strict mode pydantic builds a standard dataclass from a JSON object, not from a dict.
    """
    for nested in _dataclasses_in(config):
        nested.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(config)


def _dataclasses_in(annotation: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(annotation):
        yield annotation
        for inner in typing.get_type_hints(annotation, include_extras=True).values():
            yield from _dataclasses_in(inner)
    else:
        for inner in typing.get_args(annotation):
            yield from _dataclasses_in(inner)


def _steps_in(data: Any, loc: tuple[Any, ...]) -> list[Any]:
    """The config path of a pydantic location, without the union tags that pydantic puts in between."""
    steps: list[Any] = []
    for i, step in enumerate(loc):
        inside = (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int))
        if inside:
            data = data[step]
        elif i < len(loc) - 1:
            continue
        steps.append(step)
    return steps


def _config_at(config: Any, data: Any, steps: list[Any]) -> Any:
    """The dataclass that describes the mapping that holds the last step."""
    here = config
    for step in steps[:-1]:
        data = data[step]
        hints = typing.get_type_hints(here, include_extras=True) if dataclasses.is_dataclass(here) else {}
        inner = hints.get(step, here)
        candidates = list(_dataclasses_in(inner)) if inner is not here else [here]
        kinds = [c for c in candidates if isinstance(data, dict) and data.get("kind") == _kind(c)]
        here = (kinds or candidates or [here])[0]
    return here


def _kind(config: Any) -> Any:
    found = config.__dataclass_fields__.get("kind")
    return found.default if found else None


def _keys_beside(config: Any, data: Any, steps: list[Any]) -> list[str]:
    return [f.name for f in dataclasses.fields(_config_at(config, data, steps)) if f.name != "kind"]


def _doc_of(config: Any, steps: list[Any]) -> str:
    hints = typing.get_type_hints(_config_at(config, {}, steps[-1:]), include_extras=True)
    for extra in getattr(hints.get(str(steps[-1])), "__metadata__", ()):
        if getattr(extra, "description", None):
            return str(extra.description)
    return ""


def _join(path: str, below: str) -> str:
    return f"{path}.{below}".strip(".")


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]!r}?" if near else ""
