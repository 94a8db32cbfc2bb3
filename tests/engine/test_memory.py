"""The forecast of memory is held to processes, and what cannot fit is refused before anybody is drawn."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import synth
import synth.engine.prepare
from synth.cli import main
from synth.cli.plan import describe
from synth.config.recipe import load_recipe
from synth.engine.memory import forecast, forecast_plan, people_bytes, refuse_crowd, refuse_shortage
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.prepare import prepare
from synth.errors import ConfigError, RefusedError
from synth.population.cards import NetworkConfig
from synth.population.config import PopulationConfig

PREPARE = r"""
import re, resource, sys
from pathlib import Path
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
plan = prepare(load_recipe(sys.argv[1:])[0]).plan
if sys.platform == "darwin":
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
else:  # ru_maxrss of Linux begins with that of the process that forked
    peak = 1024 * int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(peak, plan.planned_rows())
"""
SIZES = {
    "cards": ("scenario=card_chain", "population.cards=3000000"),
    "fraud": ("scenario=card_chain", "generator.transactions=200000000"),
    "customers": (
        *("experiment=retail_us", "scenario=[]", "population.customers.number=150000", "population.cards=180000"),
        "timeline.end=2022-02-01",
    ),
}


@pytest.mark.parametrize("overrides", SIZES.values(), ids=SIZES)
def test_a_process_that_plans_has_the_peak_that_was_forecast(overrides: tuple[str, ...]) -> None:
    told = subprocess.run([sys.executable, "-c", PREPARE, *overrides], capture_output=True, text=True, check=True)
    peak, fraud_rows = map(int, told.stdout.split())
    recipe = load_recipe(list(overrides))[0]
    needs = forecast(recipe, fraud_rows, 1, recipe.run.block_rows)
    assert 2 / 3 < peak / (needs.people + needs.fraud) < 3 / 2


def test_a_forecast_has_all_that_grows() -> None:
    recipe = load_recipe(["runner.workers=3"])[0]
    none, some = forecast(recipe, 0, 9, 1000), forecast(recipe, 5000, 9, 2000)
    assert some.driver - none.driver == some.fraud + 4 * (some.block - none.block)
    assert some.worker - none.worker == some.block - none.block
    assert forecast(recipe, 5000, 1, 2000).driver == some.driver - 3 * some.block  # no more at a time than there are
    assert people_bytes(2, 1) > people_bytes(1, 1) > people_bytes(1, 0)


def test_a_crowd_that_does_not_fit_is_refused_with_one_that_does() -> None:
    recipe = load_recipe(["population.cards=1000000"])[0]
    needed = people_bytes(1_000_000, 0)
    refuse_crowd(recipe, needed)
    with pytest.raises(RefusedError, match=r"1,000,000 cards take about 0\.2 GB") as refused:
        refuse_crowd(recipe, needed - 61)
    assert "about 999,999 cards would fit" in str(refused.value)


def test_too_many_people_for_any_machine_are_refused_at_once() -> None:
    crowd = ["experiment=retail_us", "population.customers.number=1000000000", "population.cards=1000000000"]
    with pytest.raises(ConfigError, match="too long for one column"):
        load_recipe(crowd)
    recipe = load_recipe(
        ["experiment=retail_us", "population.customers.number=130000000", "population.cards=130000000"]
    )[0]
    with pytest.raises(RefusedError, match="130,000,000 cards and 130,000,000 customers take about 62"):
        refuse_crowd(recipe, 32 * 10**9)


def test_the_longest_column_of_card_numbers() -> None:
    people = load_recipe(["experiment=retail_us"])[0].population
    visa = {"visa": NetworkConfig(share=1.0, length=16, prefixes=["4"])}

    def told(cards: int, population: PopulationConfig = people) -> list[str]:
        return [problem.allowed_in_words for problem in replace(population, networks=visa, cards=cards).problems()]

    assert told(134_217_727) == []
    assert [allowed[:33] for allowed in told(134_217_728)] == ["about 134,217,727 at most, 2,147,"]
    assert told(134_217_728, replace(people, customers=None, merchants=None)) == [], "nobody writes a table of them"


def test_a_plan_tells_it() -> None:
    prepared = prepare(load_recipe(["scenario=card_chain", "population.cards=50", "generator.transactions=2000"])[0])
    told = describe(prepared, make_sinks(prepared, run_directory(), overwrite=False))["memory"]
    assert told["driver"] > told["worker"] > people_bytes(50, 0)


SMALL = ("scenario=card_chain", "population.cards=50", "generator.transactions=40000", "block_rows=5000")


@pytest.mark.parametrize(
    ("blocks", "hint"),
    [
        (4.5, "runner.workers=3 fits, as smaller block_rows do"),
        (1.5, "block_rows=3000 with runner.workers=1 fits"),
        (0.1, "fewer cards, customers or fraud rows, or a machine that has more"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_what_would(blocks: float, hint: str) -> None:
    recipe = load_recipe([*SMALL, "runner.workers=6"])[0]
    plan = prepare(recipe).plan
    needs = forecast_plan(recipe, plan)
    refuse_shortage(recipe, plan, needs.driver)
    with pytest.raises(RefusedError) as refused:
        refuse_shortage(recipe, plan, needs.people + needs.fraud + int(blocks * needs.block))
    assert "for 7 blocks of 5,101 rows at a time" in str(refused.value)
    assert hint in str(refused.value)


def test_what_is_advised_fits() -> None:
    recipe = load_recipe([*SMALL, "runner.workers=6"])[0]
    plan = prepare(recipe).plan
    needs = forecast_plan(recipe, plan)
    for blocks, advice in ((4.5, "runner.workers=3"), (1.5, "block_rows=3000 runner.workers=1")):
        advised = load_recipe([*SMALL, "runner.workers=6", *advice.split()])[0]
        room = needs.people + needs.fraud + int(blocks * needs.block)
        refuse_shortage(advised, prepare(advised).plan, room)


#: Whatever makes rows, as on the command line, below a place.
MAKERS = {
    "run": ("run",),
    "part": ("run", "--parts", "2", "--part", "0"),
    "sweep": ("run", "-m", "seed=1,2"),
    "stream": ("stream", "sink=jsonl_stream"),
}


@pytest.mark.parametrize("words", MAKERS.values(), ids=MAKERS)
def test_whoever_makes_rows_refuses_before_the_first(words, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(synth.engine.prepare, "machine_bytes", lambda: people_bytes(50, 0) + 100)
    sink = "jsonl_stream" if "stream" in words else "parquet"
    code = main([*words, *SMALL, f"sink.{sink}.uri={tmp_path}/out"])
    told = capsys.readouterr().err
    assert code == 3, told
    assert "the run takes about" in told
    assert "Traceback" not in told
    assert not list(Path(tmp_path).iterdir())


def test_a_plan_may_be_of_a_run_for_another_machine(monkeypatch, capsys) -> None:
    monkeypatch.setattr(synth.engine.prepare, "machine_bytes", lambda: people_bytes(50, 0) + 100)
    assert main(["plan", *SMALL]) == 0
