"""Every command, as text and as JSON, with every flag, before and after it."""

import fcntl
import itertools
import json
import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import synth as package
from synth.cli import run
from synth.config.compose import Composed, compose
from synth.config.fitting import try_options
from synth.errors import ConfigError
from tests.cli.commands import (
    CANARY,
    MINE,
    ROOT,
    TINY,
    Answer,
    command,
    environ,
    run_process,
    synth,
    synth_process,
    tree,
)
from tests.outputs import read_manifest

COMMANDS = (
    "run",
    "validate",
    "plan",
    "doctor",
    "preview",
    "list",
    "describe",
    "config",
    "schema",
    "verify",
    "stats",
    "plugins",
    "completion",
)
HEAVY = (
    *("hydra", "omegaconf", "numpy", "pandas", "pyarrow", "boto3", "botocore", "faker", "pydantic", "pluggy"),
    *("tqdm", "yaml", "duckdb"),
)

#: Command line → what its text must tell, and the keys of its data.
ANSWERS = {
    ("validate", *TINY): (["valid:", "scenario=[card_chain]", "fingerprint "], {"fingerprint", "choices"}),
    ("plan", *TINY): (["rows", "3,000", "scenario card_chain", "the run directory"], {"rows", "fraud_rows", "blocks"}),
    ("doctor",): (["python", "numpy", "working directory", "cores", "memory"], {"findings"}),
    ("doctor", *TINY): (["python", "3,000 rows", "sink parquet, place  can be written", "room"], {"findings"}),
    ("preview", "--rows", "3", *TINY): (["tid", "head", "●", "card_chain:"], {"rows", "episodes"}),
    ("list",): (["scenario=card_chain", "sink=csv"], {"scenario", "sink", "amount"}),
    ("list", "scenario"): (["scenario=card_chain"], {"scenario"}),
    ("describe", "card_chain"): (["fraudster", "ratio", "a number above 0, at most 0.5"], {"title", "doc", "keys"}),
    ("describe", "amount=lognormal"): (["amount kind lognormal"], {"title", "doc", "keys"}),
    ("describe", "fraud_label"): (["event column fraud_label", "truth"], {"title", "doc", "column"}),
    ("describe", "spending"): (
        ["a number from 0.01 to 1,000", "gamma: mean of the purchases", "lognormal: half of the purchases cost less"],
        {"title", "doc", "keys"},
    ),
    ("describe", "timeline"): (["part of every recipe", "start"], {"title", "doc", "keys"}),
    ("config", "show", *TINY): (["block_rows: 1000", "cards: 500"], {"config", "choices"}),
    ("plugins", "list"): (["synth", "built in", "card_chain"], set()),
}


@pytest.mark.parametrize("line", ANSWERS, ids=" ".join)
def test_a_command_answers_in_text(line: tuple[str, ...], tmp_path: Path) -> None:
    answer = synth(*line, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert [told for told in ANSWERS[line][0] if told not in answer.out] == []
    assert "\x1b" not in answer.out
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("line", ANSWERS, ids=" ".join)
def test_a_command_answers_in_json(line: tuple[str, ...], tmp_path: Path) -> None:
    answer = synth(*line, "--json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.envelope["command"] == line[0]
    assert answer.envelope["errors"] == []
    if ANSWERS[line][1]:
        assert set(answer.envelope["data"]) >= ANSWERS[line][1]
    assert tree(tmp_path) == {}


def test_a_preview_shows_an_episode_of_each_scenario_or_of_one(tmp_path: Path) -> None:
    recipe = (
        "preview",
        "--json",
        "experiment=tiny",
        "scenario=[account_takeover,card_chain,stolen_card]",
        "clicks=shop",
    )
    shown = synth(*recipe, cwd=tmp_path).envelope["data"]["episodes"]
    assert [episode["scenario"] for episode in shown] == ["account_takeover", "card_chain"]
    one = synth(*recipe, "--scenario", "card_chain", cwd=tmp_path).envelope["data"]["episodes"]
    assert one == shown[1:]
    [error] = synth(*recipe, "--scenario", "card_chian", cwd=tmp_path).envelope["errors"]
    assert (error["hint"], error["allowed"]) == (
        "did you mean 'card_chain'?",
        ["account_takeover", "card_chain", "stolen_card"],
    )


@pytest.mark.parametrize("flags", [(), ("--quiet",), ("--json",)])
def test_a_run_without_a_scenario_says_that_it_has_no_fraud(flags: tuple[str, ...], tmp_path: Path) -> None:
    answer = synth("run", *TINY, "scenario=[]", *flags, cwd=tmp_path)
    assert answer.code == 0
    if flags:
        assert answer.err == ""
    else:
        assert answer.one_line().startswith(
            "no fraud in it: no scenario is chosen; add one, such as scenario=card_chain"
        )


def test_a_run_says_what_it_made_and_how_to_make_it_again(tmp_path: Path) -> None:
    first = synth("run", *TINY, "runner.workers=1", cwd=tmp_path)
    assert (first.code, first.err) == (0, "")
    assert first.row("rows") == "3,000"
    assert first.row("fraud rows") == "7 in 1 episode"
    place = tmp_path / first.row("parquet")
    manifest = read_manifest(place)
    assert manifest["digest"] == first.row("digest")
    assert manifest["counts"]["transactions"] == 3000

    name, *words = shlex.split(first.row("repeat"))
    assert name == "synth"
    again = synth(*words, cwd=tmp_path)
    assert again.row("digest") == first.row("digest")
    assert again.row("parquet") != first.row("parquet")


def test_the_repeat_line_carries_plugins_config_dirs_workers_and_quotes(tmp_path: Path) -> None:
    plugin = tmp_path / "my plugin.py"
    plugin.write_text(MINE)
    (tmp_path / "my conf" / "scenario").mkdir(parents=True)
    (tmp_path / "my conf" / "scenario" / "mine.yaml").write_text("# @package scenario.mine\nkind: mine\nratio: 0.01\n")
    flags = ["--plugin", str(plugin), "--config-dir", "my conf", "--workers", "1"]
    first = synth("run", *flags, *TINY, "scenario=[mine]", "--overwrite", "--json", cwd=tmp_path).envelope["data"]
    assert first["fraud_rows"] == 30
    words = shlex.split(first["repeat"])
    assert [word for word in (str(plugin), "my conf", "--overwrite") if word not in words] == []
    again = synth(*words[1:], "--json", cwd=tmp_path).envelope["data"]
    assert again["digest"] == first["digest"]


def test_overrides_stand_before_between_and_after_flags(tmp_path: Path) -> None:
    expected = synth("run", *TINY, "seed=7", "--json", cwd=tmp_path).envelope["data"]["digest"]
    a, b, c, d = TINY
    for line in (
        ["--json", "run", a, "--workers", "1", b, "seed=7", "--overwrite", c, d, "--quiet"],
        ["run", "--json", "seed=7", a, b, "--workers=2", c, "--overwrite", d],
    ):
        assert synth(*line, cwd=tmp_path).envelope["data"]["digest"] == expected


@pytest.mark.parametrize("line", [("--json", "validate"), ("validate", "--json"), ("--quiet", "--json", "validate")])
def test_a_global_flag_stands_anywhere(line: tuple[str, ...], tmp_path: Path) -> None:
    assert synth(*line, cwd=tmp_path).envelope["command"] == "validate"


def test_quiet_tells_errors_only(tmp_path: Path) -> None:
    assert synth("run", *TINY, "--quiet", cwd=tmp_path) == Answer(0, "", "")
    assert synth("--quiet", "list", cwd=tmp_path) == Answer(0, "", "")
    answer = synth("validate", "seed=x", "--quiet", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "seed is 'x'" in answer.err


def test_every_problem_is_told_with_its_place(tmp_path: Path) -> None:
    answer = synth(
        "validate", "seed=x", "block_rows=0", "scenario=card_chain", "scenario.card_chain.ratio=2", cwd=tmp_path
    )
    assert answer.code == 2
    for told in ("seed=x", "block_rows=0", "scenario.card_chain.ratio=2"):
        assert f"--> command line: {told}" in answer.err
    as_json = synth("validate", "seed=x", "block_rows=0", "--json", cwd=tmp_path).envelope
    assert [error["path"] for error in as_json["errors"]] == ["seed", "block_rows"]
    assert as_json["errors"][0]["allowed"] == ["a whole number from 0 to 9,223,372,036,854,775,807"]
    packed = synth("validate", "sink.parquet.compression=lz5", "--json", cwd=tmp_path)
    assert packed.envelope["errors"][0]["allowed"] == ["zstd", "snappy", "gzip", "none"]
    assert "  allowed: zstd, snappy, gzip, none\n" in packed.err
    unknown = synth("list", "scenaro", "--json", cwd=tmp_path).envelope["errors"][0]
    assert (unknown["path"], unknown["hint"]) == ("scenaro", "did you mean 'scenario'?")
    assert {"scenario", "sink"} < set(unknown["allowed"])


def test_a_plan_and_a_dry_run_agree_with_the_run_and_write_nothing(tmp_path: Path) -> None:
    plan = synth("plan", *TINY, "sink.parquet.uri=out", "--json", cwd=tmp_path).envelope["data"]
    dry = synth("run", "--dry-run", *TINY, "sink.parquet.uri=out", "--json", cwd=tmp_path).envelope["data"]
    assert plan == dry
    assert tree(tmp_path) == {}
    made = synth("run", *TINY, "sink.parquet.uri=out", "--json", cwd=tmp_path).envelope["data"]
    assert (made["rows"], made["fraud_rows"]) == (plan["rows"], plan["fraud_rows"])
    before = tree(tmp_path)
    refused = synth("run", "--dry-run", *TINY, "sink.parquet.uri=out", cwd=tmp_path)
    assert (refused.code, refused.out) == (3, "")
    assert "--overwrite" in refused.one_line()
    assert tree(tmp_path) == before


#: Of five rows in three blocks none falls into the first block.
EMPTY_FIRST = ("generator.transactions=5", "block_rows=2", "population.cards=5", "seed=1", "sink=jsonl")


@pytest.mark.parametrize("profile", ["null", "faker"])
def test_a_forecast_is_near_the_bytes_of_the_run(profile: str, tmp_path: Path) -> None:
    words = [*EMPTY_FIRST, f"population.profile={profile}", "sink.jsonl.uri=out"]
    plan = synth("plan", *words, "--json", cwd=tmp_path).envelope["data"]
    assert synth("run", *words, "--quiet", cwd=tmp_path).code == 0
    made = {path.stem: path.stat().st_size for path in (tmp_path / "out").rglob("*.jsonl")}
    assert ("holders" in made) == (profile == "faker")
    assert plan["sinks"]["jsonl"]["bytes"] == pytest.approx(sum(made.values()), rel=0.02)


def test_a_preview_begins_where_there_are_rows(tmp_path: Path) -> None:
    rows = synth("preview", *EMPTY_FIRST, "--json", cwd=tmp_path).envelope["data"]["rows"]
    assert len(rows) == 3


def test_config_show_tells_where_each_value_was_set(tmp_path: Path) -> None:
    (tmp_path / "conf" / "amount").mkdir(parents=True)
    (tmp_path / "conf" / ".synth").touch()
    (tmp_path / "conf" / "amount" / "mine.yaml").write_text("kind: pareto\nalpha: 1.5\nlow: 1\nhigh: 100\n")
    answer = synth("config", "show", "--origin", "seed=9", "amount=mine", cwd=tmp_path)
    assert "seed: 9" in answer.out
    [line] = [line for line in answer.out.splitlines() if line.startswith("seed: 9")]
    assert line.endswith("# command line: seed=9")
    assert "# conf/amount/mine.yaml:2" in answer.out
    data = synth("config", "show", "--origin", "seed=9", "--json", cwd=tmp_path).envelope["data"]
    assert data["origins"]["seed"] == "command line: seed=9"
    assert data["config"]["seed"] == 9


def test_list_marks_what_is_shadowed(tmp_path: Path) -> None:
    (tmp_path / "mine" / "amount").mkdir(parents=True)
    (tmp_path / "mine" / "amount" / "pareto.yaml").write_text("# My own\nkind: pareto\nalpha: 1\nlow: 1\nhigh: 9\n")
    lines = synth("list", "amount", "--config-dir", "mine", cwd=tmp_path).out.splitlines()
    mine, theirs = [line for line in lines if line.startswith("amount=pareto")]
    assert "My own" in mine
    assert "(shadowed)" in theirs


# the JSON Schema


def schema(cwd: Path) -> dict[str, object]:
    return dict(json.loads(synth("schema", "config", cwd=cwd).out))


def built_in_options() -> list[str]:
    groups = {path.parent.name for path in (ROOT / "conf").glob("*/*.yaml")}
    options = []
    for group in sorted(groups):
        names = sorted(path.stem for path in (ROOT / "conf" / group).glob("*.yaml"))
        options += [f"{group}=[{name}]" if group in ("scenario", "sink") else f"{group}={name}" for name in names]
    return [option for option in options if option != "sink=[csv_s3]"]  # its uri needs a server: see test_s3.py


def test_the_schema_accepts_every_option(tmp_path: Path) -> None:
    options = built_in_options()
    assert len(options) >= 15
    validator = jsonschema.Draft202012Validator(schema(tmp_path))
    validator.check_schema(validator.schema)
    refused = {
        option: [error.message for error in validator.iter_errors(dict(compose([option]).config))] for option in options
    }
    assert {option: told for option, told in refused.items() if told} == {}


def test_the_schema_refuses_what_synth_refuses(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema(tmp_path))
    good = synth("config", "show", "scenario=card_chain", "--json", cwd=tmp_path).envelope["data"]["config"]
    assert validator.is_valid(good)
    chain = good["scenario"]["card_chain"]
    for wrong in (
        good | {"seed": "x"},
        good | {"sed": 1},
        good | {"block_rows": 0},
        {key: value for key, value in good.items() if key != "amount"},
        good | {"scenario": {"card_chain": chain | {"ratio": 2}}},
        good | {"scenario": {"card_chain": chain | {"ration": 0.1}}},
        good | {"scenario": {"card_chain": chain | {"kind": "nope"}}},
        good | {"scenario": {"card_chain": {key: value for key, value in chain.items() if key != "kind"}}},
        good | {"sink": {"parquet": good["sink"]["parquet"] | {"compression": "lzma"}}},
    ):
        assert not validator.is_valid(wrong)


def test_the_schema_knows_the_laws_of_categories(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema(tmp_path))
    overrides = ("population=tiny", "generator=spending")
    good = synth("config", "show", *overrides, "--json", cwd=tmp_path).envelope["data"]["config"]

    def with_groceries(**law: object) -> dict[str, object]:
        categories = good["generator"]["categories"] | {"grocery": law}
        return good | {"generator": good["generator"] | {"categories": categories}}

    gamma = {"kind": "gamma", "mean": 32, "shape": 2, "online": 0}
    lognormal = {"median": 32, "sigma": 1, "online": 0}
    for right in (gamma, gamma | {"median": None}, lognormal, lognormal | {"kind": "lognormal"}):
        assert validator.is_valid(with_groceries(**right))
    nameless = {key: value for key, value in gamma.items() if key != "kind"}
    for wrong in (
        nameless,
        gamma | {"shape": 0},
        gamma | lognormal,
        lognormal | {"mean": 3},
        lognormal | {"kind": "x"},
    ):
        assert not validator.is_valid(with_groceries(**wrong))


def test_the_schema_knows_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    answer = synth("--plugin", "mine.py", "schema", "config", "--json", cwd=tmp_path)
    assert "scenario.mine" in answer.envelope["data"]["$defs"]


# wrong usage


def test_version() -> None:
    for words in (["--version"],):
        assert synth(*words, cwd=ROOT) == Answer(0, f"synth {package.__version__}\n", "")


def test_help_names_every_command_and_no_command_is_an_error(tmp_path: Path) -> None:
    answer = synth("--help", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert [name for name in COMMANDS if f"\n    {name} " not in answer.out] == []
    assert synth(cwd=tmp_path) == Answer(2, "", answer.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    answer = synth(name, "--help", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"usage: synth {name}")
    assert "--plugin PATH" in answer.out


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_a_screen(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = synth(*name.split(), "--help", cwd=tmp_path)
    assert [line for line in answer.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("plna", "no command 'plna' (did you mean 'plan'?); there are: run,"),
        ("frobnicate", "no command 'frobnicate'; there are: run,"),
        ("run --overwrit3", "run knows no --overwrit3 (did you mean '--overwrite'?)"),
        ("run --frob=3", "run knows no --frob=3"),
        ("run --workers x", "'x' is not a positive number"),
        ("run --workers 0", "'0' is not a positive number"),
        ("run --workers -3", "--workers"),
        ("stream --parts 3 --part 3", "--part 3 of 3: parts are counted from 0 to 2"),
        ("stream --part 1", "--part 1 of 1: parts are counted from 0 to 0"),
        ("stream --parts 0", "'0' is not a positive number"),
        ("stream --part x", "'x' is not a number from 0 on"),
        ("preview --rows 1.5", "'1.5' is not a positive number"),
        ("run --plugin", "--plugin: expected one argument"),
        ("run -m --dry-run seed=1,2", "--dry-run plans one run"),
        ("list a b", "list knows no b"),
        ("list scenaro", "no group named 'scenaro' (did you mean 'scenario'?)"),
        ("describe", "required: name"),
        ("describe card_chian", "nothing is named 'card_chian' (did you mean 'card_chain'?)"),
        ("config", "required: action"),
        ("schema scenaro", "no group named 'scenaro' (did you mean 'scenario'?)"),
        ("completion tcsh", "invalid choice: 'tcsh'"),
        ("validate sede=3", "unknown key 'sede' (did you mean 'seed'?)"),
        ("validate scenario=card_chian", "no scenario named 'card_chian' (did you mean 'card_chain'?)"),
        ("validate scenario=card_chain,x", "-m for a sweep"),
        ("validate card_chain", "cannot read the override 'card_chain'"),
        ("list --config-dir nowhere", "no directory 'nowhere'"),
        ("validate timeline.end=2021-01-01", "timeline"),
    ],
)
def test_wrong_usage(line: str, told: str, tmp_path: Path) -> None:
    answer = synth(*shlex.split(line), cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("line", "name"),
    [("run --frob", "run"), ("plna", None), ("describe nope", "describe"), ("run -m --dry-run seed=1,2", "run")],
)
def test_wrong_usage_in_json(line: str, name: str | None, tmp_path: Path) -> None:
    answer = synth("--json", *line.split(), cwd=tmp_path)
    assert answer.code == 2
    assert answer.envelope["command"] == name
    assert answer.envelope["data"] is None
    assert answer.envelope["errors"][0]["message"]
    assert answer.err.startswith("error: ")


def test_debug_shows_where(tmp_path: Path) -> None:
    answer = synth("--debug", "validate", "seed=x", "--json", cwd=tmp_path)
    assert answer.code == answer.envelope["exit_code"] == 2
    assert [error["path"] for error in answer.envelope["errors"]] == ["seed"]
    traceback, told = answer.err.split("\nerror: ")[0], answer.err.split("\n")[-4:]
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert "recipe.py" in traceback
    assert told[0] == "error: seed is 'x'"


def test_debug_shows_where_synth_itself_fails(tmp_path: Path) -> None:
    broken = MINE.replace("CardChain)]", "lambda config: 1 / 0)]")
    (tmp_path / "mine.py").write_text(broken)
    answer = synth("plan", "--debug", "--plugin", "mine.py", *TINY[:3], "scenario=[mine]", "--json", cwd=tmp_path)
    assert answer.code == answer.envelope["exit_code"] == 1
    assert "ZeroDivisionError" in answer.envelope["errors"][0]["message"]
    assert answer.err.startswith("Traceback (most recent call last):\n")


def test_debug_shows_no_secret(tmp_path: Path) -> None:
    for word in (f"+sink.parquet.password={CANARY}", f"sink.parquet.uri=s3://me:{CANARY}@bucket"):
        answer = synth("--debug", "run", *TINY, word, cwd=tmp_path)
        assert answer.code in (2, 3)
        assert "Traceback" in answer.err
        assert CANARY not in answer.err


def test_a_terminal_without_the_characters_gets_others(tmp_path: Path) -> None:
    answer = synth_process("preview", *TINY, cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert (answer.code, answer.err) == (0, "")


# completion


def press_tab(line: str, cwd: Path) -> list[str]:
    """What bash would offer at the end of a line; readline breaks words at = too.

    The command that bash calls is an answer of this process, which starts no Python.
    """
    asked = ["completion", "query", "--", line.partition(" ")[2]]
    answer = shlex.quote(synth(*asked, cwd=cwd).out)
    return complete_in_bash(line, f'[ "$*" = {shlex.quote(" ".join(asked))} ] && printf %s {answer}', cwd)


def complete_in_bash(line: str, command: str, cwd: Path) -> list[str]:
    """What a bash with the completion sourced offers, where `synth` is this command."""
    words = [piece for word in line.split(" ") for piece in word.replace("=", " = ").split(" ") if piece or not word]
    listed = " ".join(map(shlex.quote, words))
    script = (
        f"COMP_LINE={shlex.quote(line)}; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({listed}); "
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _synth; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    sourced = f"synth() {{ {command}; }}\n" + synth("completion", "bash", cwd=cwd).out
    # bash says where compopt belongs, when it is called outside of a real completion
    answer = run_process(["bash", "--norc", "-c", sourced + script], cwd=cwd)
    assert answer.code == 0
    return answer.out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("synth pl", ["plan", "plugins"]),
        ("synth run --dr", ["--dry-run"]),
        ("synth run sce", ["scenario="]),
        ("synth doctor sce", ["scenario="]),
        ("synth stream sce", ["scenario="]),
        ("synth run scenario=[card", ["[card_chain"]),
        ("synth --json run amount=lo", ["lognormal"]),
        ("synth list sc", ["scenario"]),
        ("synth plugins ", ["list", "check", "new"]),
        ("synth config show amount=par", ["pareto"]),
    ],
)
def test_bash_offers(line: str, offered: list[str], tmp_path: Path) -> None:
    found = press_tab(line, tmp_path)
    assert [each.rpartition("=")[2] or each for each in found] == offered or found == offered


def test_bash_asks_the_command(tmp_path: Path) -> None:
    assert complete_in_bash("synth run sce", f'{shlex.join(command())} "$@"', tmp_path) == ["scenario="]


def test_completion_offers_keys(tmp_path: Path) -> None:
    assert synth("completion", "query", "run timeline.", cwd=tmp_path).out.split() == [
        "timeline.end=",
        "timeline.start=",
    ]


def test_completion_answers_in_json(tmp_path: Path) -> None:
    assert synth("completion", "query", "pl", "--json", cwd=tmp_path).envelope["data"] == ["plan", "plugins"]
    assert synth("completion", "query", "nothing", "--json", cwd=tmp_path).envelope["data"] == []
    script = synth("completion", "bash", cwd=tmp_path).out
    assert synth("--json", "completion", "bash", cwd=tmp_path).envelope["data"] == script


@pytest.mark.parametrize(
    ("line", "offered"),
    [("synth --json", ["--json"]), ("synth run --json", ["--json"]), ("synth --q", ["--quiet"])],
)
def test_a_line_that_looks_like_a_flag_is_a_line(line: str, offered: list[str], tmp_path: Path) -> None:
    assert press_tab(line, tmp_path) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_its_script(shell: str, tmp_path: Path) -> None:
    answer = synth("completion", shell, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert "synth completion query" in answer.out
    try:
        checked = subprocess.run([shell, "-n"], input=answer.out, text=True, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {shell}; its syntax was not checked: apt-get install {shell}")
    assert (checked.returncode, checked.stderr) == (0, "")


# terminals, logs and imports

NEEDS_TIME = ("generator.transactions=3000000", "block_rows=50000", "sink=csv", "runner.workers=1")


def on_terminal(*words: str, cwd: Path, env: dict[str, str]) -> tuple[int, str]:
    """A command whose stderr is a terminal; returns what it drew there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(command(*words), cwd=cwd, env=environ(env), stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    drawn = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 1)
        try:
            piece = os.read(ours, 65536) if ready else b""
        except OSError:  # the last writer is gone
            break
        if ready and not piece:
            break
        drawn += piece
    os.close(ours)
    return process.wait(30), drawn.decode()


def test_a_terminal_shows_a_bar_and_keeps_none(tmp_path: Path) -> None:
    code, drawn = on_terminal("run", *NEEDS_TIME, cwd=tmp_path, env={"NO_COLOR": "1"})
    assert code == 0
    assert "rows/s" in drawn
    assert "3.00M" in drawn
    for doing in ("planning", "making rows", "publishing"):
        assert f"{doing}: " in drawn
    assert "\x1b[3" not in drawn
    assert drawn.replace("\x1b[A", "").rstrip("\r").rsplit("\r", 1)[-1].strip() == ""


def test_quiet_shows_no_bar(tmp_path: Path) -> None:
    assert on_terminal("run", *TINY, "--quiet", cwd=tmp_path, env={}) == (0, "")


def test_a_log_gets_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """The clock of the progress lines is moved forward, so that nobody has to wait."""
    clock = itertools.count(0, 2.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: next(clock))
        lines = run._Lines()
        lines(0, 0, "planning")
        for rows in range(100_000, 1_000_001, 100_000):
            lines(rows, 1_000_000, "making rows" if rows < 1_000_000 else "finishing files")
        lines(1_000_000, 1_000_000, "publishing")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "making rows: 100,000 of 1,000,000 rows, 40,000 rows/s, 22 s left",
        "making rows: 300,000 of 1,000,000 rows, 40,000 rows/s, 18 s left",
        "making rows: 500,000 of 1,000,000 rows, 40,000 rows/s, 12 s left",
        "making rows: 700,000 of 1,000,000 rows, 40,000 rows/s, 8 s left",
        "making rows: 900,000 of 1,000,000 rows, 40,000 rows/s, 2 s left",
        "publishing",
    ]
    assert "\r" not in err


def modules_after(*words: str, cwd: Path) -> set[str]:
    """The libraries that a command has loaded."""
    script = (
        "import sys; from synth.cli import main\n"
        "try: code = main(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr); sys.exit(code)"
    )
    answer = run_process([sys.executable, "-c", script, *words], cwd=cwd)
    assert answer.code == 0
    return set(answer.err.split())


@pytest.mark.parametrize("line", ["--help", "run --help", "--version", "completion bash", "completion query pl"])
def test_help_loads_nothing_heavy(line: str, tmp_path: Path) -> None:
    loaded = modules_after(*line.split(), cwd=tmp_path)
    assert "argparse" in loaded
    assert loaded.intersection(HEAVY) == set()


def test_a_run_loads_only_what_it_needs(tmp_path: Path) -> None:
    loaded = modules_after("run", *TINY, "sink=[csv,jsonl,parquet]", "--quiet", cwd=tmp_path)
    assert "pyarrow" in loaded
    assert loaded.intersection({"pandas", "faker", "boto3", "botocore", "duckdb", "tqdm"}) == set()


def test_validating_loads_no_writer(tmp_path: Path) -> None:
    loaded = modules_after("validate", *TINY, "--quiet", cwd=tmp_path)
    assert loaded.intersection({"pandas", "faker", "boto3", "botocore", "duckdb"}) == set()


def test_a_repeated_run_is_the_same_for_every_sink(tmp_path: Path) -> None:
    answer = synth("run", *TINY, "sink=[csv,jsonl,parquet]", "--json", cwd=tmp_path)
    data = answer.envelope["data"]
    assert sorted(data["places"]) == ["csv", "jsonl", "parquet"]
    assert len(set(data["places"].values())) == 3
    digests = {read_manifest(tmp_path / p)["digest"] for p in data["places"].values()}
    assert digests == {data["digest"]}


def test_list_says_which_options_go_with_a_recipe(tmp_path: Path) -> None:
    answer = synth("list", "scenario", "--with", "experiment=tiny", "--with", "columns=full", "--json", cwd=tmp_path)
    found = json.loads(answer.out)["data"]["scenario"]
    goes = {name for name, problems in found.items() if not problems}
    assert {"card_chain", "stolen_card"} <= goes
    assert "bot_checkout" not in goes
    for name, problems in found.items():
        code = synth("validate", "experiment=tiny", "columns=full", f"scenario=[{name}]", cwd=tmp_path).code
        assert code == (2 if problems else 0)


def test_list_with_a_recipe_that_is_wrong_lists_nothing(tmp_path: Path) -> None:
    answer = synth("list", "scenario", "--with", "experiment=tny", cwd=tmp_path)
    assert answer.code == 2
    assert "did you mean 'tiny'?" in answer.err
    assert not answer.out


def test_the_generators_are_tried_once_for_all_options_that_need_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[str] = []

    def counting(composed: Composed, group: str) -> Iterator[tuple[str, Composed | ConfigError]]:
        tried.append(group)
        return try_options(composed, group)

    monkeypatch.setattr("synth.config.fitting.try_options", counting)
    answer = synth("list", "columns", "--with", "scenario=card_chain", "--json", cwd=tmp_path)
    refused = {name for name, problems in answer.envelope["data"]["columns"].items() if problems}
    assert {"handbook", "payments"} <= refused
    assert tried == ["generator"]


def test_preview_shows_the_columns_that_a_pattern_sets(tmp_path: Path) -> None:
    words = ("scenario=[account_takeover,card_chain]", "scenario.account_takeover.ratio=0.02", "columns=full")
    answer = synth("preview", "experiment=tiny", *words, "--json", cwd=tmp_path)
    sets = {
        each["scenario"]: [event["sets"] for event in each["events"]]
        for each in json.loads(answer.out)["data"]["episodes"]
    }
    assert all(event == {"channel": "online"} for event in sets["account_takeover"])
    assert not any(sets["card_chain"])
    shown = synth("preview", "experiment=tiny", *words, "--scenario", "account_takeover", cwd=tmp_path)
    assert shown.out.count("channel=online") == len(sets["account_takeover"])
