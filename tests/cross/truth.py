"""Asks every shipped world with every shipped pattern whether anything gives fraud away: ``make truth``.

Every preset with every built-in scenario and every example that fits it: a run is linted and verified. What is found
stands in ``docs/truth-table.md``, which ``--write`` writes; what is expected of a published world with known faults
stands below, with the reason, as does what synth does not do better yet.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from synth.check.records import read_records
from synth.check.verify import verify
from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import compose
from synth.config.recipe import load_recipe
from synth.engine.trial import tried
from synth.errors import ConfigError, RefusedError
from synth.leaks import lint
from tests.presets import PRESETS, SCENARIOS

_HEAD = """\
# What tells, by world and pattern

Every preset was made with every scenario and every example, some {rows:,} rows each, and asked of `synth lint` and
`synth verify`. {made} of {tried} combinations can be made. (`make truth ARGS=--write` wrote this page.)

| preset | scenario | what is found |
| --- | --- | --- |
"""

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "truth-table.md"

#: Pattern → the plugin that has it.
EXAMPLES = {
    "card_testing": ROOT / "plugins/examples/card_testing.py",
    "gift_card_drain": ROOT / "plugins/examples/gift_card_drain.py",
    "velocity_fast": ROOT / "plugins/synth-velocity/synth_velocity/__init__.py",
}

#: Rows of a run, and the share of fraud that is asked for where a pattern has one.
ROWS, RATIO = 200_000, 0.01

Pair = tuple[str, str]
"""A preset and a scenario."""


@dataclass(frozen=True)
class Expected:
    """What a preset gives away, as is known.

    Attributes:
        begins: what a finding begins with, after how bad it is.
        reason: why.
    """

    begins: str
    reason: str


_BY_ROW = Expected("reports: rows of an episode", "the Handbook reports row by row")
_ALWAYS_OPEN = Expected(
    "columns: merchants.opens_hour", "card tests are more often in shops that never close; why is open"
)
_FIFTHS = Expected("trivia: ", "all cents divide by the factor of five, as the Handbook's do")

#: Preset → what is found there of any scenario, and nothing else may be.
EXPECTED: Mapping[str, tuple[Expected, ...]] = {
    "handbook": (_BY_ROW,),
    "handbook_fixed": (_BY_ROW,),
}

#: Preset and scenario → what is found there, beside that.
EXPECTED_OF: Mapping[Pair, tuple[Expected, ...]] = {
    ("handbook", "stolen_card"): (_FIFTHS,),
    ("drift", "card_testing"): (_ALWAYS_OPEN,),
    ("retail_eu", "card_testing"): (_ALWAYS_OPEN,),
}


@dataclass(frozen=True)
class Answer:
    """What was found of a combination.

    Attributes:
        refused: why it cannot be made; empty where it can.
        found: findings of lint, and checks of verify that fail or could not be made.
        expected: those of them that are known, with their reasons.
        declared: what tells and is declared.
        episodes: how many were compared.
    """

    refused: str = ""
    found: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    rows: int = 0
    episodes: int = 0

    @property
    def cell(self) -> str:
        """What the table says of it."""
        if self.refused:
            return "refused"
        parts = [f"open: {'; '.join(self.found)}"] if self.found else []
        parts += [f"expected: {'; '.join(self.expected)}"] if self.expected else []
        parts += [f"declared: {', '.join(self.declared)}"] if self.declared else []
        return ". ".join(parts) or "clean"


def world(preset: str) -> Iterator[str]:
    """A preset with as many rows as are asked for, and people enough for many episodes."""
    yield f"experiment={preset}"
    config: Any = compose([f"experiment={preset}"]).config
    yield from (f"sink.{name}.uri=null" for name, sink in config["sink"].items() if sink.get("uri"))
    kind = config["generator"]["kind"]
    if kind == "spending":
        yield from ("population.cards=6000", "population.customers.number=5000", "population.merchants.number=1500")
        yield from ("population.merchants.terminals=3000", "population.tables=null", "columns=spending")
        if config["population"].get("cities"):
            yield "population.cities.number=3"
        if preset == "account_takeover":
            yield "clicks.shop.devices.new=0.3"
    else:
        yield {"clickstream": "columns=clickstream_full", "clickstream_independent": "columns=clickstream"}.get(
            kind, "columns=full" if kind == "uniform" else "columns=handbook"
        )
    if kind.startswith("clickstream"):
        yield "+columns.add.card_number=card_number"
    if kind == "handbook":
        yield from ("population.customers.number=6000", "population.cards=6000", "population.merchants.number=9000")
        yield "timeline.end=2018-06-01"
    if "transactions" in config["generator"]:
        yield f"generator.transactions={ROWS}"
    yield "block_rows=15000"


@cache
def catalog() -> Catalog:
    """Everything shipped, the examples included."""
    return load_catalog(tuple(EXAMPLES.values()))


def pattern_words(scenario: str) -> Iterator[str]:
    """A scenario with enough episodes, on top of its control world where it can be."""
    yield f"scenario=[{scenario}]"
    config: Any = compose([f"scenario=[{scenario}]"], plugin_roots=catalog().config_roots).config["scenario"][scenario]
    yield from more_episodes(scenario, config)


def more_episodes(scenario: str, config: Mapping[str, Any]) -> Iterator[str]:
    """What makes a scenario have several hundred episodes among that many rows."""
    if "ratio" in config:
        yield f"scenario.{scenario}.ratio={RATIO}"
    if config.get("per_1000_cards"):
        yield f"scenario.{scenario}.per_1000_cards=null"
    if "mode" in config:
        yield f"scenario.{scenario}.mode=add"
    if "logins" in config:
        yield f"scenario.{scenario}.logins={{min: 3, max: 12}}"
    if scenario == "stolen_card":
        yield "scenario.stolen_card.per_day=12"


def pairs() -> list[Pair]:
    """Every preset with every scenario."""
    return [(preset, scenario) for preset in PRESETS for scenario in (*SCENARIOS, *EXAMPLES)]


def ask(preset: str, scenario: str) -> Answer:
    """Makes a run and asks lint and verify."""
    words = [*world(preset), *pattern_words(scenario)]
    try:
        recipe, _, _ = load_recipe(words, plugin_files=tuple(EXAMPLES.values()))
    except (ConfigError, RefusedError) as error:
        return Answer(refused=str(error))
    try:
        with tried(recipe, catalog()) as place:
            report = lint(read_records(place, catalog()))
            read_back = verify(place, catalog=catalog())
    except RefusedError as error:
        return Answer(refused=str(error))
    found = [f"{f.family}: {f.message} ({f.severity}, {f.effect.kind} {f.effect.value:.3f})" for f in report.findings]
    found += [f"not checked: {line}" for line in report.not_checked if "nothing to look at" not in line]
    found += [f"verify: {c.name}: {c.detail}" for c in (*read_back.failed, *read_back.unmade)]
    known = (*EXPECTED.get(preset, ()), *EXPECTED_OF.get((preset, scenario), ()))
    expected = [each.reason for each in known if any(line.startswith(each.begins) for line in found)]
    return Answer(
        found=tuple(line for line in found if not line.startswith(tuple(each.begins for each in known))),
        expected=tuple(expected),
        declared=tuple(dict.fromkeys(name for f in report.declared for name in f.declared)),
        rows=report.rows,
        episodes=sum(report.scenarios.values()),
    )


def page(answers: Mapping[Pair, Answer]) -> str:
    """The table, a row a combination; what is refused is left out."""
    made = {pair: answer for pair, answer in answers.items() if not answer.refused}
    lines = [f"| {preset} | {scenario} | {answer.cell} |" for (preset, scenario), answer in made.items()]
    return _HEAD.format(rows=ROWS, made=len(made), tried=len(answers)) + "\n".join(lines) + "\n"


def main() -> int:
    """Asks, tells, and writes the page; 1 where something is found that is not expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="combinations with this in their name, as tiny/card_chain")
    parser.add_argument("--write", action="store_true", help="write docs/truth-table.md")
    args = parser.parse_args()
    answers = {}
    for preset, scenario in pairs():
        if args.only in f"{preset}/{scenario}":
            answers[preset, scenario] = answer = ask(preset, scenario)
            print(f"{preset}/{scenario}: {answer.cell}", flush=True)
    if args.write:
        PAGE.write_text(page(answers), encoding="utf-8")
    return int(any(answer.found for answer in answers.values()))


if __name__ == "__main__":
    sys.exit(main())
