"""A run takes no runner at its word."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import synth
from synth.errors import RunError
from synth.runners.order import run_in_block_order


@dataclass(frozen=True)
class Made:
    index: int


class Faulty:
    """Makes the blocks that it is told to."""

    workers = 1

    def __init__(self, order: list[int]) -> None:
        self.order = order

    def map(self, work: Callable[[int], Any], blocks: int) -> Iterator[Any]:
        for block in self.order:
            if block < 0:
                raise OSError("lost its\ncluster")
            yield work(block)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ([0, 1], "the runner Faulty ended after 2 of 3 blocks"),
        ([], "the runner Faulty ended after 0 of 3 blocks"),
        ([2, 1, 0], "the runner Faulty broke its order: block 2 came, not 0"),
        ([0, 1, 1, 2], "the runner Faulty broke its order: block 1 came, not 2"),
        ([0, 1, 2, 3], "the runner Faulty broke its order: block 3 came"),
        ([0, -1], "the runner Faulty failed: OSError: lost its cluster"),
    ],
)
def test_a_runner_that_breaks_its_contract_ends_the_run(order: list[int], told: str) -> None:
    with pytest.raises(RunError, match=told):
        list(run_in_block_order(Faulty(order), Made, 3))


def test_an_honest_runner_is_passed_through() -> None:
    assert [made.index for made in run_in_block_order(Faulty([0, 1, 2]), Made, 3)] == [0, 1, 2]


def test_nothing_of_a_faulty_runners_run_is_left(tmp_path: Path) -> None:
    from synth.cli.scaffold import write_module

    ((name, text),) = write_module("half_runner", "runner").items()
    (tmp_path / name).write_text(text.replace("range(blocks)", "range(blocks - 1)"))
    recipe = (
        "runner=half_runner",
        "generator.transactions=3000",
        "block_rows=1000",
        f"sink.parquet.uri={tmp_path}/out",
    )
    with pytest.raises(RunError, match="the runner HalfRunner ended after 2 of 3 blocks"):
        synth.run(*recipe, plugin_files=[tmp_path / name])
    assert not (tmp_path / "out").exists()
