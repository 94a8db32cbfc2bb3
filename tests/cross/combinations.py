"""Presets with options of every group: each combination makes data that verify, or is refused in words."""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from synth.check.verify import verify
from synth.config.catalog import MULTIPLE, Catalog
from synth.config.compose import compose, list_options
from synth.config.recipe import Recipe, load_recipe
from synth.engine.prepare import prepare
from synth.engine.run import execute
from synth.errors import ConfigError, RefusedError
from synth.stream import stream

ROWS = 2_000
#: The SageMaker bucket is in a cloud; tests/cli/test_s3.py has it.
_ELSEWHERE = {"sink=[csv_s3]"}

Choice = str
"""One override that chooses, e.g. ``columns=full``."""


def presets() -> list[str]:
    """The root alone, then every preset."""
    return ["", *(option.name for option in list_options()["experiment"])]


def choices() -> list[Choice]:
    """Every option of every group, and none where that can be chosen."""
    found = []
    for group, options in list_options().items():
        if group == "experiment":
            continue
        found += [f"{group}=[{each.name}]" if group in MULTIPLE else f"{group}={each.name}" for each in options]
        if group in MULTIPLE:
            found.append(f"{group}=[]")
    return [choice for choice in found if choice not in _ELSEWHERE]


def singles() -> list[tuple[Choice, ...]]:
    """Each preset with each choice."""
    return [_with(preset, choice) for preset in presets() for choice in choices()]


def pairs() -> Iterator[tuple[Choice, ...]]:
    """Each preset with two choices of different groups."""
    for preset in presets():
        for one, other in itertools.combinations(choices(), 2):
            if one.partition("=")[0] != other.partition("=")[0]:
                yield _with(preset, one, other)


def _with(preset: str, *chosen: Choice) -> tuple[Choice, ...]:
    return (f"experiment={preset}", *chosen) if preset else chosen


def refusals(combination: Sequence[Choice]) -> tuple[str, ...]:
    """Why a combination is refused, a line a reason; empty when its data were made and verified.

    Raises:
        AssertionError: the data do not verify, or a refusal does not say what is so.
    """
    try:
        load_recipe(combination)
        chosen = [*combination]
        if compose(chosen).choices["noise"] != "none" and not any(choice.startswith("sink=") for choice in chosen):
            chosen.append("sink=[jsonl_stream]")  # only a stream has noise
        recipe, catalog, _ = load_recipe([*chosen, *_small(compose(chosen).config)])
    except ConfigError as error:
        return _told(error)
    with tempfile.TemporaryDirectory() as directory:
        try:
            place = _make(recipe, catalog, Path(directory))
        except RefusedError as error:
            return (str(error).splitlines()[0],)
        if place:
            failed = [f"{check.name}: {check.detail}" for check in verify(place, catalog=catalog).failed]
            assert not failed, failed
    return ()


def _told(error: ConfigError) -> tuple[str, ...]:
    """The problems in one line each; every one has a place and says what would be right."""
    assert error.problems
    assert all(problem.where and (problem.hint or problem.allowed) for problem in error.problems), str(error)
    return tuple(dict.fromkeys(problem.line for problem in error.problems))


def _make(recipe: Recipe, catalog: Catalog, directory: Path) -> str:
    """Makes the data; returns the place that can be read back, empty where there is none."""
    if recipe.clock.paced:  # it would take as long as its window
        prepared = prepare(recipe)
        assert prepared.make_block(0).rows() >= 0
        return ""
    started = time.perf_counter()
    if not recipe.noise.silent:
        stream(recipe, catalog, started=started, directory=directory)
        return str(directory)
    result = execute(recipe, catalog, started=started, directory=directory)
    assert result.rows > 0
    readable = [place for name, place in result.places.items() if recipe.sinks[name].spec.place]
    return readable[0] if readable else ""


def _small(config: Any) -> Iterator[str]:
    """What makes a composed recipe as small as it goes, with places in the run directory."""
    yield from (f"sink.{name}.uri=null" for name, sink in config["sink"].items() if sink.get("uri"))
    yield f"generator.transactions={ROWS}"
    yield "block_rows=700"
    population = config["population"]
    yield "population.cards=150"
    for table, number in (("customers", 50), ("merchants", 40)):
        if population.get(table) and population[table]["number"] > number:
            yield f"population.{table}.number={number}"
    if (population.get("merchants") or {}).get("terminals", 0) > 80:
        yield "population.merchants.terminals=80"
    if (population.get("cities") or {}).get("number", 0) > 10:
        yield "population.cities.number=10"
    for name, scenario in (config.get("scenario") or {}).items():
        if scenario.get("ratio"):
            yield f"scenario.{name}.ratio=0.05"
