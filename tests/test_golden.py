"""Tiny runs keep their digests: a refactor may not change a byte of anybody's data.

NumPy keeps the streams of its bit generators, but not those of every distribution, from one version to the next (NEP
19); Faker's values differ from one version to the next. A difference is therefore told together with the versions that
the digests come from.
"""

from pathlib import Path

import pytest

from tests.golden.measure import measure, read_golden, versions
from tests.golden.runs import RUNS

GOLDEN = read_golden()


def test_every_run_has_its_digest_and_no_two_share_one() -> None:
    assert list(GOLDEN["runs"]) == list(RUNS)
    assert len({run["digest"] for run in GOLDEN["runs"].values()}) == len(RUNS) >= 8


@pytest.mark.parametrize("name", RUNS)
def test_the_digest_stays(name: str, tmp_path: Path) -> None:
    told = f"the digests come from { ({key: GOLDEN[key] for key in versions()}) }, this is {versions()}"
    assert measure(RUNS[name], tmp_path) == GOLDEN["runs"][name], told
