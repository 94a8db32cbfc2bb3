"""Work that runs ahead comes in order, fails in its turn, and stops when nobody wants it."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from synth.stream.ahead import ahead


def test_results_come_in_order() -> None:
    assert list(ahead(iter(range(1000)), 3, "count")) == list(range(1000))


def test_it_is_ahead_by_so_many_and_no_more() -> None:
    made: list[int] = []
    enough = threading.Event()

    def work() -> Iterator[int]:
        for number in itertools.count():
            made.append(number)
            if number == 4:
                enough.set()
            yield number

    results = ahead(work(), 3, "count")
    assert next(results) == 0
    assert enough.wait(10), "three in the queue, one in the hand"
    assert len(made) == 5
    results.close()
    assert len(made) <= 6
    assert not [thread for thread in threading.enumerate() if thread.name == "count"]


def test_a_failure_comes_where_its_result_would_have_been() -> None:
    def work() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    results = ahead(work(), 5, "fail")
    assert next(results) == 1
    with pytest.raises(ValueError, match="broken"):
        next(results)


def test_closing_closes_what_it_runs() -> None:
    closed = threading.Event()

    def work() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.set()

    results = ahead(work(), 1, "close")
    next(results)
    results.close()
    assert closed.is_set()
