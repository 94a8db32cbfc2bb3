"""A disk that fills: the old run stays, the message is one line, and once there is room the next run is whole."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.commands import FULL, SQLITE, Ended
from tests.faults.forks import Forks
from tests.faults.kinds import Kind, kinds

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("full disk")]

RECIPE = ("scenario=card_chain", "population.cards=200", "generator.transactions=20000", "block_rows=4000")
LOCAL = [kind for kind in kinds() if kind.local]

#: Of the bytes that a run takes at most: how much room there is.
SHARES = (0.01, 0.1, 0.3, 0.6) if FULL else (0.1,)
_MOST_BYTES, _LARGE = 4 << 20, 256 << 20

#: One whose files come from Python, and one whose file comes from a library; the others are for ``make faults``.
SHORT = ("csv", "duckdb")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, which can be made larger or smaller."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def limit(disk: Path, size: int) -> None:
    """Gives the file system so many bytes in all."""
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def used(disk: Path) -> int:
    """Bytes of it that are taken."""
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


@pytest.mark.parametrize("kind", [k for k in LOCAL if FULL or k.name in SHORT], ids=lambda kind: kind.name)
def test_a_full_disk_leaves_what_was_there(kind: Kind, disk: Path, forks: Forks) -> None:
    words = [text.format(place=disk) for text in kind.overrides]
    uris = [text.format(place=disk) for text in kind.uris]

    def run(seed: int) -> Ended:
        return forks.run("run", "--plugin", str(SQLITE), "--quiet", "--overwrite", *RECIPE, f"seed={seed}", *words)

    def look() -> list[str]:
        return forks.run("look", str(SQLITE), "", *uris).text.strip().split("\n")

    empty = used(disk)
    for seed in (1, 2):  # with nothing there, and over a run
        before, taken = look(), used(disk)
        for share in SHARES:
            limit(disk, taken + int(_MOST_BYTES * share))
            ended = run(3)
            limit(disk, _LARGE)
            if ended.code == 0:  # what it takes differs by format
                assert share > SHARES[0]
                break
            assert ended.code in (1, 3), ended
            assert "Traceback" not in ended.text
            assert "internal error" not in ended.text
            assert look() == before, ended
        done = run(seed)
        assert done.code == 0, done
        assert len({*look()}) == 1
        assert ":" not in look()[0]
        assert not [*disk.rglob(".synth-*")]
    assert used(disk) > empty
