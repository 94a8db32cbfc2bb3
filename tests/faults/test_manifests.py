"""Manifests that were changed by accident or on purpose: every reader says so in one line, none breaks."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synth
from synth.check.manifest import short
from synth.check.reader import open_output
from synth.check.records import read_records
from synth.check.stats import measure
from synth.check.verify import verify
from synth.config.catalog import Catalog, load_catalog
from synth.contracts.output import digest_of_manifest
from synth.errors import RefusedError, SynthError
from synth.leaks import lint
from tests.faults.commands import FULL
from tests.faults.mutate import as_bytes, broken, mutated, nearby, paths, put

TINY = ("generator.transactions=120", "population.cards=30", "block_rows=60", "timeline.end=2022-01-08")
FRAUD = ("scenario=card_chain", "scenario.card_chain.ratio=0.1")
INPUTS = 100_000 if FULL else 500
#: Of so many inputs one is also given to those readers that look at rows, whatever the manifest says.
EVERY = 4

#: Where a manifest says what its files do not: nobody can tell from the output that it was changed.
UNTOLD = ("synth", "versions", "plugins", "sink", "signals", "stream")
#: What a column's entry says in words, or of how its texts may be held.
WORDS = ("doc", "enumerated", "quoted", "categories", "given", "never_fraud")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run; tests change its manifest, and nothing else."""
    path = tmp_path_factory.mktemp("manifests") / "out"
    synth.run(*TINY, *FRAUD, "sink=csv", f"sink.csv.uri={path}")
    return path


@pytest.fixture
def manifest(place: Path) -> Iterator[Path]:
    """The file, put back afterwards."""
    [file] = place.rglob("_manifest.json")
    before = file.read_bytes()
    yield file
    file.write_bytes(before)


def sealed(content: Any) -> Any:
    """A forgery: with the digest of what it says now, where it has one."""
    if isinstance(content, dict):
        content["sha256"] = digest_of_manifest(content)
    return content


def complaint(error: SynthError) -> str:
    """What is wrong with an error's words; empty where they will do."""
    told = str(error)
    return "" if told and "\n" not in told and len(told) < 1_500 else f"{type(error).__name__}: {told[:300]!r}"


def test_no_changed_manifest_breaks_a_reader(place: Path, manifest: Path, catalog: Catalog) -> None:
    text = manifest.read_bytes()
    content = json.loads(text)
    readers = {
        "stats": lambda: measure(str(place), catalog=catalog),
        "lint": lambda: lint(read_records(str(place), catalog)),
        "open": lambda: [open_output(str(place), catalog).to_pandas(name) for name in content["tables"]],
    }
    faults, told = [], 0
    for number in range(INPUTS):
        rng = random.Random(f"manifest {number}")
        data = as_bytes(sealed(mutated(content, rng))) if rng.random() < 0.2 else broken(text, rng)
        if data is None:
            continue
        manifest.write_bytes(data)
        asked = {"verify": lambda: verify(str(place), catalog=catalog)}
        for name, read in (asked | readers if number % EVERY == 0 else asked).items():
            try:
                read()
            except SynthError as error:
                told += 1
                faults += [f"{number}: {name}: {complaint(error)}"] if complaint(error) else []
            except Exception as error:  # noqa: BLE001 — each is a fault, and all of them are shown
                faults.append(f"{number}: {name}: {type(error).__name__}: {short(str(error))}")
    assert not faults, "\n".join(faults[:20])
    assert told > INPUTS / 2


def test_a_forgery_with_a_digest_of_its_own_is_told(place: Path, manifest: Path, catalog: Catalog) -> None:
    """Every single value that the output can disprove, changed to one of the same type, and the digest made again."""
    content = json.loads(manifest.read_bytes())
    rng = random.Random("forgeries")
    places = [path for path in paths(content) if path and path[0] not in (*UNTOLD, "sha256") and not {*WORDS} & {*path}]
    missed = []
    for path in places if FULL else rng.sample(places, 50):
        value = content
        for key in path:
            value = value[key]
        changed = put(content, path, nearby(copy.deepcopy(value), rng))
        if changed == content or isinstance(value, dict):
            continue
        manifest.write_bytes(as_bytes(sealed(changed)) or b"")
        try:
            if not verify(str(place), catalog=catalog).failed:
                missed.append(path)
        except SynthError:
            pass
    assert not missed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("counts", "fraud"), 13),
        (("tables", "transactions", "rows"), 121),
        (("tables", "labels", "digest"), "0" * 64),
        (("tables", "labels", "files"), []),
        (("tables", "labels", "columns", 0, "role"), "observable"),
        (("recipe", "seed"), 124),
        (("fingerprint",), "0" * 64),
        (("digest",), "0" * 64),
    ],
)
def test_forgeries_that_somebody_may_try(
    path: tuple[str | int, ...], value: Any, place: Path, manifest: Path, catalog: Catalog
) -> None:
    manifest.write_bytes(as_bytes(sealed(put(json.loads(manifest.read_bytes()), path, value))) or b"")
    assert verify(str(place), catalog=catalog).failed


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a":' * 100_000, "is not JSON: maximum recursion depth exceeded"),
        (b"\xff\xfe", "is not JSON: "),
        (b'{"a": "\\ud800"}', "is not JSON: "),
        (b"[]", "is not one of synth: its content"),
        (b'{"format": 99999}', "has format 99999, newer than 2: upgrade synth to read it"),
    ],
)
def test_what_is_no_manifest_is_told_in_words(data: bytes, told: str, place: Path, manifest: Path) -> None:
    manifest.write_bytes(data)
    for read in (synth.open, synth.verify, synth.stats, synth.lint):
        with pytest.raises(RefusedError) as caught:
            read(str(place))
        assert told in str(caught.value)


def test_a_type_that_is_none_is_named_by_its_path(place: Path, manifest: Path) -> None:
    path = ("tables", "labels", "columns", 0, "type")
    manifest.write_bytes(as_bytes(sealed(put(json.loads(manifest.read_bytes()), path, "in64"))) or b"")
    with pytest.raises(RefusedError, match=r"tables\.labels\.columns\.0\.type: Value error, No type alias for in64"):
        synth.verify(str(place))
