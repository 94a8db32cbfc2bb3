"""``synth lint``: a report for people, one JSON object for programs, and exit codes."""

import re
from pathlib import Path

import pytest

from tests.cli.commands import Answer, synth_reading
from tests.leaks.planting import World, plant

pytestmark = pytest.mark.xdist_group("lint")

KEYS = {
    *("uri", "rows", "fraud_rows", "episodes", "rate", "tests", "findings", "declared", "not_checked"),
}


def cents(world: World) -> None:
    world.rows.loc[world.fraud, "amount_minor"] = world.rows.amount_minor[world.fraud] // 100 * 100 + 99
    world.rows["amount"] = world.rows.amount_minor / 100


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lint")
    plant(made / "clean", world="cards")
    plant(made / "leaky", cents, world="cards")
    return made


def lint(directory: Path, *words: str) -> Answer:
    return synth_reading("lint", *words, cwd=directory)


def test_a_clean_output(directory: Path) -> None:
    answer = lint(directory, "clean")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[0].startswith("30,000 rows, ")
    assert answer.out.splitlines()[-1].startswith("no finding in ")


def test_a_leak_is_told_with_its_figures(directory: Path) -> None:
    answer = lint(directory, "leaky")
    assert answer.code == 1
    assert answer.err.startswith("error: leaky: ")
    assert "planted: cents is 99 in 100 % of the fraud rows" in answer.out
    assert "trivia; difference" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_json(directory: Path) -> None:
    clean, leaky = (lint(directory, place, "--json") for place in ("clean", "leaky"))
    assert (clean.code, clean.envelope["version"], clean.envelope["errors"]) == (0, 1, [])
    assert set(clean.envelope["data"]) == set(leaky.envelope["data"]) == KEYS
    assert leaky.envelope["exit_code"] == leaky.code == 1
    [found] = [each for each in leaky.envelope["data"]["findings"] if each["feature"] == "cents"]
    assert (found["severity"], found["family"], found["scenario"], found["effect"]["kind"]) == (
        "strong",
        "trivia",
        "planted",
        "share",
    )
    assert found["effect"]["low"] <= found["effect"]["value"] <= found["effect"]["high"]
    assert found["rows"] == found["episodes"] == clean.envelope["data"]["episodes"]["planted"]


def test_quiet(directory: Path) -> None:
    assert lint(directory, "leaky", "--quiet").out == ""


def test_a_recipe_is_made_for_it_alone(directory: Path) -> None:
    answer = lint(directory, "scenario=card_chain", "generator.transactions=20000", "scenario.card_chain.ratio=0.02")
    assert (answer.code, answer.out.splitlines()[0]) == (
        0,
        "20,000 rows, 400 of them fraud (2 %): card_chain 60 episodes",
    )
    assert "declared, and so\n  card_chain: amount" in answer.out


def test_rows_without_fraud(directory: Path) -> None:
    answer = lint(directory, "scenario=[]", "generator.transactions=2000")
    assert answer.code == 0
    assert "no scenario to compare" in answer.out


def test_files_with_a_mapping(directory: Path) -> None:
    (directory / "mapping.yaml").write_text(
        "columns: {time: time, card: card_number, amount: amount, label: fraud_label}\n"
        "ignore: [scenario, episode_id, role]\n"
    )
    answer = lint(directory, "leaky/transactions/part-00000.parquet", "--mapping", "mapping.yaml")
    assert answer.code == 1
    assert "fraud: cents is 99" in answer.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("nothing",), 3, "nothing holds no synth run: there is no such folder"),
        ((), 2, "lint what?"),
        (("clean", "seed=3"), 2, "'clean' is no override"),
        (("--mapping", "m.yaml"), 2, "there are none"),
        (("scenario=card_chian",), 2, "did you mean 'card_chain'?"),
        (("clean", "--mapping", "none.yaml"), 3, "none.yaml cannot be read"),
    ],
)
def test_mistakes(words: tuple[str, ...], code: int, told: str, directory: Path) -> None:
    answer = lint(directory, *words)
    assert answer.code == code
    assert told in answer.err
    assert answer.out == ""


def test_too_few_episodes_are_told_with_how_many_rows_would_do(tmp_path: Path) -> None:
    recipe = ("scenario=card_chain", "population.cards=500")
    few = synth_reading("lint", *recipe, "generator.transactions=20000", cwd=tmp_path)
    assert few.code == 0
    [told] = re.findall(
        r"card_chain: \d+ episodes to compare, .*; ([\d,]+) rows of this kind", " ".join(few.out.split())
    )
    enough = lint(tmp_path, *recipe, f"generator.transactions={told.replace(',', '')}")
    compared = re.search(r"card_chain (\d+) episodes", enough.out)
    assert compared, enough.out
    assert 20 <= int(compared[1]) <= 40
