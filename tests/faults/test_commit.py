"""A run that replaces another one: whatever dies or fails in its commit, a reader sees one of the two, whole.

All kill points with ``SYNTH_FAULTS=full``; else a few of each stretch of a commit.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import synth
from synth.check.reader import open_output
from synth.contracts.store import Store
from synth.errors import RefusedError, RunError, VerifyError
from synth.sinks.journal import JOURNAL
from synth.sinks.places import run_folder
from synth.sinks.stores import open_store
from tests.conftest import require
from tests.faults.commands import FULL
from tests.faults.commit_kills import ALL, LOCAL, Place, changes_of, fail, kill, places, sample
from tests.plugins.postgres_server import missing_postgres
from tests.servers import S3Server
from tests.sinks.places import Prefix

FEW = 2
SHORT = ("csv", "parquet", "csv and parquet", "parquet on S3", "postgres")

pytestmark = pytest.mark.xdist_group("commit")


@pytest.fixture(scope="module")
def bench() -> Iterator[Mapping[str, Place]]:
    """Places by the name of what writes there."""
    with places(ALL) as each:
        yield {place.name: place for place in each}


def points(place: Place) -> list[int]:
    changes = changes_of(place)
    return list(range(1, changes + 1)) if FULL else sample(FEW, changes)


@pytest.mark.slow
@pytest.mark.parametrize("name", [sinks.name for sinks in ALL if FULL or sinks.name in SHORT])
def test_a_killed_commit_leaves_the_old_run_or_the_new_one(name: str, bench: Mapping[str, Place]) -> None:
    if name == "postgres":
        require(missing_postgres())
    found = kill(bench[name], points(bench[name]))
    assert found.faults == []
    assert found.points


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("name", [sinks.name for sinks in (LOCAL if FULL else LOCAL[:1])])
def test_a_call_that_fails_leaves_the_old_run(name: str, calls: int, bench: Mapping[str, Place]) -> None:
    assert fail(bench[name], points(bench[name]), calls).faults == []


def make(uri: str, seed: int, *, overwrite: bool = False) -> synth.RunResult:
    recipe = ("scenario=card_chain", "generator.transactions=2000", "population.cards=200", "sink=csv")
    return synth.run(*recipe, f"seed={seed}", f"sink.csv.uri={uri}", overwrite=overwrite)


def test_a_reader_of_the_old_run_is_told_that_another_one_is_there(tmp_path: Path) -> None:
    make(str(tmp_path), 1)
    old = open_output(str(tmp_path))
    assert len(old.to_pandas()) == 2000
    make(str(tmp_path), 2, overwrite=True)
    with pytest.raises(VerifyError, match=r"another run has taken the place of the one in .*: read it again"):
        old.to_pandas()


def test_a_reader_on_s3_is_told_so_too(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    place = prefix(moto, monkeypatch)
    make(place.uri, 1)
    old = open_output(place.uri)
    second = make(place.uri, 2, overwrite=True)
    with pytest.raises(VerifyError, match="another run has taken the place"):
        old.to_pandas()
    assert synth.verify(place.uri).ok
    assert all(name.startswith("_run-") or name == "_truth/_manifest.json" for name in place.files())
    folder = run_folder(place.files())
    assert f"{place.uri}/{folder}".rstrip("/") == second.folders["csv"]


def prefix(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> Prefix:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    return Prefix(moto, "commits")


def begun(place: Prefix, content: bytes, *, overwrite: bool) -> tuple[Store, list]:
    store = open_store(place.uri)
    store.check(["a.csv"], overwrite=overwrite)
    store.start()
    upload = store.create("a.csv")
    upload.write(content)
    return store, [upload.close()]


@pytest.mark.parametrize("overwrite", [False, True])
def test_of_two_that_publish_at_once_on_s3_one_wins(
    overwrite: bool, moto: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = prefix(moto, monkeypatch)
    if overwrite:
        store, staged = begun(place, b"old", overwrite=False)
        store.publish(staged, b"old", replaced=[])

    def attempt(content: bytes) -> bool:
        store, staged = stores[content]
        try:
            store.publish(staged, content, replaced=["a.csv"])
        except RunError:
            store.discard(staged)
            return False
        return True

    stores = {}
    for content in (b"one", b"two"):
        stores[content] = begun(place, content, overwrite=overwrite)
        monkeypatch.setattr(stores[content][0], "_sweep", lambda: None)  # what start() of the other one would take
        stores[content][0].read_manifest()
    with ThreadPoolExecutor(2) as pool:
        won = [content for content, ok in zip(stores, pool.map(attempt, stores), strict=True) if ok]
    assert len(won) == 1
    assert sorted(place.plain()) == ["_manifest.json", "a.csv"]
    assert {*place.files().values()} == {*won}


def test_a_journal_that_synth_did_not_write_is_refused(tmp_path: Path) -> None:
    make(str(tmp_path), 1)
    outside = '{"new": {"../x": ".synth-a/x"}, "old": {}, "staging": ".synth-a", "new_wins": true}'
    for text in ("[]", "no journal", outside, outside.replace("../x", "x").replace(".synth-a/x", "/etc/passwd")):
        (tmp_path / JOURNAL).write_text(text)
        with pytest.raises(RefusedError, match=r"holds a journal|cannot be the name"):
            synth.open(tmp_path)
