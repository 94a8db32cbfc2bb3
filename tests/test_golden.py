"""Tiny runs keep their digests: a refactor may not change a byte of anybody's data.

NumPy keeps the streams of its bit generators, but not those of every distribution, from one version to the next (NEP
19). A difference is therefore told together with the version that the digests come from.
"""

from pathlib import Path

import pytest

from tests.golden.measure import measure, numpy_version, read_golden
from tests.golden.runs import RUNS

GOLDEN = read_golden()


def test_every_run_has_its_digest_and_no_two_share_one() -> None:
    assert list(GOLDEN["runs"]) == list(RUNS)
    assert len({run["digest"] for run in GOLDEN["runs"].values()}) == len(RUNS) >= 8


@pytest.mark.parametrize("name", RUNS)
def test_the_digest_stays(name: str, tmp_path: Path) -> None:
    told = f"the digests come from NumPy {GOLDEN['numpy']}, this is NumPy {numpy_version()}"
    assert measure(RUNS[name], tmp_path) == GOLDEN["runs"][name], told
