"""A run that is killed, again and again, and resumed leaves the bytes of one that nobody disturbed."""

import json
import random
import shutil
from pathlib import Path

import pytest

from tests.failing_sink import FAILING
from tests.faults.commands import FULL
from tests.faults.forks import Forks, digests

SMALL = ("generator.transactions=4000", "block_rows=500", "population.cards=200", "timeline.end=2022-02-01")
CLAIMS = ("scenario=[amount_threshold,card_chain]", "scenario.card_chain.ratio=0.02", "reporting=noisy", *SMALL)
PEOPLE = ("population.customers.number=400", "population.cards=480", "timeline.end=2022-01-06", "block_rows=300")
CLICKS = ("experiment=account_takeover", "scenario.account_takeover.ratio=0.02", *PEOPLE)

IN_FOLDERS = "sink.parquet.partition_by=[month,day]"

#: What is written → (recipe, sinks below the place).
KINDS = {
    "parquet": (*CLAIMS, "sink.parquet.uri=out/p"),
    "csv file": (*CLAIMS, "sink=csv", "sink.csv.uri=out/p"),
    "csv file gzip": (*CLAIMS, "sink=csv", "sink.csv.uri=out/p", "sink.csv.compression=gzip"),
    "jsonl parts": (*CLAIMS, "sink=jsonl", "sink.jsonl.uri=out/p", "sink.jsonl.layout=parts"),
    "two sinks": (*CLAIMS, "sink=[csv,parquet]", "sink.csv.uri=out/p", "sink.parquet.uri=out/q", IN_FOLDERS),
    "clicks": (*CLICKS, "sink.parquet.uri=out/p"),
    "clicks in csv": (*CLICKS, "sink=csv", "sink.csv.uri=out/p"),
}


#: One file, and files in partitions, claims and reports; the others are for ``make faults``.
SHORT = ("two sinks",)


@pytest.fixture(params=KINDS if FULL else SHORT)
def recipe(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return KINDS[request.param]


_WANTED: dict[tuple[str, ...], tuple[dict[str, str], int]] = {}


@pytest.fixture
def wanted(forks, recipe, tmp_path) -> tuple[dict[str, str], int]:
    """The files of an undisturbed run, made once a recipe, and how many things it changes before it commits."""
    if recipe not in _WANTED:
        done = forks.run("run", *recipe, cwd=tmp_path)
        assert done.code == 0, done.text
        _WANTED[recipe] = digests(tmp_path / "out"), done.changes
        shutil.rmtree(tmp_path / "out")
    return _WANTED[recipe]


def points(changes: int) -> list[int]:
    """Where runs are killed: everywhere, or at the ends and at some places between them."""
    every = list(range(1, changes + 1))
    return every if FULL else sorted({changes, *random.Random(3).sample(every, 1)})


def test_a_killed_run_is_finished_by_resume(forks, recipe, wanted, tmp_path):
    files, changes = wanted
    for at in points(changes):
        killed = forks.run("run", *recipe, cwd=tmp_path, at=at)
        if not killed.killed:
            assert killed.code == 0, killed.text  # threads: this time there were fewer
        else:
            assert not [name for name in digests(tmp_path) if "/.synth-" not in name], f"a reader sees some, {at}"
            resumed = forks.run("run", *recipe, "--resume", "out/p", cwd=tmp_path)
            assert resumed.code == 0, f"killed before change {at}: {resumed.text}"
        assert digests(tmp_path / "out") == files, f"killed before change {at}"
        shutil.rmtree(tmp_path / "out")


def test_killed_again_and_again_it_is_finished_by_the_place_alone(forks, recipe, wanted, tmp_path):
    files, _ = wanted
    rng = random.Random(5)
    kills, words = 0, ["run", *recipe]
    for _ in range(100 if FULL else 4):
        # Further on than one block, so that it comes to an end some day.
        killed = (
            forks.run(*words, cwd=tmp_path, at=rng.randint(12, 30))
            if rng.random() < 0.5
            else forks.run(*words, cwd=tmp_path, after=rng.uniform(0.02, 0.6))
        )
        if killed.killed:
            kills += 1
            begun = any((tmp_path / "out" / "p").glob(".synth-*/recipe.json"))
            words = ["run", "--resume", "out/p"] if begun else words
            continue
        assert killed.code == 0, killed.text
        assert digests(tmp_path / "out") == files
        shutil.rmtree(tmp_path / "out")
        words = ["run", *recipe]
    if (tmp_path / "out").exists():
        last = forks.run(*words, cwd=tmp_path)
        assert last.code == 0, last.text
        assert digests(tmp_path / "out") == files
    assert kills
    print(f"{kills} kills")


def run_to_the_middle(forks: Forks, recipe: tuple[str, ...], place: Path) -> int:
    """Leaves some finished blocks; returns how many."""
    for at in range(26, 400, 6):
        ended = forks.run("run", *recipe, cwd=place, at=at)
        assert ended.killed, ended.text
        found = len(list((place / "out" / "p").glob(".synth-*/receipts/0*")))
        if found >= 3:
            return found
    raise AssertionError("no block was finished")


class TestWhatIsThere:
    @pytest.fixture(params=["parquet", "csv file"] if FULL else ["csv file"])
    def recipe(self, request: pytest.FixtureRequest) -> tuple[str, ...]:
        return KINDS[request.param]

    def test_a_plain_run_joins_and_says_so(self, forks, recipe, wanted, tmp_path):
        found = run_to_the_middle(forks, recipe, tmp_path)
        done = forks.run("run", *recipe, cwd=tmp_path)
        assert done.code == 0, done.text
        assert f"going on with {found} of " in done.text
        assert digests(tmp_path / "out") == wanted[0]

    def test_another_recipe_is_refused_key_by_key_and_nothing_is_lost(self, forks, recipe, wanted, tmp_path):
        run_to_the_middle(forks, recipe, tmp_path)
        before = digests(tmp_path)
        other = forks.run("run", *recipe, "seed=7", "--resume", "out/p", cwd=tmp_path)
        assert other.code == 3
        assert "seed: 123 there, 7 here" in other.text
        assert digests(tmp_path) == before
        plain = forks.run("run", *recipe, "seed=7", cwd=tmp_path)
        assert plain.code == 0, plain.text
        assert "seed: 123 there, 7 here" in plain.text
        assert not any("/.synth-" in name for name in digests(tmp_path))

    def test_damage_is_found_and_made_again(self, forks, recipe, wanted, tmp_path):
        run_to_the_middle(forks, recipe, tmp_path)
        staged = sorted((tmp_path / "out" / "p").glob(".synth-*/transactions*"))[0]
        first = sorted(staged.iterdir())[0] if staged.is_dir() else staged
        first.write_bytes(b"X" + first.read_bytes()[1:])
        receipts = sorted((tmp_path / "out" / "p").glob(".synth-*/receipts/0*"))
        receipts[-1].write_bytes(receipts[-1].read_bytes()[:-9])
        done = forks.run("run", "--resume", "out/p", cwd=tmp_path)
        assert done.code == 0, done.text
        assert "made again" in done.text
        assert digests(tmp_path / "out") == wanted[0]

    def test_another_version_is_refused_by_resume_and_made_again_by_a_run(self, forks, recipe, wanted, tmp_path):
        run_to_the_middle(forks, recipe, tmp_path)
        for path in (tmp_path / "out" / "p").glob(".synth-*/receipts/0*"):
            make_older(path)
        refused = forks.run("run", "--resume", "out/p", cwd=tmp_path)
        assert refused.code == 3, refused.text
        assert "made with numpy 1.0.0" in refused.text
        done = forks.run("run", *recipe, cwd=tmp_path)
        assert done.code == 0, done.text
        assert "made again" in done.text
        assert digests(tmp_path / "out") == wanted[0]

    def test_clean_takes_it_away_and_names_it(self, forks, recipe, tmp_path):
        run_to_the_middle(forks, recipe, tmp_path)
        done = forks.run("clean", "out/p", cwd=tmp_path)
        assert done.code == 0, done.text
        assert "removed" in done.text
        assert digests(tmp_path) == {}
        nothing = forks.run("run", "--resume", "out/p", cwd=tmp_path)
        assert nothing.code == 3
        assert "holds no unfinished run" in nothing.text


def test_of_two_sinks_the_one_that_failed_follows(forks, tmp_path):
    fails = "if not __import__('os').path.exists('broken'):\n            return super().commit(manifest)\n        raise"
    plugin = FAILING.replace("place=True", "place=True, receipts=True").replace("raise", fails)
    (tmp_path / "failing.py").write_text(plugin)
    uris = ("sink.failing.uri=out/z", "sink.csv.uri=out/p", "sink=[csv,failing]")
    words = ("--plugin", "failing.py", "run", *CLAIMS, *uris)
    assert forks.run(*words, cwd=tmp_path).code == 0
    files = digests(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "broken").touch()
    failed = forks.run(*words, cwd=tmp_path)
    assert failed.code == 4, failed.text
    assert "finished blocks stay in out/z: synth run --resume out/z goes on" in failed.text
    (tmp_path / "broken").unlink()
    done = forks.run("--plugin", "failing.py", "run", "--resume", "out/z", cwd=tmp_path)
    assert done.code == 0, done.text
    assert digests(tmp_path / "out") == files


def make_older(path: Path) -> None:
    """Makes a receipt say that another version of numpy made it, as that version would have."""
    from synth.engine.receipts import _digest

    line, _, body = path.read_bytes().partition(b"\n")
    head = json.loads(line)
    del head["sha256"]
    head["versions"]["numpy"] = "1.0.0"
    path.write_bytes(json.dumps(head | {"sha256": _digest(head, body)}).encode() + b"\n" + body)


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        (("sink=csv", "sink.csv.uri=out/p", "sink.csv.compression=zstd"), "cannot go on where it stopped"),
        (("sink=csv", "sink.csv.uri=s3://bucket/p"), "one file in an object store cannot grow"),
        (("sink=jsonl_stream", "sink.jsonl_stream.uri=out/p"), "a sink of kind jsonl_stream keeps no blocks"),
        (("sink=stdout",), "a sink of kind stdout keeps no blocks"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(forks, tmp_path, overrides, why):
    words = ("run", *SMALL, *overrides)
    place = "s3://bucket/p" if "s3" in str(overrides) else "out/p"
    refused = forks.run(*words, "--parts", "2", "--part", "0", cwd=tmp_path)
    assert refused.code == 2, refused.text
    assert why in refused.text
    if "stdout" not in str(overrides):
        resumed = forks.run(*words, "--resume", place, cwd=tmp_path)
        assert resumed.code == 2, resumed.text
        assert why in resumed.text
    assert digests(tmp_path) == {}
