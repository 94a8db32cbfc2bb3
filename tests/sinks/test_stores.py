"""The store contract, against a directory, moto and Ceph alike; every result is read back by another route."""

import hashlib
import pickle
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.contracts.store import Staged, Store
from synth.errors import RefusedError, RunError
from synth.sinks.places import LocalPlace, RunFolder, S3Place, parse_uri, run_folder
from synth.sinks.stores import open_store
from tests.sinks.places import Directory, Place, Prefix

PARTS = ["transactions/part-00000.csv", "transactions/part-00001.csv"]
NAMES = [*PARTS, "episodes.csv"]
MIB = 1 << 20


@pytest.fixture(
    params=["directory", "moto", pytest.param("ceph", marks=[pytest.mark.server, pytest.mark.xdist_group("ceph")])]
)
def place(request, tmp_path: Path, monkeypatch) -> Place:
    """An empty place that does not exist yet, as far as a place can."""
    if request.param == "directory":
        return Directory(tmp_path / "out" / "raw")
    found = request.getfixturevalue(request.param)
    server = found if request.param == "moto" else found.server
    for key, value in server.environ().items():
        monkeypatch.setenv(key, value)
    return Prefix(server, "contract")


def stage(store: Store, name: str, *pieces: bytes) -> Staged:
    upload = store.create(name)
    for piece in pieces:
        upload.write(piece)
    return upload.close()


def begin(
    place: Place, names: Sequence[str] = NAMES, *, overwrite: bool = False, run_folder: RunFolder = "auto"
) -> Store:
    store = open_store(place.uri, run_folder=run_folder)
    store.check(names, overwrite=overwrite)
    store.start()
    return store


def make_run(place: Place, files: dict[str, bytes], manifest: bytes = b"{}", replaced: Sequence[str] = ()) -> None:
    store = begin(place, list(files), overwrite=bool(replaced))
    store.publish([stage(store, name, content) for name, content in files.items()], manifest, replaced=replaced)


def pattern(size: int) -> bytes:
    """Bytes of which no two stretches are alike, so that a part in the wrong place shows."""
    return b"".join(hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(size // 32 + 1))[:size]


class TestWriting:
    def test_publishes_what_was_written(self, place):
        store = begin(place)
        big = pattern(21 * MIB + 7)
        staged = [stage(store, PARTS[0], big[: 9 * MIB], big[9 * MIB :]), stage(store, PARTS[1], b"b")]
        staged.append(stage(store, "episodes.csv"))
        store.publish(staged, b'{"run": 1}', replaced=[])
        assert place.files() == {
            PARTS[0]: big,
            PARTS[1]: b"b",
            "episodes.csv": b"",
            "_manifest.json": b'{"run": 1}',
        }
        assert [(s.name, s.bytes) for s in staged] == [(PARTS[0], len(big)), (PARTS[1], 1), ("episodes.csv", 0)]
        assert staged[0].sha256 == hashlib.sha256(big).hexdigest()
        assert staged[2].sha256 == hashlib.sha256(b"").hexdigest()
        assert place.staging() == []

    def test_takes_every_kind_of_buffer(self, place):
        store = begin(place)
        upload = store.create("episodes.csv")
        numbers = memoryview(bytes(range(16))).cast("q")
        for data in (b"bytes", bytearray(b"array"), memoryview(b"..view..")[2:6], pa.py_buffer(b"arrow"), numbers, b""):
            upload.write(data)
        staged = upload.close()
        store.publish([staged], b"{}", replaced=[])
        assert place.files()["episodes.csv"] == b"bytesarrayviewarrow" + bytes(range(16))

    def test_lets_the_caller_reuse_a_buffer(self, place):
        store = begin(place)
        upload = store.create("episodes.csv")
        buffer = bytearray(9 * MIB)
        for value in (1, 2, 3):
            buffer[:] = bytes([value]) * len(buffer)
            upload.write(buffer)
        store.publish([upload.close()], b"{}", replaced=[])
        assert place.files()["episodes.csv"] == b"".join(bytes([v]) * len(buffer) for v in (1, 2, 3))

    def test_shows_nothing_before_publish(self, place):
        store = begin(place)
        upload = store.create("episodes.csv")
        upload.write(pattern(17 * MIB))
        staged = [stage(store, PARTS[0], b"a"), upload.close()]
        assert place.files() == {}
        assert store.list_files() == {}
        assert store.read_manifest() is None
        store.discard(staged)

    def test_writes_several_files_at_once(self, place):
        names = [f"transactions/part-{i:05}.csv" for i in range(8)]
        store = begin(place, names)
        content = pattern(9 * MIB)
        with ThreadPoolExecutor(4) as pool:
            staged = list(pool.map(lambda name: stage(store, name, content, name.encode()), names))
        store.publish(staged, b"{}", replaced=[])
        assert place.files() == {name: content + name.encode() for name in names} | {"_manifest.json": b"{}"}

    def test_a_pickled_copy_writes_for_the_driver(self, place):
        store = begin(place)
        worker = pickle.loads(pickle.dumps(store))
        kept = pickle.loads(pickle.dumps(stage(worker, PARTS[0], b"kept")))
        dropped = stage(worker, PARTS[1], b"dropped")
        worker.discard([dropped])
        store.publish([kept], b"{}", replaced=[])
        assert place.files() == {PARTS[0]: b"kept", "_manifest.json": b"{}"}
        assert place.staging() == []

    def test_a_file_made_twice_counts_once(self, place):
        store = begin(place)
        lost = store.create(PARTS[0])
        lost.write(b"lost with its worker")
        again = stage(store, PARTS[0], b"again")
        lost.write(b"or not quite")
        lost.abort()
        stage(store, PARTS[0], b"never told to the driver")
        store.publish([again], b"{}", replaced=[])
        assert place.files() == {PARTS[0]: b"again", "_manifest.json": b"{}"}
        assert place.staging() == []

    @pytest.mark.parametrize(
        "name", ["../x", "/x", "a//b", "a/../../x", ".synth-x/y", "_manifest.json", "", ".", "a\\b"]
    )
    def test_no_name_leaves_the_place(self, place, name):
        store = open_store(place.uri)
        with pytest.raises(RefusedError, match="cannot be the name"):
            store.check([name], overwrite=False)
        store = begin(place)
        with pytest.raises(RefusedError, match="cannot be the name"):
            store.create(name)
        store.discard([])


class TestTakingBack:
    def test_discard_leaves_nothing(self, place, tmp_path):
        store = begin(place)
        staged = [stage(store, PARTS[0], pattern(9 * MIB))]
        aborted = store.create(PARTS[1])
        aborted.write(pattern(17 * MIB))
        aborted.abort()
        aborted.abort()
        open_still = store.create("episodes.csv")
        open_still.write(pattern(17 * MIB))
        assert place.staging() != []
        store.discard(staged)
        assert place.files() == {}
        assert place.staging() == []
        assert list(tmp_path.iterdir()) == []
        store.discard(staged)
        open_still.abort()

    def test_discard_after_publish_changes_nothing(self, place):
        store = begin(place)
        staged = [stage(store, name, b"x") for name in NAMES]
        store.publish(staged, b"{}", replaced=[])
        before = place.files()
        store.discard(staged)
        assert place.files() == before

    def test_an_interrupt_while_writing_is_taken_back(self, place):
        def interrupt(*_):
            raise KeyboardInterrupt

        store = begin(place)
        upload = store.create("episodes.csv")
        usual = signal.signal(signal.SIGALRM, interrupt)
        try:
            with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal may come anywhere in here
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                while True:
                    upload.write(bytes(MIB))
        finally:
            signal.signal(signal.SIGALRM, usual)
        store.discard([])
        upload.abort()
        assert place.files() == {}
        assert place.staging() == []

    def test_a_publish_that_failed_is_taken_back(self, place):
        names = [f"transactions/part-{i:05}.csv" for i in range(12)]
        store = begin(place, names)
        staged = [stage(store, name, b"x") for name in names]
        place.spoil(names[7])
        with pytest.raises(RunError, match="cannot publish to") as failure:
            store.publish(staged, b"{}", replaced=[])
        assert "\n" not in str(failure.value)
        assert "_manifest.json" not in place.files()
        store.discard(staged)
        assert place.files() == {}
        assert place.staging() == []

    def test_the_dead_leave_nothing_visible_and_the_next_cleans_up(self, place):
        script = f"""
store = open_store(uri); store.check({NAMES}, overwrite=False); store.start()
upload = store.create({PARTS[0]!r})
for i in range(60):
    upload.write(bytes(1 << 20))
    if i == 35: print("under way", flush=True)
sys.stdin.read()
"""
        with place.spawn(script) as process:
            assert process.stdout.readline() == "under way\n"
            process.kill()
        assert place.files() == {}
        assert place.staging() != []
        make_run(place, {PARTS[1]: b"alive"})
        assert place.files() == {PARTS[1]: b"alive", "_manifest.json": b"{}"}
        assert place.staging() == []


class TestOccupied:
    @pytest.mark.parametrize(
        ("there", "named"),
        [
            ("_manifest.json", "already holds a run"),
            ("episodes.csv", "already holds episodes.csv"),
            ("transactions/part-00099.parquet", "already holds transactions/part-00099.parquet"),
        ],
    )
    def test_a_place_in_use_is_refused(self, place, there, named):
        place.put(there, b"old")
        store = open_store(place.uri)
        with pytest.raises(RefusedError, match=named) as refused:
            store.check(NAMES, overwrite=False)
        assert place.uri in str(refused.value)
        assert "--overwrite replaces it, or choose another uri" in str(refused.value)
        store.check(NAMES, overwrite=True)
        assert place.files() == {there: b"old"}

    def test_other_files_are_no_hindrance_and_stay(self, place):
        place.put("episodes.csv.bak", b"mine")
        place.put("transactions/readme", b"mine")
        make_run(place, dict.fromkeys(NAMES, b"new"))
        assert place.files()["episodes.csv.bak"] == place.files()["transactions/readme"] == b"mine"

    def test_the_check_leaves_no_trace(self, place, tmp_path):
        open_store(place.uri).check(NAMES, overwrite=False)
        assert place.files() == {}
        assert place.staging() == []
        assert list(tmp_path.iterdir()) == []

    def test_overwrite_replaces_the_whole_run(self, place):
        old = {f"transactions/part-{i:05}.csv": b"old" for i in range(5)} | {"labels.csv": b"old"}
        make_run(place, old, b"old")
        place.put("notes.txt", b"mine")
        assert open_store(place.uri).read_manifest() == b"old"
        make_run(place, {PARTS[0]: b"new", PARTS[1]: b"new"}, b"new", replaced=[*old, "_manifest.json"])
        assert place.plain() == {PARTS[0]: b"new", PARTS[1]: b"new", "notes.txt": b"mine", "_manifest.json": b"new"}
        assert len(place.files()) == 4

    def test_each_run_may_have_a_folder_of_its_own(self, place):
        """The first one, too; a run without one takes theirs away. In a directory a link leads to it."""
        folders = []
        rounds: list[tuple[bytes, RunFolder]] = [(b"first", "always"), (b"second", "always"), (b"third", "never")]
        for text, how in rounds:
            store = begin(place, NAMES, overwrite=True, run_folder=how)
            store.publish([stage(store, name, text) for name in NAMES], text, replaced=[])
            folders.append(run_folder(place.files()))
            names = [folders[-1] + name for name in NAMES]
            assert place.files() == {**dict.fromkeys(names, text), "_manifest.json": text}
            if isinstance(place, Directory):
                assert (place.path / "_current").is_symlink() == (how == "always")
                assert how == "never" or (place.path / "_current").resolve().name == folders[-1].rstrip("/")
            assert place.staging() == []
        assert len({*folders}) == 3
        assert folders[2] == ""

    def test_overwrite_clears_up_after_a_publish_that_died(self, place):
        for i in range(5):
            place.put(f"transactions/part-{i:05}.csv", b"half a run without a manifest")
        store = begin(place, [PARTS[0]], overwrite=True)
        store.publish([stage(store, PARTS[0], b"new")], b"new", replaced=[])
        assert place.plain() == {PARTS[0]: b"new", "_manifest.json": b"new"}
        assert len(place.files()) == 2

    def test_a_manifest_cannot_name_files_elsewhere_for_removal(self, place, tmp_path):
        (tmp_path / "precious").write_text("mine")
        store = begin(place)
        staged = [stage(store, PARTS[0], b"x")]
        with pytest.raises(RefusedError, match="cannot be the name"):
            store.publish(staged, b"{}", replaced=["../../precious"])
        store.discard(staged)
        assert (tmp_path / "precious").exists()

    @pytest.mark.parametrize("step", ["first file", "manifest"])
    def test_a_death_while_publishing_leaves_the_old_run_or_the_new_one(self, place, step):
        make_run(place, dict.fromkeys(NAMES, b"old"), b"old")
        script = f"""
import os, signal
def die(event, values):
    if event == "os.rename": text = os.path.basename(values[0])
    elif event == "http.client.send": text = bytes(values[1]).split(b"\\r\\n")[0].decode("latin-1")
    else: return
    first = "part-00001" in text and (event == "os.rename" or text.startswith("POST"))
    last = "_manifest.json" in text and (event == "os.rename" or text.startswith("PUT"))
    if {{"first file": first, "manifest": last}}[{step!r}]: os.kill(os.getpid(), signal.SIGKILL)
store = open_store(uri); store.check({NAMES}, overwrite=True); store.start()
staged = []
for name in {NAMES}:
    upload = store.create(name); upload.write(b"new"); staged.append(upload.close())
sys.addaudithook(die)
store.publish(staged, b"new", replaced={NAMES})
"""
        with place.spawn(script) as process:
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        store = open_store(place.uri)
        manifest = store.read_manifest()
        assert manifest in (b"old", b"new")
        folder = run_folder(place.files()) if manifest == b"new" else ""
        for name in NAMES:
            with store.open_reader(folder + name) as reader:
                assert reader.read() == manifest
        with pytest.raises(RefusedError, match="already holds a run"):
            open_store(place.uri).check(NAMES, overwrite=False)
        make_run(place, dict.fromkeys(NAMES, b"again"), b"again", replaced=NAMES)
        assert place.plain() == dict.fromkeys([*NAMES, "_manifest.json"], b"again")
        assert len(place.files()) == len(NAMES) + 1
        assert place.staging() == []


class TestReading:
    def test_an_empty_place_holds_nothing(self, place):
        store = open_store(place.uri)
        assert store.read_manifest() is None
        assert store.list_files() == {}
        with pytest.raises(RefusedError, match=r"cannot read episodes\.csv in"):
            store.open_reader("episodes.csv")

    def test_lists_and_reads_the_visible_files(self, place):
        content = pattern(3 * MIB)
        make_run(place, {PARTS[0]: content, "episodes.csv": b""}, b"{ }")
        store = open_store(place.uri)
        assert store.list_files() == {"episodes.csv": 0, "_manifest.json": 3, PARTS[0]: len(content)}
        assert store.read_manifest() == b"{ }"
        with store.open_reader(PARTS[0]) as reader:
            assert reader.read(5) == content[:5]
            assert reader.seek(-7, 2) == len(content) - 7
            assert reader.read() == content[-7:]
            assert reader.seek(MIB) == reader.tell() == MIB
            assert reader.read() == content[MIB:]
        with store.open_reader("episodes.csv") as reader:
            assert reader.read() == b""

    def test_a_reader_serves_pyarrow(self, place):
        table = pa.table({"amount": pa.array(range(200_000))})
        target = pa.BufferOutputStream()
        pq.write_table(table, target, row_group_size=50_000)
        make_run(place, {"t.parquet": target.getvalue().to_pybytes()})
        with open_store(place.uri).open_reader("t.parquet") as reader:
            assert pq.read_table(reader).equals(table)


class TestUris:
    def test_a_path_is_a_directory(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", "/home/somebody")
        assert parse_uri("out/raw") == LocalPlace("out/raw", tmp_path / "out" / "raw")
        assert parse_uri("~/raw") == LocalPlace("/home/somebody/raw", Path("/home/somebody/raw"))

    @pytest.mark.parametrize(
        ("uri", "bucket", "prefix"),
        [
            ("s3://bucket", "bucket", ""),
            ("s3://bucket/", "bucket", ""),
            ("S3://my-bucket.x/raw/2022/", "my-bucket.x", "raw/2022"),
        ],
    )
    def test_s3_is_a_bucket_and_a_prefix(self, uri, bucket, prefix):
        place = parse_uri(uri)
        assert place == S3Place(f"s3://{bucket}/{prefix}".rstrip("/"), bucket, prefix)
        assert place.name(place.key("a/b")) == "a/b"

    @pytest.mark.parametrize(
        "uri",
        [
            *("", " ", "a\0b", "s3://", "s3:///raw", "s3:/bucket/raw", "s3:bucket", "s3://bu cket/x", "s3://ab"),
            *("gs://bucket/raw", "http://host/raw", "file:///tmp", "s3://bucket/a/../b", "s3://bucket//a//b"),
            *("s3://user:hunter2@bucket/x", "ftp://user:hunter2@host/x"),
        ],
    )
    def test_anything_else_is_refused(self, uri):
        with pytest.raises(RefusedError, match="s3://bucket/prefix") as refused:
            parse_uri(uri)
        assert "\n" not in str(refused.value)
        assert "hunter2" not in str(refused.value)

    def test_no_uri_but_s3_loads_boto3(self, tmp_path):
        script = "open_store(sys.argv[1] + '/x'); print('boto3' in sys.modules or 'botocore' in sys.modules)"
        with Directory(tmp_path).spawn(script) as process:
            assert process.communicate()[0] == "False\n"


def test_stores_end_their_threads(place):
    before = threading.active_count()
    make_run(place, dict.fromkeys(NAMES, b"x"))
    assert threading.active_count() == before
