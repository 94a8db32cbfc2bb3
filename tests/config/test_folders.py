"""Whose a folder of choices is: synth's when it says so; and what is said of files that shadow others."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from synth.config.compose import builtin_conf, compose, list_options
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError, Problem, RefusedError
from tests.cli.commands import synth

MINE = "# @package scenario.mine\nkind: card_chain\nratio: 0.01\n"

#: What other Hydra projects have in their ``conf``.
FOREIGN = {
    "conf/config.yaml": "defaults:\n  - generator: gan\n  - sink: board\nlr: 0.1\n",
    "conf/generator/gan.yaml": "layers: 3\n",
    "conf/generator/uniform.yaml": "noise: 1\n",
    "conf/sink/board.yaml": "url: x\n",
    "conf/sink/parquet.yaml": "compression: none\n",
    "conf/experiment/tiny.yaml": "# @package _global_\nlr: 1\n",
}
SAYS_SO = {
    "marker": ({"conf/.synth": ""}, ()),
    "project": ({"pyproject.toml": '[tool.synth]\nconfig_dirs = ["conf"]\n'}, ()),
    "both": ({"conf/.synth": "", "pyproject.toml": '[tool.synth]\nconfig_dirs = ["./conf/", "conf"]\n'}, ()),
    "flag": ({}, (Path("conf"),)),
}

Write = Callable[[dict[str, str]], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write_files(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    return write_files


def problems_of(*overrides: str, config_dirs: tuple[Path, ...] = ()) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as refused:
        load_recipe(overrides, config_dirs=config_dirs)
    return refused.value.problems


@pytest.mark.parametrize(
    "overrides", [[], ["scenario=card_chain"], ["experiment=tiny"], ["generator=uniform", "sink=csv"]]
)
def test_a_foreign_conf_changes_nothing(overrides: list[str], write: Write) -> None:
    write({})
    before = compose(overrides)
    write({**FOREIGN, "pyproject.toml": '[project]\nname = "theirs"\ndependencies = ["synth-fraud"]\n[tool.ruff]\n'})
    assert compose(overrides) == before
    assert not before.shadows


@pytest.mark.parametrize("how", SAYS_SO)
def test_a_folder_that_says_so_is_searched(how: str, write: Write) -> None:
    files, config_dirs = SAYS_SO[how]
    write({"conf/scenario/mine.yaml": MINE, **files})
    composed = compose(["scenario=mine"], config_dirs=config_dirs)
    assert composed.origins["scenario.mine.ratio"] == "conf/scenario/mine.yaml:3"
    [mine] = [option for option in list_options(config_dirs=config_dirs)["scenario"] if option.name == "mine"]
    assert mine.where == "conf/scenario/mine.yaml"
    assert not composed.shadows


@pytest.mark.parametrize("how", SAYS_SO)
def test_its_primary_configuration_shadows_and_that_is_said(how: str, write: Write) -> None:
    files, config_dirs = SAYS_SO[how]
    write({"conf/config.yaml": "lr: 0.1\n", **files})
    told = problems_of("scenario=card_chain", config_dirs=config_dirs)
    assert [(each.message, each.note) for each in told] == [
        ("'scenario' is in no defaults list", "conf/config.yaml shadows synth:conf/config.yaml")
    ]
    assert {each.note for each in problems_of(config_dirs=config_dirs)} == {
        "conf/config.yaml shadows synth:conf/config.yaml"
    }


def test_folders_are_searched_in_order(write: Write) -> None:
    write({f"{name}/amount/mine.yaml": f"kind: {name}\n" for name in ("flag", "a", "b", "conf")})
    write({"conf/.synth": "", "pyproject.toml": '[tool.synth]\nconfig_dirs = ["a", "b"]\n'})
    found = list_options(config_dirs=[Path("flag")])["amount"]
    assert [option.where for option in found if option.name == "mine"] == [
        f"{name}/amount/mine.yaml" for name in ("flag", "a", "b", "conf")
    ]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("scenario=mine", "conf/scenario/mine.yaml"),
        ("scenario=[card_chain,mine]", "conf/scenario/mine.yaml"),
        ("generator=gan", "conf/generator/gan.yaml"),
        ("+house/inner=rule", "conf/house/inner"),
    ],
)
def test_an_option_that_only_a_foreign_folder_has(override: str, told: str, write: Write) -> None:
    write({**FOREIGN, "conf/scenario/mine.yaml": MINE, "conf/house/inner/rule.yaml": "x: 1\n"})
    hints = [problem.hint for problem in problems_of(override)]
    reason = "'conf' does not say that it is synth's; touch conf/.synth, or --config-dir conf"
    assert hints == [f"{told} is not searched: {reason}"]


@pytest.mark.parametrize(
    "override", ["scenario=mine_", "generator=../generator/gan", "scenario=['x\\0y']", "amount=" + "x" * 300]
)
def test_no_other_option_is_looked_for_there(override: str, write: Write) -> None:
    write({**FOREIGN, "conf/scenario/mine.yaml": MINE})
    assert not [problem for problem in problems_of(override) if "not searched" in problem.hint]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[tool.synth\n",
            "cannot read the file: Expected ']' at the end of a table declaration (at line 1, column 12)",
        ),
        ("[tool]\nsynth = 3\n", "tool.synth is 3"),
        ('[tool.synth]\nconfig_dir = ["conf"]\n', "unknown key 'tool.synth.config_dir' (did you mean 'config_dirs'?)"),
        ('[tool.synth]\nconfig_dirs = "conf"\n', "tool.synth.config_dirs is 'conf'"),
        ("[tool.synth]\nconfig_dirs = [1]\n", "tool.synth.config_dirs is a list, [1]"),
        ('[tool.synth]\nconfig_dirs = ["nowhere"]\n', "no directory 'nowhere'"),
    ],
)
def test_mistakes_in_the_project_file(text: str, told: str, write: Write) -> None:
    write({"pyproject.toml": text})
    [problem] = problems_of()
    assert problem.line == told
    assert problem.where.startswith("pyproject.toml")


def test_two_mistakes_in_the_project_file_are_told_at_once(write: Write) -> None:
    write({"pyproject.toml": '[tool.synth]\nconfig_dirs = ["a", "b"]\nx = 1\n'})
    assert [problem.message for problem in problems_of()] == [
        "unknown key 'tool.synth.x'",
        "no directory 'a'",
        "no directory 'b'",
    ]


def test_the_folder_of_a_clone_is_the_built_in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(builtin_conf().parent)
    assert not compose([], config_dirs=[Path("conf")]).shadows


# what shadows a built-in file

SHADOWING = "kind: uniform\ntransactions: 10\n"
NOTE = "conf/generator/uniform.yaml shadows synth:conf/generator/uniform.yaml"


def test_an_error_in_a_file_that_shadows_says_so(write: Write) -> None:
    write({"conf/.synth": "", "conf/generator/uniform.yaml": SHADOWING + "x: 1\n"})
    told = {problem.path: problem.note for problem in problems_of("seed=x")}
    assert told == {"generator.x": NOTE, "seed": ""}
    write({"conf/generator/uniform.yaml": "kind: [\n"})
    assert [problem.note for problem in problems_of()] == [NOTE]


def test_a_refusal_in_the_plan_says_so(write: Write) -> None:
    chain = (builtin_conf() / "scenario/card_chain.yaml").read_text().replace("ratio: 0.0025", "ratio: 0.5000")
    write({"conf/.synth": "", "conf/scenario/card_chain.yaml": chain})
    small = ("population.cards=50", "generator.transactions=1000", "block_rows=20")
    recipe, _, _ = load_recipe(["scenario=card_chain", *small])
    with pytest.raises(RefusedError) as refused:
        prepare(recipe)
    [problem] = refused.value.problems
    assert problem.where.startswith("conf/scenario/card_chain.yaml:")
    assert problem.note == "conf/scenario/card_chain.yaml shadows synth:conf/scenario/card_chain.yaml"
    assert problem.note in str(refused.value)


def test_plan_show_and_doctor_say_so(write: Write, tmp_path: Path) -> None:
    write({"conf/.synth": "", "conf/generator/uniform.yaml": SHADOWING, "conf/amount/pareto.yaml": "alpha: 2\n"})
    assert f"note          {NOTE}" in synth("plan", cwd=tmp_path).out
    shown = synth("config", "show", cwd=tmp_path).out
    assert shown.startswith(f"# {NOTE}\n")
    assert "pareto" not in shown
    assert "conf/amount/pareto.yaml shadows" in synth("config", "show", "amount=pareto", cwd=tmp_path).out
    shadows = {"conf/generator/uniform.yaml": "synth:conf/generator/uniform.yaml"}
    assert synth("plan", "--json", cwd=tmp_path).envelope["data"]["shadows"] == shadows
    told = {each["what"]: each for each in synth("doctor", "--json", cwd=tmp_path).envelope["data"]["findings"]}
    assert told["choices conf"]["message"] == "searched before the built-in ones"
    for name in ("generator/uniform", "amount/pareto"):
        found = told[f"choices conf/{name}.yaml"]
        assert (found["state"], found["message"]) == ("warning", f"shadows synth:conf/{name}.yaml")


def test_a_doctor_tells_of_a_folder_that_is_not_searched(write: Write, tmp_path: Path) -> None:
    write(FOREIGN)
    told = {each["what"]: each for each in synth("doctor", "--json", cwd=tmp_path).envelope["data"]["findings"]}
    found = told["choices conf"]
    assert found["state"] == "ok"
    assert found["message"].startswith("not searched: 'conf' does not say")
    assert "shadows" not in synth("plan", cwd=tmp_path).out
