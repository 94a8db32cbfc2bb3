"""Checks of a config class, the same for every kind of component."""

import copy
import dataclasses
import json
import pickle
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from synth.config.typed import adapter, schema_of
from synth.errors import ConfigError
from synth.testing.bench import Size
from synth.testing.contract import Broken, Contract, rule
from synth.testing.mutations import Mutation, mutated, out_of_range, unknown_keys, wrong_types
from synth.wording import one_line


class ConfigChecks(Contract):
    """The config class above a component."""

    @rule
    def test_config_is_a_frozen_dataclass(self) -> None:
        """The config is a frozen dataclass with a kind, and so are the classes of its fields."""
        for each in _classes(self.bench.spec.config):
            parameters = getattr(each, "__dataclass_params__", None)
            if parameters is None or not parameters.frozen:
                raise Broken("it is no frozen dataclass", f"class {each.__name__}")

    @rule
    def test_config_fields_are_described(self) -> None:
        """Every field of the config has a type and a description."""
        schema = schema_of(self.bench.spec.config)
        for name, part in (("", schema), *schema.get("$defs", {}).items()):
            for key, below in part.get("properties", {}).items():
                place = f"field {key} of class {name or self.bench.spec.config.__name__}"
                if key == "kind":
                    continue
                if not below.get("description"):
                    raise Broken("a field has no description: Annotated[..., Field(description=...)]", place)
                if not {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"} & set(below):
                    raise Broken("a field may hold anything: give it a type", place)

    @rule
    def test_config_has_a_json_schema(self) -> None:
        """The config class has a JSON Schema that names every field."""
        config = self.bench.spec.config
        properties = schema_of(config).get("properties", {})
        for field in dataclasses.fields(config):
            if field.name not in properties:
                raise Broken("the JSON Schema lacks a field", f"field {field.name} of class {config.__name__}")

    @rule
    def test_config_makes_a_valid_recipe(self) -> None:
        """The config's defaults, or its YAML choice, make a valid recipe."""
        try:
            self.bench.recipe(Size())
        except ConfigError as error:
            first = error.problems[0]
            raise Broken(one_line(first.line), first.path) from error

    @rule
    def test_config_survives_json(self) -> None:
        """A config becomes plain data, JSON and the same config again."""
        config = self._config
        try:
            text = json.dumps(dataclasses.asdict(config))
        except (TypeError, ValueError) as error:
            raise Broken(f"it does not become JSON: {error}", f"class {type(config).__name__}") from error
        again = adapter(type(config)).validate_json(text)
        for field in dataclasses.fields(config):
            before, after = getattr(config, field.name), getattr(again, field.name)
            if before != after:
                raise Broken(f"{before!r} comes back as {after!r}", f"field {field.name}")

    @rule
    def test_config_pickles(self) -> None:
        """A config pickles: it travels to workers."""
        config = self._config
        try:
            again = pickle.loads(pickle.dumps(config))
        except Exception as error:
            raise Broken(f"{type(error).__name__}: {error}", f"class {type(config).__name__}") from error
        if again != config:
            raise Broken("it comes back as another config", f"class {type(config).__name__}")

    @rule
    def test_config_refuses_unknown_keys(self) -> None:
        """A key that the config does not have is refused by name."""
        self._refuses(unknown_keys(schema_of(self.bench.spec.config), self._data))

    @rule
    def test_config_refuses_wrong_types(self) -> None:
        """A value of a wrong type is refused by name."""
        self._refuses(wrong_types(schema_of(self.bench.spec.config), self._data))

    @rule
    def test_config_refuses_values_out_of_range(self) -> None:
        """A value out of its declared range is refused by name."""
        self._refuses(out_of_range(schema_of(self.bench.spec.config), self._data))

    @property
    def _config(self) -> Any:
        return self.bench.own(self.bench.recipe(Size())).config

    @property
    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = adapter(self.bench.spec.config).dump_python(self._config, mode="json")
        return data

    def _refuses(self, mutations: Iterable[Mutation]) -> None:
        """Every wrong value is refused by the real recipe, at its own path."""
        bench, data = self.bench, self._data
        whole = bench.config(Size())
        for mutation in mutations:
            config, part = copy.deepcopy(whole), mutated(data, mutation)
            bench.part_of(config).clear()
            bench.part_of(config).update(part)
            place = f"{bench.path}.{mutation.path}"
            try:
                bench.build(config)
            except ConfigError as error:
                paths = [problem.path for problem in error.problems]
                if any(place.startswith(path) and path.startswith(bench.path) for path in paths):
                    continue
                if any(path.startswith(place) for path in paths):
                    continue
                raise Broken(f"{mutation.wrong} is refused, but at {paths[0]!r}", place) from error
            raise Broken(f"{mutation.wrong}, {mutation.value!r}, is accepted", place)


def _classes(config: type[Any]) -> Iterator[type[Any]]:
    """A config class and the dataclasses of its fields."""
    yield config
    for annotation in typing.get_type_hints(config, include_extras=True).values():
        for inner in _dataclasses_in(annotation):
            yield from _classes(inner)


def _dataclasses_in(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _dataclasses_in(inner)
