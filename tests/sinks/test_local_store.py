"""What only a directory can do wrong: be read-only, be full, belong to another run."""

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from synth.contracts.store import Staged, Store
from synth.errors import RefusedError, RunError
from synth.sinks.stores import open_store
from tests.sinks.places import Directory


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A function that mounts a fresh tmpfs with the given options."""
    point = tmp_path / "mount"
    point.mkdir()

    def mount_tmpfs(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            pytest.skip(f"a tmpfs cannot be mounted here: {answer.stderr.strip()}")
        unmount.callback(subprocess.run, ["umount", str(point)], check=True)
        return point

    with ExitStack() as unmount:
        yield mount_tmpfs


def test_a_directory_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for uri in (tmp_path / "file", tmp_path / "file" / "raw"):
        with pytest.raises(RefusedError, match="is not a directory; choose another uri"):
            open_store(str(uri)).check(["a.csv"], overwrite=False)


def test_a_read_only_directory_is_refused(mount):
    directory = mount("size=1m,ro")
    with pytest.raises(RefusedError, match="is not writable; choose another uri"):
        open_store(str(directory / "raw")).check(["a.csv"], overwrite=True)


def test_a_directory_that_cannot_be_made_is_refused():
    with pytest.raises(RefusedError, match="cannot write to /proc/synth") as refused:
        start(Path("/proc/synth"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("there", "wanted"), [("a.csv/x", "a.csv"), ("table", "table/part-00000.csv")])
def test_a_directory_in_place_of_a_file_is_refused_and_the_other_way_round(tmp_path, there, wanted):
    Directory(tmp_path).put(there, b"mine")
    with pytest.raises(RefusedError, match=r"it is a directory there|is a file; choose"):
        open_store(str(tmp_path)).check([wanted], overwrite=True)


def test_a_full_disk_is_one_line_and_leaves_nothing(mount):
    directory = mount("size=8m")
    store = open_store(str(directory / "raw"))
    store.check(["small.csv", "big.csv"], overwrite=False)
    store.start()
    small = store.create("small.csv")
    small.write(bytes(1 << 20))
    staged = [small.close()]
    big = store.create("big.csv")
    with pytest.raises(
        RunError, match=r"cannot write big\.csv to .*: No space left on device; [\d,]+ bytes are free"
    ) as e:
        big.write(bytes(16 << 20))
    assert "\n" not in str(e.value)
    assert "make room or choose another uri" in str(e.value)
    big.abort()
    store.discard(staged)
    assert list(directory.iterdir()) == []


def test_discard_keeps_directories_that_were_there(tmp_path):
    (tmp_path / "mine").mkdir()
    store = start(tmp_path / "mine" / "new" / "raw")
    store.discard([])
    assert [p.name for p in tmp_path.rglob("*")] == ["mine"]


def test_a_second_run_is_refused_while_the_first_one_lives(tmp_path):
    first = start(tmp_path)
    staged = write(first, "a.csv", b"first")
    with pytest.raises(RefusedError, match="another run is writing to"):
        start(tmp_path)
    first.publish([staged], b"{}", replaced=[])
    with pytest.raises(RefusedError, match="already holds a run"):
        start(tmp_path)
    assert Directory(tmp_path).files() == {"a.csv": b"first", "_manifest.json": b"{}"}
    assert Directory(tmp_path).staging() == []


def test_a_run_that_finished_since_the_check_is_not_replaced(tmp_path):
    late = open_store(str(tmp_path))
    late.check(["a.csv"], overwrite=False)
    early = start(tmp_path)
    early.publish([write(early, "a.csv", b"early")], b"{}", replaced=[])
    with pytest.raises(RefusedError, match="already holds a run"):
        late.start()
    assert Directory(tmp_path).staging() == []
    assert Directory(tmp_path).files()["a.csv"] == b"early"


def test_of_many_that_start_at_once_one_wins(tmp_path):
    place = tmp_path / "raw"

    def attempt(number: int) -> bool:
        try:
            store = start(place, overwrite=True)
        except RefusedError:
            return False
        store.publish([write(store, "a.csv", str(number).encode())], str(number).encode(), replaced=["a.csv"])
        return True

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(attempt, range(200)))
    files = Directory(place).files()
    assert files["a.csv"] == files["_manifest.json"]
    assert Directory(place).staging() == []


def start(directory: Path, *, overwrite: bool = False) -> Store:
    store = open_store(str(directory))
    store.check(["a.csv"], overwrite=overwrite)
    store.start()
    return store


def write(store: Store, name: str, content: bytes) -> Staged:
    upload = store.create(name)
    upload.write(content)
    return upload.close()
