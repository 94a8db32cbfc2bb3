"""The local runner keeps the contract of ``synth.contracts.runner``."""

import threading
import time

import pytest

from synth.runners.local import LocalConfig, LocalRunner


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_results_come_in_block_order_however_long_a_block_takes(workers: int) -> None:
    def work(block: int) -> int:
        time.sleep(0.002 * (block % 3))
        return block * block

    assert list(LocalRunner(LocalConfig(workers=workers)).map(work, 20)) == [n * n for n in range(20)]


def test_at_most_workers_blocks_run_at_a_time_and_one_more_waits() -> None:
    lock = threading.Lock()
    running, begun = [0], []
    most = [0]

    def work(block: int) -> int:
        with lock:
            running[0] += 1
            begun.append(block)
            most[0] = max(most[0], running[0])
        time.sleep(0.005)
        with lock:
            running[0] -= 1
        return block

    for seen, block in enumerate(LocalRunner(LocalConfig(workers=3)).map(work, 30)):
        assert block == seen
        assert len(begun) <= seen + 1 + 3 + 1
    assert most[0] == 3


def test_no_blocks_no_results() -> None:
    assert list(LocalRunner(LocalConfig(workers=2)).map(lambda block: block, 0)) == []


def test_a_failure_is_raised_where_its_result_would_have_been() -> None:
    def work(block: int) -> int:
        if block == 2:
            raise ValueError("block 2")
        return block

    finished = LocalRunner(LocalConfig(workers=2)).map(work, 10)
    assert [next(finished), next(finished)] == [0, 1]
    with pytest.raises(ValueError, match="block 2"):
        next(finished)


def test_closing_stops_the_work() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def work(block: int) -> int:
        begun.append(block)
        time.sleep(0.01)
        ended.append(block)
        return block

    finished = LocalRunner(LocalConfig(workers=2)).map(work, 1000)
    next(finished)
    finished.close()  # type: ignore[attr-defined]
    after = len(begun)
    time.sleep(0.05)
    assert len(begun) == after < 10
    assert sorted(begun) == sorted(ended)


def test_all_cores_by_default() -> None:
    import os

    assert LocalRunner(LocalConfig(workers=None)).workers == len(os.sched_getaffinity(0))
