"""Asks the tests of each mutant of synth's heart whether they see it: ``make mutants``.

A seeded sample of all one-line mutants of the modules in ``TESTS`` is made one by one in a copy of the tree. A mutant
is killed when its tests fail, or take longer than ``_LONGEST_S``. The answers go to ``mutants.txt`` beside this file;
what stands there behind a surviving one, after a #, is kept: it says why no test has to see it.
"""

import argparse
import multiprocessing
import multiprocessing.queues
import os
import random
import re
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.mutation.mutate import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.txt")
_LONGEST_S = 400
_ENGINE = [
    "tests/test_golden.py",
    "tests/engine/test_plan.py",
    "tests/engine/test_block.py",
    "tests/test_reporting.py",
    "tests/injectors/test_claims.py",
    "tests/cli/test_broken_plugins.py",
    "tests/generators/test_own_columns.py",
    "tests/injectors/test_card_chain.py",
    "tests/test_promises.py",
]

#: Module → the tests that should see its mutants, the quick and telling ones first.
TESTS = {
    "synth/engine/block.py": _ENGINE,
    "synth/engine/inject.py": _ENGINE,
    "synth/engine/facts.py": _ENGINE,
    "synth/engine/claims.py": _ENGINE,
    "synth/engine/plan.py": _ENGINE,
    "synth/engine/clashes.py": _ENGINE,
    "synth/engine/commit.py": [
        "tests/engine/test_run_events.py",
        "tests/plugins/test_mistakes.py",
        "tests/cli/test_failures.py",
    ],
    "synth/config/recipe.py": [
        "tests/test_python_api.py",
        "tests/config/test_recipe.py",
        "tests/cli/test_broken_plugins.py",
        "tests/test_bad_configs.py",
        "tests/config/catalog",
    ],
    "synth/tables/digest.py": ["tests/tables/test_digest.py", "tests/test_golden.py"],
}


def sample(count: int, seed: int) -> list[Mutant]:
    """So many of all mutants, each as likely as any other, in no order: an early end has asked of every module."""
    every = [mutant for path in TESTS for mutant in mutants_of(ROOT, path)]
    return random.Random(seed).sample(every, min(count, len(every)))


def _preload() -> None:
    """What every child needs of others' code: a fork has it at once."""
    import faker
    import hydra
    import pandas
    import pyarrow.compute
    import pyarrow.parquet
    import pydantic
    import pytest

    assert all((faker, hydra, pandas, pyarrow, pydantic, pytest))


def _ask(copy: Path, tests: list[str]) -> None:
    """Runs tests in a copy of the tree; the exit code is theirs."""
    import pytest

    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    with (copy / "answer.txt").open("w") as answer:
        os.dup2(answer.fileno(), 1)
        os.dup2(answer.fileno(), 2)
    os.environ["PYTHONPATH"] = str(copy)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("synth", "tests")]:
        del sys.modules[name]
    options = ["-x", "-q", "-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    os._exit(int(pytest.main([*options, *tests])))


def _take_copy(copies: "multiprocessing.queues.SimpleQueue[Path]") -> None:
    """Gives a process its own copy of the tree, in which it works."""
    os.chdir(copies.get())


def survives(mutant: Mutant) -> bool:
    """Whether no test sees a mutant, in the copy of this process."""
    file = Path.cwd() / mutant.path
    source = file.read_text(encoding="utf-8")
    file.write_text(mutant.apply(source), encoding="utf-8")
    try:
        return _passes(TESTS[mutant.path])
    finally:
        file.write_text(source, encoding="utf-8")


def _passes(tests: list[str]) -> bool:
    child = multiprocessing.get_context("fork").Process(target=_ask, args=(Path.cwd(), tests))
    child.start()
    child.join(_LONGEST_S)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode == 0


def _copy(place: Path) -> Path:
    skipped = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "runs", ".*_cache")
    shutil.copytree(ROOT, place, ignore=skipped, symlinks=True)
    return place


def main() -> int:
    """Asks, writes the list, and fails where more than one in twenty survives, or one without a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    reasons = dict(re.findall(r"^survived (.+?)  # (.+)$", LIST.read_text(), re.MULTILINE)) if LIST.exists() else {}
    mutants = sample(args.count, args.seed)
    _preload()
    with tempfile.TemporaryDirectory() as place:
        fork = multiprocessing.get_context("fork")
        copies = fork.SimpleQueue()
        for job in range(args.jobs):
            copies.put(_copy(Path(place, str(job))))
        # Children are forked by processes that have no threads: a lock that another thread holds would stay locked.
        with ProcessPoolExecutor(args.jobs, fork, _take_copy, (copies,)) as pool:
            suites = list({tuple(tests): tests for tests in TESTS.values()}.values())
            for suite, well in zip(suites, pool.map(_passes, suites), strict=True):
                if not well:
                    sys.exit(f"without any mutant these fail: {' '.join(suite)}")
            lines = []
            for mutant, survived in zip(mutants, pool.map(survives, mutants), strict=True):
                reason = reasons.get(str(mutant), "") if survived else ""
                lines.append(f"{'survived' if survived else 'killed'} {mutant}" + (f"  # {reason}" if reason else ""))
                print(lines[-1], flush=True)
    lines.sort(key=lambda line: line.partition(" ")[2])
    LIST.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    survivors = [line for line in lines if line.startswith("survived")]
    unexplained = [line for line in survivors if "  # " not in line]
    print(f"{len(lines)} mutants, {len(survivors)} survive, {len(unexplained)} of them without a reason")
    return 1 if unexplained or len(survivors) * 20 > len(lines) else 0


if __name__ == "__main__":
    sys.exit(main())
