"""Asks the tests of each mutant of synth's heart whether they see it: ``make mutants``.

A seeded sample of all one-line mutants of the modules in ``TESTS`` is made one by one in a copy of the tree. A mutant
is killed when its tests fail, or take longer than ``_LONGEST_CPU_S``. Each answer goes to ``mutants.txt`` beside this
file at once, so that a run that is cut off goes on where it was: asked again are mutants of a module that has changed
since, and surviving ones without a reason. The reason is what somebody writes behind one, after a #: why no test has to
see it.
"""

import argparse
import compileall
import hashlib
import multiprocessing
import multiprocessing.queues
import os
import py_compile
import re
import resource
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.mutation.mutate import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.txt")
_LONGEST_CPU_S = 400
_LONGEST_WALL_S = 4 * _LONGEST_CPU_S
_ENGINE = [
    "tests/engine/test_plan.py",
    "tests/engine/test_block.py",
    "tests/engine/test_inject.py",
    "tests/test_golden.py",
    "tests/injectors/test_card_chain.py",
    "tests/generators/test_own_columns.py",
    "tests/injectors/test_claims.py",
    "tests/generators/spending/test_completion.py::test_claims_are_authorised_again_and_can_be_put_back",
    "tests/test_reporting.py",
    "tests/test_promises.py",
    "tests/cli/test_broken_plugins.py",
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
        "tests/config/test_recipe.py",
        "tests/test_bad_configs.py",
        "tests/test_python_api.py",
        "tests/config/catalog",
        "tests/plugins/test_asleep.py::test_a_recipe_that_uses_it_gets_one_error_with_the_cure",
        "tests/cli/test_broken_plugins.py",
        "tests/generators/test_own_columns.py",
    ],
    "synth/tables/digest.py": ["tests/tables/test_digest.py", "tests/test_golden.py"],
}


def sample(count: int, seed: int) -> list[Mutant]:
    """So many of all mutants, each as likely as any other, in no order: an early end has asked of every module.

    Each draws a lot of its own: what changes in one module takes no mutant of another out of the sample.
    """
    every = [mutant for path in TESTS for mutant in mutants_of(ROOT, path)]
    return sorted(every, key=lambda mutant: hashlib.sha256(f"{seed} {mutant}".encode()).digest())[:count]


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

    resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST_CPU_S, _LONGEST_CPU_S))
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
    child.join(_LONGEST_WALL_S)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode == 0


def _copy(place: Path) -> Path:
    skipped = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "runs", ".*_cache")
    shutil.copytree(ROOT, place, ignore=skipped, symlinks=True)
    # Compiled once, and taken only where the source is the same: times of files are too coarse to tell.
    compileall.compile_dir(place / "synth", quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    return place


class Answers:
    """What was answered so far, kept in a file."""

    def __init__(self, mutants: list[Mutant]) -> None:
        text = LIST.read_text(encoding="utf-8") if LIST.exists() else ""
        self._reasons = dict(re.findall(r"^survived (.+?)  # (.+)$", text, re.MULTILINE))
        digests = dict(re.findall(r"^# (\S+) (\w+)$", text, re.MULTILINE))
        answered = {*re.findall(r"^killed (.+)$", text, re.MULTILINE), *self._reasons}
        #: Mutant → whether it survives.
        self.survived = {
            mutant: str(mutant) in self._reasons
            for mutant in mutants
            if str(mutant) in answered and digests.get(mutant.path) == _digest(mutant.path)
        }

    def add(self, mutant: Mutant, survived: bool) -> None:
        """Takes an answer, and writes all of them."""
        self.survived[mutant] = survived
        print(self._line(mutant), flush=True)
        heads = [f"# {path} {_digest(path)}" for path in TESTS]
        LIST.write_text("\n".join([*heads, *map(self._line, sorted(self.survived)), ""]), encoding="utf-8")

    def unexplained(self) -> list[Mutant]:
        """Those that survive without a reason."""
        return [mutant for mutant, survived in self.survived.items() if survived and str(mutant) not in self._reasons]

    def _line(self, mutant: Mutant) -> str:
        if not self.survived[mutant]:
            return f"killed {mutant}"
        reason = self._reasons.get(str(mutant), "")
        return f"survived {mutant}" + (f"  # {reason}" if reason else "")


def _digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]


def _ask_all(mutants: list[Mutant], jobs: int, answers: Answers) -> None:
    """Asks the tests of each mutant; ends where they fail without any."""
    _preload()
    with tempfile.TemporaryDirectory() as place:
        fork = multiprocessing.get_context("fork")
        copies = fork.SimpleQueue()
        for job in range(jobs):
            copies.put(_copy(Path(place, str(job))))
        # Children are forked by processes that have no threads: a lock that another thread holds would stay locked.
        with ProcessPoolExecutor(jobs, fork, _take_copy, (copies,)) as pool:
            suites = list({tuple(tests): tests for tests in TESTS.values()}.values())
            for suite, well in zip(suites, pool.map(_passes, suites), strict=True):
                if not well:
                    sys.exit(f"without any mutant these fail: {' '.join(suite)}")
            asked = {pool.submit(survives, mutant): mutant for mutant in mutants}
            for done in as_completed(asked):
                answers.add(asked[done], done.result())


def main() -> int:
    """Asks, writes the list, and fails where more than one in twenty survives, or one without a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    mutants = sample(args.count, args.seed)
    answers = Answers(mutants)
    if unanswered := [mutant for mutant in mutants if mutant not in answers.survived]:
        _ask_all(unanswered, args.jobs, answers)
    survivors = sum(answers.survived.values())
    unexplained = answers.unexplained()
    print(f"{len(answers.survived)} mutants, {survivors} survive, {len(unexplained)} of them without a reason")
    return 1 if unexplained or survivors * 20 > len(answers.survived) else 0


if __name__ == "__main__":
    sys.exit(main())
