"""An optimizer against random search: which share of the value fraud has at best, after the same number of trials.

Two parameters, one objective of `synth stats`; each study seed once with optuna's TPE sampler, once by chance.

    .venv/bin/python benchmarks/sweeps.py [TRIALS] [SEEDS]
"""

import json
import statistics
import subprocess
import sys
import tempfile

RECIPE = (
    *("generator.transactions=5000", "block_rows=5000", "population.cards=1000", "runner.workers=1"),
    *("amount=gamma", "scenario=card_chain"),
)
SPACE = ("amount.mean=interval(20,200)", "scenario.card_chain.ratio=interval(0.002,0.05)")
OBJECTIVE = "stats.fraud.share_of_value"


def best_of(sampler: str, seed: int, trials: int) -> float:
    """The largest share that a study finds."""
    study = [
        *("hydra/sweeper=optuna", f"hydra/sweeper/sampler={sampler}", f"hydra.sweeper.sampler.seed={seed}"),
        *("hydra.sweeper.direction=maximize", f"hydra.sweeper.n_trials={trials}", "hydra.sweeper.n_jobs=1"),
    ]
    with tempfile.TemporaryDirectory() as place:
        words = [*RECIPE, *SPACE, *study, f"sweep.objective={OBJECTIVE}", f"hydra.sweep.dir={place}"]
        command = [sys.executable, "-m", "synth", "run", "-m", "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    data = json.loads(done.stdout)["data"]
    [best] = data["best"]
    return float(data["jobs"][best]["objective"])


def main() -> None:
    """Prints a line a seed, and the means."""
    trials, seeds = (int(word) for word in (sys.argv[1:3] + ["20", "5"][len(sys.argv[1:3]) :]))
    print(f"{OBJECTIVE}, best of {trials} trials")
    print("seed  optuna  random")
    found = []
    for seed in range(1, seeds + 1):
        found.append((best_of("tpe", seed, trials), best_of("random", seed, trials)))
        print(f"{seed:4}  {found[-1][0]:.4f}  {found[-1][1]:.4f}", flush=True)
    optuna, random = (statistics.mean(column) for column in zip(*found, strict=True))
    print(f"mean  {optuna:.4f}  {random:.4f}")


if __name__ == "__main__":
    main()
