"""Sweeps: many jobs, one table, and what happens when some of them fail."""

import csv
import os
import re
import signal
from pathlib import Path

import pytest

from synth.cli.sweeps import JobOutcome, SweepTask, run_sweep
from synth.config.compose import Composed
from tests.cli.commands import CANARY, MINE, ROOT, TINY, Answer, finish, start, synth, synth_process, tree, wait_until
from tests.outputs import read_manifest

#: Chains of consecutive seconds find no room beside the genuine rows.
CROWDED = (
    *("population.cards=1", "timeline.end='2022-01-01T00:16:40'", "generator.transactions=500"),
    *("scenario.card_chain.mode=add", "scenario.card_chain.ratio=0.02"),
    *("scenario.card_chain.chain_length={min: 10, max: 10}", "scenario.card_chain.interval_s.min=1"),
)
LAUNCHERS: tuple[list[str], ...] = ([], ["hydra/launcher=joblib"])
COLUMNS = ["job", "overrides", "place", "rows", "fraud_rows", "seconds", "objective", "digest", "error"]


def results(answer: Answer, cwd: Path) -> list[dict[str, str]]:
    """The table that the sweep wrote."""
    directory = cwd / answer.envelope["data"]["directory"]
    return read(directory / "results.csv")


def read(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        assert reader.fieldnames == COLUMNS
    return rows


def sweep(launcher: list[str], *words: str, cwd: Path) -> Answer:
    """A sweep; joblib's workers outlive it with the streams that they began with, and get a process of their own."""
    return (synth_process if launcher else synth)("run", "-m", *launcher, *words, cwd=cwd)


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_a_sweep_runs_every_combination(launcher: list[str], tmp_path: Path) -> None:
    answer = sweep(launcher, *TINY, "seed=1,2", "scenario=[],[card_chain]", "--json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    data = answer.envelope["data"]
    rows = results(answer, tmp_path)
    assert [{name: str(value) for name, value in job.items()} for job in data["jobs"]] == rows
    assert [row["job"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["fraud_rows"] for row in rows] == ["0", "0", "7", "7"]
    assert len({row["digest"] for row in rows}) == 4
    assert [("seed=1" in row["overrides"], "card_chain" in row["overrides"]) for row in rows] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]
    for row in rows:
        assert (tmp_path / data["directory"] / row["job"] / "_manifest.json").is_file()
    assert sorted(p.name for p in (tmp_path / data["directory"]).iterdir()) == ["0", "1", "2", "3", "results.csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["sweeps"]


def test_a_job_equals_the_run_of_its_overrides(tmp_path: Path) -> None:
    swept = synth("run", "-m", *TINY, "seed=range(1,4)", cwd=tmp_path)
    assert (swept.code, swept.err) == (0, "")
    common, table, file = swept.out.split("\n\n")
    assert " ".join(common.split()) == f"all jobs: {' '.join(TINY)}; rows 3,000; fraud rows 7"
    head, *lines = table.splitlines()
    assert head.split() == ["job", "overrides", "seconds", "digest"]
    assert [line.split()[:2] for line in lines] == [["0", "seed=1"], ["1", "seed=2"], ["2", "seed=3"]]
    assert re.fullmatch(r"sweeps/.*/results\.csv", file.strip())
    alone = synth("run", *TINY, "seed=3", cwd=tmp_path)
    assert alone.row("digest")[:12] in lines[2]


MOODY = """
class Moody(CardChain):
    def plan(self, *args, **kwargs):
        return super().plan(*args, **kwargs)

    def inject(self, *args, **kwargs):
        raise ZeroDivisionError("in a bad mood")

def make(config):
    return Moody(config) if config.ratio > 0.01 else CardChain(config)

@synth.hookimpl
"""
MINE_IN_A_MOOD = MINE.replace("@synth.hookimpl\n", MOODY).replace("CardChain)]", "make)]")
IN_A_MOOD = "scenario 'mine': its injector Moody failed: ZeroDivisionError: in a bad mood (mine.py:"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["seed=1,x,y"], 2, ["job 1: seed is 'x'", "job 2: seed is 'y'"]),
        (["seed=x,y"], 2, ["job 0: seed is 'x'", "job 1: seed is 'y'"]),
        (["seed=1,2", "scenario.card_chain.ratio=2,0.01"], 2, ["jobs 0 and 2: scenario.card_chain.ratio is 2"]),
        (["seed=1,2", "hallo=1"], 2, ["all 2 jobs: unknown key 'hallo'"]),
        (["seed=1", "hallo=1"], 2, ["unknown key 'hallo'"]),
        (["sink.parquet.uri=a,file/b,file/c"], 3, ["job 1: cannot write to file/b", "job 2: cannot write to file/c"]),
        (["seed=x,2", "sink.parquet.uri=a,file/b"], 2, ["seed is 'x'", "job 3: cannot write to file/b"]),
        ([*CROWDED, "scenario.card_chain.interval_s.max=1,2"], 3, ["job 0: scenario.card_chain: its episodes find no"]),
    ],
)
def test_a_sweep_of_which_one_job_cannot_run_is_refused(
    words: list[str], code: int, told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    answer = synth("run", "-m", *TINY, *words, cwd=tmp_path)
    assert (answer.code, answer.out) == (code, "")
    for message in told:
        assert f"{message}" in answer.err
    assert tree(tmp_path) == {"file": 0}


def test_all_jobs_fail(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE_IN_A_MOOD)
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", "scenario.mine.ratio=0.02,0.03"]
    answer = synth("run", "-m", *words, cwd=tmp_path)
    assert answer.code == 1
    assert answer.err.startswith(f"error: all 2 jobs failed; job 0: {IN_A_MOOD}")
    assert "others are done" not in answer.err


def test_a_plugin_of_ones_own_takes_part(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", "scenario.mine.ratio=0.01,0.02", "--json"]
    answer = sweep(["hydra/launcher=joblib"], *words, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert [row["fraud_rows"] for row in results(answer, tmp_path)] == ["30", "60"]


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_a_plugin_that_fails_in_one_job_fails_alone(launcher: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE_IN_A_MOOD)
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", "scenario.mine.ratio=0.01,0.02", "--json", "--debug"]
    answer = sweep(launcher, *words, cwd=tmp_path)
    assert answer.code == answer.envelope["exit_code"] == 4
    good, bad = results(answer, tmp_path)
    assert (good["fraud_rows"], good["error"]) == ("30", "")
    assert bad["error"].startswith(IN_A_MOOD)
    assert (bad["digest"], bad["place"]) == ("", "")
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert "error: 1 of 2 jobs failed, the others are done; job 1: scenario 'mine'" in answer.err


def test_the_results_grow_job_by_job(tmp_path: Path) -> None:
    directory = tmp_path / "swept"
    directory.mkdir()
    (directory / "results.csv").write_text("of an earlier sweep")
    seen = []

    def look(task: SweepTask, composed: Composed, place: Path) -> JobOutcome:
        seen.append(len(read(directory / "results.csv")) if (directory / "results.csv").is_file() else None)
        return run_job(task, composed, place)

    run_job = SweepTask._run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SweepTask, "_run", look)
        outcomes = run_sweep([*TINY, "seed=1,2,3", f"hydra.sweep.dir={directory}"]).outcomes
    assert seen == [None, 1, 2]
    assert [row["job"] for row in read(directory / "results.csv")] == ["0", "1", "2"]
    assert [outcome.exit_code for outcome in outcomes] == [0, 0, 0]


def test_a_sweep_that_is_set_up_wrongly_runs_nothing(tmp_path: Path) -> None:
    for words in (["hydra/launcher=nope", "seed=1,2"], ["seed=range(1,"], ["scenario"]):
        answer = synth("run", "-m", *TINY, *words, cwd=tmp_path)
        assert (answer.code, answer.out) == (2, "")
        assert "Traceback" not in answer.err
        assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("seed=range(5,1)", "'seed=range(5,1)' holds no value, so that there is no job"),
        ("scenario=glob(nothing*)", "'scenario=glob(nothing*)' holds no value, so that there is no job"),
        ("seed=range(1,4,0)", "'seed=range(1,4,0)' never ends: its step is 0"),
        ("seed=range(1,100000000)", "this sweep has 99,999,999 jobs, and a sweep has at most 10,000"),
        ("hydra.sweeper.params={seed: 'range(3,3)'}", "'hydra.sweeper.params' does not take this value"),
        ("hydra.sweeper.trials=3", "'hydra.sweeper.trials' is no setting of what is chosen for hydra.sweeper"),
        ("hydra.sweeper.max_batch_size=x", "'hydra.sweeper.max_batch_size' does not take this value: Value 'x'"),
        ("seed=interval(1,2)", "hydra/sweeper=optuna draws from an interval"),
    ],
)
def test_a_grid_without_jobs_or_with_too_many(word: str, told: str, tmp_path: Path) -> None:
    answer = synth("run", "-m", *TINY, word, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert tree(tmp_path) == {}


def test_a_limit_on_jobs_at_once_reviews_all_of_them_first(tmp_path: Path) -> None:
    limit = "hydra.sweeper.max_batch_size=1"
    refused = synth("run", "-m", *TINY, "seed=1,2,x", limit, cwd=tmp_path)
    assert (refused.code, refused.err.splitlines()[0][:24]) == (2, "error: job 2: seed is 'x")
    done = synth("run", "-m", *TINY, "seed=1,2", limit, "--json", cwd=tmp_path)
    assert [row["job"] for row in results(done, tmp_path)] == ["0", "1"]


def test_a_broken_plugin_of_hydra_is_named_and_left_out(tmp_path: Path) -> None:
    """A process of its own, as Hydra looks for plugins once in a process."""
    package = tmp_path / "there" / "hydra_plugins" / "hydra_rocket_launcher"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "rocket.py").write_text("import math\nmath.rocket\n")
    (package / "older.py").write_text("import not_there\n")
    env = {"PYTHONPATH": f"{ROOT}:{tmp_path / 'there'}"}
    answer = synth_process("run", "-m", *TINY, "seed=1", cwd=tmp_path, env=env)
    assert answer.code == 0, answer.err
    older, rocket = answer.err.splitlines()
    named = "warning: the Hydra plugin hydra_plugins.hydra_rocket_launcher"
    assert older == f"{named}.older cannot be loaded and is left out: ModuleNotFoundError: No module named 'not_there'"
    assert rocket.startswith(f"{named}.rocket cannot be loaded and is left out: AttributeError: module 'math'")
    refused = synth_process("run", "-m", *TINY, "seed=1", "hydra/launcher=rocket", cwd=tmp_path, env=env)
    assert refused.code == 2
    assert "no hydra/launcher named 'rocket' (the Hydra plugin hydra_plugins.hydra_rocket_launcher" in refused.err


def test_a_job_keeps_its_references(tmp_path: Path) -> None:
    """What an override refers to is looked up by the job, and stands nowhere else."""
    words = [*TINY, "seed=1,2", "block_rows=${generator.transactions}", "sink.parquet.compression=${oc.env:HOW}"]
    answer = synth("run", "-m", *words, "--json", cwd=tmp_path, env={"HOW": "none"})
    assert answer.code == 0, answer.err
    for row in results(answer, tmp_path):
        assert row["rows"] == "3000"
        assert "block_rows=${generator.transactions} sink.parquet.compression=${oc.env:HOW}" in row["overrides"]


def test_a_dry_run_sweeps_nothing(tmp_path: Path) -> None:
    assert synth("run", "-m", "--dry-run", *TINY, "seed=1,2", cwd=tmp_path).code == 2
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_a_secret_appears_nowhere(launcher: list[str], tmp_path: Path) -> None:
    words = ["seed=1,2", f"+sink.parquet.password={CANARY}"]
    answer = sweep(launcher, *TINY, *words, cwd=tmp_path)
    assert answer.code == 2
    assert CANARY not in answer.out + answer.err
    assert "+sink.parquet.password=***" in answer.err
    names = tree(tmp_path)
    assert not [name for name in names if CANARY in name]
    assert not [name for name in names if (tmp_path / name).is_file() and CANARY in (tmp_path / name).read_text()]


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_an_interrupted_sweep_keeps_what_was_done_and_nothing_else(launcher: list[str], tmp_path: Path) -> None:
    first = ["generator.transactions=1000,5000000", "block_rows=50000", "sink=csv", "hydra.launcher.n_jobs=1"]
    words = first if launcher else first[:-1]
    with start("run", "-m", *launcher, *words, cwd=tmp_path) as process:
        wait_until(lambda: any(tmp_path.glob("sweeps/*/1/.synth-*/transactions.csv.*")), process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        answer = finish(process)
    assert (answer.code, answer.out) == (130, "")
    assert "interrupted" in answer.one_line()
    job, table = sorted(tmp_path.glob("sweeps/*/*"))
    assert (job.name, table.name) == ("0", "results.csv")
    [row] = read(table)
    assert (row["job"], row["rows"], row["error"]) == ("0", "1000", "")
    assert row["digest"] == read_manifest(job)["digest"]
    assert sorted(p.name for p in job.iterdir()) == ["_truth", "transactions.csv"]
