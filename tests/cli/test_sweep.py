"""Sweeps: many jobs, one table, and what happens when some of them fail."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest

from synth.cli.sweeps import JobOutcome, SweepTask, run_sweep
from synth.config.compose import Composed
from tests.cli.commands import CANARY, MINE, TINY, Answer, finish, start, synth, synth_process, tree, wait_until

LAUNCHERS: tuple[list[str], ...] = ([], ["hydra/launcher=joblib"])
COLUMNS = ["job", "overrides", "rows", "fraud_rows", "seconds", "digest", "error"]


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
        assert (tmp_path / data["directory"] / row["job"] / "manifest.json").is_file()
    assert sorted(p.name for p in (tmp_path / data["directory"]).iterdir()) == ["0", "1", "2", "3", "results.csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["sweeps"]


def test_a_job_equals_the_run_of_its_overrides(tmp_path: Path) -> None:
    swept = synth("run", "-m", *TINY, "seed=range(1,4)", cwd=tmp_path)
    assert (swept.code, swept.err) == (0, "")
    lines = swept.out.splitlines()
    assert lines[0].split() == ["job", "overrides", "rows", "fraud", "rows", "seconds", "digest", "error"]
    assert len(lines) == 6
    assert lines[-1].startswith("sweeps/")
    assert lines[-1].endswith("/results.csv")
    alone = synth("run", *TINY, "seed=3", cwd=tmp_path)
    assert alone.row("digest")[:12] in lines[3]


def test_some_jobs_fail_and_the_others_are_done(tmp_path: Path) -> None:
    answer = synth("run", "-m", *TINY, "seed=1,x", "amount=buckets,nope", "--json", cwd=tmp_path)
    assert answer.code == 4
    rows = results(answer, tmp_path)
    assert [bool(row["digest"]) for row in rows] == [True, False, False, False]
    assert rows[1]["error"].startswith("no amount named 'nope'")
    assert rows[2]["error"].startswith("seed is 'x'")
    assert answer.err.startswith("error: 3 of 4 jobs failed, the others are done; job 1: no amount named 'nope'")
    done = tmp_path / answer.envelope["data"]["directory"]
    assert [p.name for p in sorted(done.iterdir()) if (p / "manifest.json").is_file()] == ["0"]


@pytest.mark.parametrize(("override", "code"), [("seed=x,y", 2), ("sink.parquet.uri=file/a,file/b", 3)])
def test_all_jobs_fail(override: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = synth("run", "-m", *TINY, override, cwd=tmp_path)
    assert answer.code == code
    assert answer.err.startswith("error: all 2 jobs failed; job 0: ")
    assert "others are done" not in answer.err


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_one_place_for_all_jobs_takes_the_first_only(launcher: list[str], tmp_path: Path) -> None:
    answer = sweep(launcher, *TINY, "sink.parquet.uri=out", "seed=1,2", "--json", cwd=tmp_path)
    assert answer.code == 4
    [refused] = [row for row in results(answer, tmp_path) if row["error"]]
    assert "out" in refused["error"]
    assert "already holds a run" in refused["error"] or "another run is writing" in refused["error"]
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert not [name for name in tree(tmp_path) if ".synth-" in name]


def test_a_plugin_of_ones_own_takes_part(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", "scenario.mine.ratio=0.01,0.02", "--json"]
    answer = sweep(["hydra/launcher=joblib"], *words, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert [row["fraud_rows"] for row in results(answer, tmp_path)] == ["30", "60"]


def test_a_plugin_that_fails_in_one_job_fails_alone(tmp_path: Path) -> None:
    moody = """
class Moody(CardChain):
    def plan(self, *args, **kwargs):
        raise ZeroDivisionError("in a bad mood")

def make(config):
    return Moody(config) if config.ratio > 0.01 else CardChain(config)

@synth.hookimpl
"""
    broken = MINE.replace("@synth.hookimpl\n", moody).replace("CardChain)]", "make)]")
    (tmp_path / "mine.py").write_text(broken)
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", "scenario.mine.ratio=0.01,0.02", "--json"]
    answer = synth("run", "-m", *words, cwd=tmp_path)
    assert answer.code == 4
    good, bad = results(answer, tmp_path)
    assert (good["fraud_rows"], good["error"]) == ("30", "")
    assert bad["error"] == "scenario 'mine': its injector Moody failed: ZeroDivisionError: in a bad mood (mine.py:20)"
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_debug_shows_where_a_job_fails(launcher: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = ["--debug", *TINY, "sink.parquet.uri=out,file/b", "--json"]
    answer = sweep(launcher, *words, cwd=tmp_path)
    assert answer.code == answer.envelope["exit_code"] == 4
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert "engine/run.py" in answer.err
    assert "error: 1 of 2 jobs failed" in answer.err


def test_the_results_grow_job_by_job(tmp_path: Path) -> None:
    directory = tmp_path / "swept"
    seen = []

    def look(task: SweepTask, composed: Composed, place: Path) -> JobOutcome:
        seen.append(len(read(directory / "results.csv")) if (directory / "results.csv").is_file() else None)
        return run_job(task, composed, place)

    run_job = SweepTask._run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SweepTask, "_run", look)
        outcomes = run_sweep([*TINY, "seed=1,x,3"], directory)
    assert seen == [None, 1, 2]
    assert [row["job"] for row in read(directory / "results.csv")] == ["0", "1", "2"]
    assert [outcome.exit_code for outcome in outcomes] == [0, 2, 0]


def test_a_sweep_that_is_set_up_wrongly_runs_nothing(tmp_path: Path) -> None:
    for words in (["hydra/launcher=nope", "seed=1,2"], ["seed=range(1,"], ["scenario"]):
        answer = synth("run", "-m", *TINY, *words, cwd=tmp_path)
        assert (answer.code, answer.out) == (2, "")
        assert "Traceback" not in answer.err
        assert tree(tmp_path) == {}


def test_a_dry_run_sweeps_nothing(tmp_path: Path) -> None:
    assert synth("run", "-m", "--dry-run", *TINY, "seed=1,2", cwd=tmp_path).code == 2
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_a_secret_appears_nowhere(launcher: list[str], tmp_path: Path) -> None:
    words = ["seed=1,2", f"+sink.parquet.password={CANARY}"]
    answer = sweep(launcher, *TINY, *words, cwd=tmp_path)
    assert answer.code == 2
    assert CANARY not in answer.out + answer.err
    assert "+sink.parquet.password=***" in answer.out
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
    assert row["digest"] == json.loads((job / "manifest.json").read_text())["digest"]
    assert sorted(p.name for p in job.iterdir()) == ["episodes.csv", "labels.csv", "manifest.json", "transactions.csv"]
