"""Parts of a run, made in any order and several times by processes that know nothing of each other, are the run."""

import random
import shutil
from pathlib import Path

import pytest

from tests.faults.commands import FULL
from tests.faults.forks import Forks, digests
from tests.faults.test_resume import CLAIMS, CLICKS, IN_FOLDERS, points
from tests.servers import S3Server
from tests.sinks.places import Prefix

PARTS = 10 if FULL else 4
ONE = (*CLAIMS, "sink.parquet.uri=out/p")
TWO = (
    *CLAIMS,
    "sink=[csv,parquet]",
    "sink.csv.uri=out/p",
    "sink.csv.layout=parts",
    "sink.parquet.uri=out/q",
    IN_FOLDERS,
)
KINDS = {"two sinks": TWO, "clicks": (*CLICKS, "sink.parquet.uri=out/p")}


def whole(forks: Forks, recipe: tuple[str, ...], place: Path) -> dict[str, str]:
    """The files of one run, and nothing left of it."""
    done = forks.run("run", *recipe, cwd=place)
    assert done.code == 0, done.text
    files = digests(place / "out")
    shutil.rmtree(place / "out")
    return files


def part(number: int, parts: int = PARTS) -> tuple[str, ...]:
    return "--parts", str(parts), "--part", str(number)


@pytest.mark.parametrize("recipe", KINDS.values() if FULL else [TWO], ids=KINDS if FULL else ["two sinks"])
def test_parts_in_any_order_some_twice_some_killed_are_one_run(forks, recipe, tmp_path):
    files, rng = whole(forks, recipe, tmp_path), random.Random(4)
    order = rng.sample(range(PARTS), PARTS)
    for number in order:
        killed = forks.run("run", *recipe, *part(number), cwd=tmp_path, at=rng.randint(2, 12))
        assert killed.killed or killed.code == 0, killed.text
    early = forks.run("commit", "out/p", cwd=tmp_path)
    assert early.code == 3, early.text
    assert "missing" in early.text
    for number in [*reversed(order), order[0]]:
        done = forks.run("run", *recipe, *part(number), cwd=tmp_path)
        assert done.code == 0, done.text
    assert not any("/.synth-" not in name for name in digests(tmp_path))
    committed = forks.run("commit", "out/p", cwd=tmp_path)
    assert committed.code == 0, committed.text
    assert digests(tmp_path / "out") == files
    again = forks.run("commit", "out/p", cwd=tmp_path)
    assert (again.code, "is complete" in again.text) == (3, True)


def test_a_commit_that_is_killed_before_it_publishes_is_made_again(forks, tmp_path):
    files = whole(forks, ONE, tmp_path)
    for number in range(2):
        assert forks.run("run", *ONE, *part(number, 2), cwd=tmp_path).code == 0
    shutil.copytree(tmp_path / "out", tmp_path / "kept")
    changes = forks.run("commit", "out/p", cwd=tmp_path).changes
    for at in points(changes):
        shutil.rmtree(tmp_path / "out")
        shutil.copytree(tmp_path / "kept", tmp_path / "out")
        assert forks.run("commit", "out/p", cwd=tmp_path, at=at).killed
        done = forks.run("commit", "out/p", cwd=tmp_path)
        assert done.code == 0, done.text
        assert digests(tmp_path / "out") == files


def test_a_commit_names_what_is_missing_and_what_is_damaged_of_every_sink(forks, tmp_path):
    files = whole(forks, TWO, tmp_path)
    assert forks.run("run", *TWO, *part(0, 1), cwd=tmp_path).code == 0
    receipts = sorted((tmp_path / "out" / "p").glob(".synth-*/receipts/0*"))
    for path in receipts[1:4]:
        path.unlink()
    staged = next((tmp_path / "out" / "q").glob(".synth-*/transactions/**/part-00005*"))
    staged.write_bytes(b"nothing")
    refused = forks.run("commit", "out/q", cwd=tmp_path)
    assert refused.code == 3
    assert "sink 'csv': 3 blocks missing (1-3)" in refused.text
    name = f"transactions{staged.as_posix().partition('/transactions')[2].rpartition('.')[0]}"
    assert f"sink 'parquet': block 5: damaged: {name} is gone or damaged" in refused.text
    assert "synth run --resume" in refused.text
    done = forks.run("run", "--resume", "out/q", cwd=tmp_path)
    assert done.code == 0, done.text
    assert digests(tmp_path / "out") == files


def test_the_task_of_a_batch_system_is_its_part(forks, tmp_path):
    for number in range(2):
        variable = ("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX")[number]
        task = forks.near({variable: str(number)})
        done = task.run("run", *ONE, "--parts", "2", "--part", "env", cwd=tmp_path)
        assert done.code == 0, done.text
    assert forks.run("commit", "out/p", cwd=tmp_path).code == 0
    unset = forks.run("run", *ONE, "--parts", "2", "--part", "env", cwd=tmp_path)
    assert (unset.code, "neither SLURM_ARRAY_TASK_ID nor" in unset.text) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--parts", "2"), 2, "--parts N and --part K need each other"),
        (("--parts", "2", "--part", "2"), 2, "counted from 0 to 1"),
        (("--parts", "2", "--part", "0", "sink=[csv,parquet]", "sink.csv.uri=out/c"), 2, "sink.csv.layout=parts"),
        (("--parts", "2", "--part", "0", "sink.parquet.uri=null"), 2, "parts need a place that they share"),
        (("--parts", "2", "--part", "0", "-m"), 2, "leave out -m"),
        (("--resume", "out/p", "--dry-run"), 2, "leave out --dry-run"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(forks, tmp_path, words, code, why):
    refused = forks.run("run", *ONE, *words, cwd=tmp_path)
    assert (refused.code, why in refused.text) == (code, True), refused.text
    assert digests(tmp_path) == {}


def test_parts_of_another_recipe_are_refused_where_one_has_begun(forks, tmp_path):
    assert forks.run("run", *ONE, *part(0), cwd=tmp_path).code == 0
    other = forks.run("run", *ONE, "seed=9", *part(1), cwd=tmp_path)
    assert other.code == 3
    assert "seed: 123 there, 9 here" in other.text


def test_a_part_that_fails_leaves_its_finished_blocks(forks, tmp_path):
    whole(forks, ONE, tmp_path)
    found = 0
    for at in range(8, 200, 8 if FULL else 24):
        if not forks.run("run", *ONE, *part(0, 1), cwd=tmp_path, at=at).killed:
            break
        now = len(list((tmp_path / "out" / "p").glob(".synth-*/receipts/0*")))
        assert now >= found
        found = now
    assert found


@pytest.fixture(scope="module")
def bucket(moto: S3Server) -> Prefix:
    return Prefix(moto, "faults")


def empty(place: Prefix) -> None:
    """Takes away all that is visible; nothing else may be there."""
    assert place.staging() == []
    for name in place.files():
        place.client.delete_object(Bucket=place.bucket, Key=f"{place.prefix}/{name}")


class TestInABucket:
    @pytest.fixture
    def recipe(self, bucket) -> tuple[str, ...]:
        return (*CLAIMS, f"sink.parquet.uri={bucket.uri}")

    @pytest.fixture
    def forks(self, forks, moto) -> Forks:
        return forks.near(moto.environ())

    @pytest.fixture
    def wanted(self, forks, recipe, bucket, tmp_path) -> tuple[dict[str, bytes], int]:
        done = forks.run("run", *recipe, cwd=tmp_path)
        assert done.code == 0, done.text
        files = bucket.files()
        assert not any(name.startswith(".synth-") for name in files)
        empty(bucket)
        return files, done.changes

    def test_a_killed_run_is_finished_by_the_place_alone(self, forks, recipe, bucket, wanted, tmp_path):
        files, changes = wanted
        for at in points(changes)[:: 7 if FULL else 1]:
            killed = forks.run("run", *recipe, cwd=tmp_path, at=at)
            if killed.killed:
                assert not [name for name in bucket.files() if not name.startswith(".synth-")]
                begun = any(name.endswith("recipe.json") for name in bucket.files())
                words = ["run", "--resume", bucket.uri] if begun else ["run", *recipe]
                done = forks.run(*words, cwd=tmp_path)
                assert done.code == 0, f"killed before change {at}: {done.text}"
            assert bucket.files() == files, f"killed before change {at}"
            empty(bucket)

    def test_parts_are_one_run_and_lost_uploads_are_made_again(self, forks, recipe, bucket, wanted, tmp_path):
        files, _ = wanted
        for number in (2, 0, 1):
            done = forks.run("run", *recipe, *part(number, 3), cwd=tmp_path)
            assert done.code == 0, done.text
        bucket.spoil("transactions/part-00003.parquet")
        refused = forks.run("commit", bucket.uri, cwd=tmp_path)
        assert (refused.code, "block 3: damaged" in refused.text) == (3, True), refused.text
        done = forks.run("run", *recipe, *part(1, 3), cwd=tmp_path)
        assert done.code == 0, done.text
        assert "block 0000003 is made again" in done.text
        done = forks.run("commit", bucket.uri, cwd=tmp_path)
        assert done.code == 0, done.text
        assert bucket.files() == files
        empty(bucket)

    def test_clean_aborts_what_belongs_to_it_and_nothing_else(self, forks, recipe, bucket, tmp_path):
        assert forks.run("run", *recipe, *part(0, 2), cwd=tmp_path).code == 0
        bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key=f"{bucket.prefix}/mine")
        assert forks.run("clean", bucket.uri, cwd=tmp_path).code == 0
        assert bucket.files() == {}
        assert bucket.staging() == [f"{bucket.prefix}/mine"]
        bucket.spoil("mine")
