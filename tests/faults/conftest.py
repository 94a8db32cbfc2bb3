"""What the tests of faults share."""

import pytest

from tests.faults.forks import Forks


@pytest.fixture(scope="session")
def forks() -> Forks:
    """Commands, each in a process of its own, in an environment that leads nowhere."""
    return Forks()
