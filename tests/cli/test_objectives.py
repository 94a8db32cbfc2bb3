"""What a sweep is after: the names of objectives, optimizers that look for the best job, and what they leave."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.check.stats import measure
from synth.check.stats.figures import explain_figure, figure_names, figure_of
from synth.cli.objectives import best_of
from synth.cli.sweeps import JobOutcome
from synth.config.catalog import load_catalog
from tests.cli.commands import CANARY, TINY, Answer, synth, synth_process, tree
from tests.cli.test_sweep import read, results

STUDY = ("hydra/sweeper=optuna", "hydra.sweeper.sampler.seed=1", "hydra.sweeper.n_jobs=1")
RATIO = "scenario.card_chain.ratio=interval(0.002,0.02)"
SHARE = "stats.fraud.share_of_rows"


def optimize(*words: str, cwd: Path) -> Answer:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="hydra-optuna-sweeper is not installed")
    return synth("run", "-m", *TINY, *STUDY, *words, cwd=cwd)


def test_an_optimizer_gets_a_figure_of_each_job(tmp_path: Path) -> None:
    words = [RATIO, f"sweep.objective={SHARE}", "hydra.sweeper.n_trials=4", "hydra.sweeper.direction=maximize"]
    answer = optimize(*words, "hydra.sweep.dir=s", "--json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    rows = results(answer, tmp_path)
    assert len(rows) == 4
    for row in rows:
        assert float(row["objective"]) == int(row["fraud_rows"]) / 3000
        assert row["digest"]
    best = max(rows, key=lambda row: float(row["objective"]))
    assert answer.envelope["data"]["best"] == [int(best["job"])]
    told = yaml.safe_load((tmp_path / "s" / "optimization_results.yaml").read_text())
    assert told["best_value"] == float(best["objective"])
    assert f"scenario.card_chain.ratio={told['best_params']['scenario.card_chain.ratio']}" in best["overrides"]
    again = optimize(*words, "hydra.sweep.dir=t", cwd=tmp_path)
    assert [row["digest"] for row in read(tmp_path / "t" / "results.csv")] == [row["digest"] for row in rows]
    assert f"best: job {best['job']}, objective" in again.out
    assert "scenario.card_chain.ratio=" in again.out.split("best: ")[1].splitlines()[0]


def test_an_optimizer_finds_more_than_chance(tmp_path: Path) -> None:
    """Two parameters, twelve trials each: where purchases are small, and fraud is frequent, its share is largest."""
    found = {}
    for sampler in ("tpe", "random"):
        startup = ["hydra.sweeper.sampler.n_startup_trials=4"] if sampler == "tpe" else []
        words = [f"hydra/sweeper/sampler={sampler}", "hydra.sweeper.n_trials=12", "hydra.sweeper.direction=maximize"]
        space = ["amount=gamma", "amount.mean=interval(20,200)", RATIO, "sweep.objective=stats.fraud.share_of_value"]
        answer = optimize(*words, *startup, *space, "generator.transactions=2000", "--json", cwd=tmp_path)
        assert answer.code == 0, answer.err
        found[sampler] = max(float(row["objective"]) for row in results(answer, tmp_path))
    assert found["tpe"] > found["random"]


def test_nevergrad_gets_a_figure_of_each_job(tmp_path: Path) -> None:
    """It comes with Hydra's next release, whose environment has it: make hydra-next."""
    pytest.importorskip("hydra_plugins.hydra_nevergrad_sweeper", reason="hydra-nevergrad-sweeper is not installed")
    study = ["hydra/sweeper=nevergrad", "hydra.sweeper.optim.seed=1", "hydra.sweeper.optim.maximize=true"]
    size = ["hydra.sweeper.optim.budget=4", "hydra.sweeper.optim.num_workers=2", "hydra.sweep.dir=s"]
    answer = synth("run", "-m", *TINY, *study, *size, RATIO, f"sweep.objective={SHARE}", "--json", cwd=tmp_path)
    assert answer.code == 0, answer.err
    best = max(float(row["objective"]) for row in results(answer, tmp_path))
    assert yaml.safe_load((tmp_path / "s" / "optimization_results.yaml").read_text())["best_evaluated_result"] == best


def test_several_objectives(tmp_path: Path) -> None:
    goals = ["sweep.objective=[fraud_rows,stats.amounts.fraud.mean]", "hydra.sweeper.direction=[maximize,minimize]"]
    sampler = ["hydra/sweeper/sampler=random", "hydra.sweep.dir=s"]
    answer = optimize(RATIO, *goals, *sampler, "hydra.sweeper.n_trials=4", "--json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    values = [tuple(map(float, row["objective"].split())) for row in results(answer, tmp_path)]
    front = [values[job] for job in answer.envelope["data"]["best"]]
    told = yaml.safe_load((tmp_path / "s" / "optimization_results.yaml").read_text())
    assert sorted(set(front)) == sorted({tuple(each["values"]) for each in told["solutions"]})


def test_jobs_of_a_proposing_sweeper_share_no_place(tmp_path: Path) -> None:
    words = ["seed=choice(1,2)", "sweep.objective=rows", "hydra.sweeper.n_trials=3", "sink.parquet.uri=out"]
    answer = optimize(*words, "--json", cwd=tmp_path)
    assert answer.code == 0
    assert [line.split(":")[0] for line in answer.err.splitlines()] == ["the jobs share the place out"]
    assert [path.name.split("_")[0] for path in sorted((tmp_path / "out").iterdir())] == ["0", "1", "2"]
    own = optimize(*words[:-1], "sink.parquet.uri=own/${hydra:job.num}", "--json", cwd=tmp_path)
    assert own.err == ""
    assert sorted(path.name for path in (tmp_path / "own").iterdir()) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "hydra/sweeper=optuna is after a figure of each job, and none is named"),
        (["sweep.objective=[rows,seconds]"], "sweep.objective names 2, and hydra/sweeper=optuna is after 1"),
        (["sweep.objective=fraud_row"], "no objective named 'fraud_row' (did you mean 'fraud_rows'?)"),
        (["sweep.objective=rows,seconds"], "several objectives: 'sweep.objective=[a,b]'"),
        (["sweep.objective=stats.fraud.share_of_row"], "(did you mean 'stats.fraud.share_of_rows'?)"),
        (["sweep.objective=stats.amounts.genuine.p51"], "(did you mean 'stats.amounts.genuine.p5"),
        (["sweep.objective=stats.fraud"], "'stats.fraud' is no figure of synth stats"),
        (
            ["sweep.objective=stats.fraud.scenarios.card_chian.value"],
            "is about a scenario 'card_chian', which the recipe does not have "
            "(did you mean 'stats.fraud.scenarios.card_chain.value'?)",
        ),
        (["sweep.objective=stats.web.grocery.found"], "needs a view that shows channel"),
        (["sweep.objective=stats.shares.mood.glad.rows"], "is about a column 'mood', which the view does not show"),
        (["sweep.objective=stats.fraud.rows", "sink=stdout"], "none of these sinks can be read back"),
        (["sweep.objective=rows", "hydra.sweeper.direction=up"], "hydra/sweeper=optuna cannot sweep: ValueError"),
        (["sweep.objective=rows", "hydra.sweeper.n_trials=x"], "hydra.sweeper.n_trials=x"),
        (["sweep.objective=rows", "amount=range(5,1)"], "'amount=range(5,1)' holds no value"),
        (["sweep.objective=rows", "seed=choice(x,y)"], "seed is '"),
    ],
)
def test_an_objective_that_cannot_be_had(words: list[str], told: str, tmp_path: Path) -> None:
    answer = optimize(RATIO, *words, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert "internal error" not in answer.err
    assert tree(tmp_path) == {}


def test_a_later_batch_that_cannot_run_ends_the_sweep(tmp_path: Path) -> None:
    words = ["seed=range(-2,3)", "sweep.objective=rows", "hydra/sweeper/sampler=random", "hydra.sweeper.n_trials=9"]
    answer = optimize(*words, "hydra.sweeper.sampler.seed=4", "--json", cwd=tmp_path)
    assert answer.code == 4
    assert "the sweep ended early: error: seed is -" in answer.err
    rows = results(answer, tmp_path)
    assert rows
    assert all(row["digest"] for row in rows)


def test_a_tolerant_sweeper_goes_on(tmp_path: Path) -> None:
    words = ["seed=choice(-1,1,2)", "sweep.objective=rows", "hydra.sweeper.n_trials=6", "hydra.sweeper.n_jobs=6"]
    answer = optimize(*words, "hydra.sweeper.max_failure_rate=0.9", "--json", cwd=tmp_path)
    assert answer.code == 4
    rows = results(answer, tmp_path)
    assert len(rows) == 6
    assert {bool(row["digest"]) for row in rows} == {True, False}
    for row in rows:
        assert ("seed=-1" in row["overrides"]) == row["error"].startswith("seed is -1") == (not row["digest"])


def test_a_grid_measures_without_being_after_anything(tmp_path: Path) -> None:
    answer = synth("run", "-m", *TINY, "seed=1,2", f"sweep.objective=[{SHARE},seconds]", "--json", cwd=tmp_path)
    assert answer.code == 0
    assert answer.envelope["data"]["best"] == []
    for row in results(answer, tmp_path):
        share, seconds = map(float, row["objective"].split())
        assert share == int(row["fraud_rows"]) / 3000
        assert seconds > 0


def test_data_without_the_figure_fail_alone(tmp_path: Path) -> None:
    """A control world has no mean of fraud; its data stand."""
    words = ["scenario=[],[card_chain]", "sweep.objective=stats.amounts.fraud.mean", "--json"]
    answer = synth("run", "-m", *TINY, *words, cwd=tmp_path)
    assert answer.code == 4
    without, with_fraud = results(answer, tmp_path)
    assert without["error"].startswith("this run has no figure stats.amounts.fraud.mean")
    assert without["digest"]
    assert float(with_fraud["objective"]) > 0


@pytest.mark.parametrize("command", ["run", "plan", "validate", "preview", "stream"])
def test_an_objective_is_for_sweeps_alone(command: str, tmp_path: Path) -> None:
    answer = synth(command, *TINY, "sweep.objective=rows", cwd=tmp_path)
    assert answer.code == 2
    assert answer.err.startswith("error: sweep.objective is for a sweep (add -m to run one)\n")
    assert tree(tmp_path) == {}


def test_an_objective_of_a_preset_waits_for_a_sweep_and_changes_no_data(tmp_path: Path) -> None:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text("# @package _global_\nsweep: {objective: rows}\n")
    dirs = ["--config-dir", "conf", *TINY, "experiment=mine"]
    alone = synth("validate", *dirs, "--json", cwd=tmp_path).envelope["data"]
    assert alone["fingerprint"] == synth("validate", *TINY, "--json", cwd=tmp_path).envelope["data"]["fingerprint"]
    swept = synth("run", "-m", *dirs, "seed=1", "--json", cwd=tmp_path)
    assert [row["objective"] for row in results(swept, tmp_path)] == ["3000.0"]
    manifest = next(tmp_path.glob("sweeps/*/0/_manifest.json"))
    assert "sweep" not in json.loads(manifest.read_text())["recipe"]


def test_an_optimizer_sees_no_secret(tmp_path: Path) -> None:
    storage = f"hydra.sweeper.storage=sqlite:///{tmp_path / 'study.db'}"
    words = [f"+sink.parquet.password={CANARY}", RATIO, "sweep.objective=rows", f"'{storage}'".strip("'")]
    answer = optimize(*words, cwd=tmp_path)
    assert answer.code == 2
    assert CANARY not in answer.out + answer.err
    assert CANARY.encode() not in (tmp_path / "study.db").read_bytes()


def leaves(value: Any, path: str = "") -> dict[str, float]:
    """The numbers of a report by their paths; what is computed from the recipe is no figure of the data."""
    if isinstance(value, dict):
        pairs = [(key, each) for key, each in value.items() if key not in ("recipe", "low", "high")]
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return {path: value} if isinstance(value, int | float) else {}
    return {name: number for key, each in pairs for name, number in leaves(each, f"{path}.{key}".lstrip(".")).items()}


def test_every_number_of_a_report_is_an_objective_and_the_other_way_round(tmp_path: Path) -> None:
    """So that what is declared by hand stays what the report has."""
    met: set[str] = set()
    for name, words in {"people": ["experiment=tiny", "columns=payments"], "cards": [*TINY]}.items():
        assert synth("run", *words, f"sink.parquet.uri={name}", cwd=tmp_path).code == 0
        report = measure(str(tmp_path / name), catalog=load_catalog())
        columns = [*report["shares"], "time", "amount", "card_id", "card_number", "merchant_id", "channel"]
        for path, number in leaves(report).items():
            if path.startswith("window."):
                continue
            assert explain_figure(path, list(report["fraud"]["scenarios"]), columns)[0] == "", path
            assert figure_of(report, path) == number
            steps = path.split(".")
            met |= {each for each in figure_names() if fits(each.split("."), steps)}
    assert set(figure_names()) - met == set()


def fits(pattern: list[str], steps: list[str]) -> bool:
    return len(pattern) == len(steps) and all(p in ("*", s) for p, s in zip(pattern, steps, strict=True))


def test_the_best_jobs() -> None:
    jobs = [JobOutcome(job=i, objectives=values) for i, values in enumerate([(1.0, 5.0), (2.0, 6.0), (2.0, 5.0), ()])]
    assert [job.job for job in best_of(jobs, ["maximize", "maximize"])] == [1]
    assert [job.job for job in best_of(jobs, ["minimize", "maximize"])] == [0, 1]
    assert [job.job for job in best_of([JobOutcome(job=7)], ["minimize"])] == []


@pytest.mark.slow
def test_submitit_makes_the_same_data(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="hydra-submitit-launcher is not installed")
    words = [*TINY, "seed=1,2", "--json"]
    basic = synth("run", "-m", *words, cwd=tmp_path)
    other = synth_process("run", "-m", "hydra/launcher=submitit_local", *words, cwd=tmp_path)
    assert other.code == 0, other.err
    found, wanted = ([row["digest"] for row in results(answer, tmp_path)] for answer in (other, basic))
    assert found == wanted
