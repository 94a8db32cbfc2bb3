"""A run that replaces another one: whatever dies or fails in its commit, a reader sees one of the two, whole.

With ``SYNTH_FAULTS=full`` every sink that is declared, 80 kills each; else two for one of each way to publish.
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
from tests.faults.commands import FULL, SQLITE
from tests.faults.commit_kills import (
    HEAD,
    KILLS,
    Place,
    at_changes,
    changes_of,
    fail,
    kill,
    kill_often,
    places,
    row,
    sample,
)
from tests.faults.forks import Forks
from tests.faults.kinds import kinds, specs
from tests.plugins.postgres_server import missing_postgres
from tests.servers import S3Server
from tests.sinks.places import Prefix

FEW = 2
KINDS = kinds()

#: One of each way to publish; the others are for ``make faults``.
SHORT = (
    "csv",
    "csv, in partitions",
    "csv and parquet",
    "delta",
    "parquet, a folder a run",
    "parquet on S3",
    "postgres",
)

pytestmark = pytest.mark.xdist_group("commit")


@pytest.fixture(scope="module")
def bench(forks: Forks) -> Iterator[Mapping[str, Place]]:
    """Places by the name of what writes there."""
    wanted = [kind for kind in KINDS if FULL or kind.name in SHORT]
    with places(wanted, forks) as each:
        yield {place.name: place for place in each}


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config) -> Iterator[list[str]]:
    """The lines of a table that is printed at the end."""
    lines = [HEAD]
    yield lines
    pytestconfig.get_terminal_writer().line("\n" + "\n".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("name", [kind.name for kind in KINDS if FULL or kind.name in SHORT])
def test_a_killed_run_leaves_the_old_run_or_the_new_one(
    name: str, bench: Mapping[str, Place], table: list[str]
) -> None:
    if name == "postgres":
        require(missing_postgres())
    place = bench[name]
    found = kill_often(place, KILLS) if FULL else kill(place, at_changes(sample(FEW, changes_of(place))))
    table.append(row(name, found))
    assert found.faults == []
    assert found.tried


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("name", [kind.name for kind in KINDS if kind.local and (FULL or kind.name == "csv")])
def test_a_call_that_fails_leaves_the_old_run(name: str, calls: int, bench: Mapping[str, Place]) -> None:
    place = bench[name]
    points = sample(KILLS if FULL else FEW, changes_of(place))
    assert fail(place, points, calls).faults == []


@pytest.mark.slow
def test_a_growing_file_that_is_begun_anew_is_the_old_run_the_new_one_or_none(forks: Forks, tmp_path: Path) -> None:
    """Its files have the names of the earlier ones: the manifest goes first, so that nobody takes them for a run."""
    recipe = ("generator.transactions=300", "population.cards=60", "timeline.end=2022-01-10")
    words = ("run", "--quiet", "--overwrite", *recipe, "sink=jsonl_stream", f"sink.jsonl_stream.uri={tmp_path}/a")

    def look() -> str:
        return forks.run("look", str(SQLITE), "", f"{tmp_path}/a").text.strip()

    digests = []
    for seed in (2, 1):
        changes = forks.run(*words, f"seed={seed}", within="both").changes
        digests.append(look())
    seen = []
    for point in range(1, changes + 1) if FULL else sample(3, changes):
        assert forks.run(*words, "seed=2", at=point, within="both").killed
        seen.append({digests[1]: "old", digests[0]: "new"}.get(look(), look()))
        assert forks.run(*words, "seed=1").code == 0
        assert look() == digests[1]
    assert {*seen} <= {"old", "none", "new"}, seen
    assert {*seen} >= {"old", "none"}


def test_every_sink_that_replaces_a_run_is_killed() -> None:
    assert {"csv", "parquet", "jsonl", "duckdb", "sqlite", "postgres"} <= {*specs()}
    single = {kind.overrides[0].removeprefix("sink=") for kind in KINDS}
    assert {*specs()} <= single


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
