"""What the tests of faults share: one process that has imported everything, which takes seconds."""

from collections.abc import Iterator

import pytest

from tests.faults.forks import Forks, forking


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Commands, each in a process of its own, in an environment that leads nowhere."""
    with forking() as forks:
        yield forks
