"""Small populations for tests: those of conf/, with some values exchanged."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from synth.contracts.population import Population
from synth.population.cards import draw_cards
from synth.population.config import PopulationConfig
from synth.population.draw import draw_population
from synth.rng import Streams

CONF = Path(__file__).resolve().parent.parent.parent / "conf" / "population"
DAY_S = 86_400
#: 2022-01-01.
START_S = 1_640_995_200


@cache
def _node(name: str) -> dict[str, Any]:
    node: dict[str, Any] = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    return node


def people(name: str = "tiny", changes: dict[str, Any] | None = None, **top: Any) -> PopulationConfig:
    """A population of conf/; ``changes`` are values by dotted path."""
    node = copy.deepcopy(_node(name)) | top
    for path, value in (changes or {}).items():
        *steps, last = path.split(".")
        inner = node
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return TypeAdapter(PopulationConfig).validate_json(json.dumps(node), strict=True)


def draw(config: PopulationConfig, seed: int = 1, start_s: int = START_S) -> Population:
    """Its people, as a run draws them."""
    streams = Streams(seed, "population")
    numbers = draw_cards(config.networks, config.cards_by_network(), rng=streams.draw("cards"))
    population = draw_population(config, numbers, start_s, streams=streams)
    assert population is not None
    return population


def problems(config: PopulationConfig) -> dict[str, str]:
    return {problem.path: problem.line for problem in config.problems()}
