"""Whole runs into S3: moto's server for what it says, Ceph's gateway for what happens to keys and uploads."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.commands import CANARY, LONG, TINY, Answer, Process, finish, start, synth, tree, wait_until
from tests.servers import Ceph, S3Server
from tests.sinks.places import Prefix

pytestmark = pytest.mark.xdist_group("ceph")


@pytest.fixture
def place(moto: S3Server) -> Prefix:
    return Prefix(moto, f"cli-{os.urandom(6).hex()}")


@pytest.fixture
def strict_place(ceph: Ceph) -> Prefix:
    return Prefix(ceph.server, f"cli-{os.urandom(6).hex()}")


_BESIDE = ("README.md", "_manifest.json", "episodes.csv", "labels.csv")


def run(place: Prefix, *words: str, cwd: Path) -> Answer:
    return synth("run", *words, cwd=cwd, env=place.environ())


FORMATS = {
    "csv": ["sink=csv"],
    "csv parts": ["sink=csv", "sink.csv.layout=parts"],
    "jsonl parts": ["sink=jsonl", "sink.jsonl.layout=parts"],
    "parquet": ["sink=parquet"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_into_s3_equals_the_local_one(name: str, place: Prefix, tmp_path: Path) -> None:
    sink = name.split()[0]
    remote = run(place, *TINY, *FORMATS[name], f"sink.{sink}.uri={place.uri}", "--json", cwd=tmp_path)
    assert (remote.code, remote.err) == (0, "")
    assert remote.envelope["data"]["places"] == {sink: place.uri}
    assert tree(tmp_path) == {}
    local = synth("run", *TINY, *FORMATS[name], f"sink.{sink}.uri=out", "--json", cwd=tmp_path)
    assert remote.envelope["data"]["digest"] == local.envelope["data"]["digest"]
    assert place.files() == {p: (tmp_path / "out" / p).read_bytes() for p in place.files()}
    assert len(place.files()) == len([p for p in (tmp_path / "out").rglob("*") if p.is_file()])
    assert place.staging() == []


def test_verify_refuse_and_overwrite(place: Prefix, tmp_path: Path) -> None:
    words = [*TINY, "sink=csv", f"sink.csv.uri={place.uri}"]
    assert run(place, *words, cwd=tmp_path).code == 0
    before = place.files()
    verified = synth("verify", place.uri, "--json", cwd=tmp_path, env=place.environ())
    assert (verified.code, verified.err) == (0, "")
    assert all(check["ok"] is not False for check in verified.envelope["data"]["checks"])

    refused = run(place, *words, "seed=2", cwd=tmp_path)
    assert (refused.code, refused.out) == (3, "")
    assert f"{place.uri} already holds a run" in refused.one_line()
    assert place.files() == before

    assert run(place, *words, "seed=2", "--overwrite", cwd=tmp_path).code == 0
    after = place.files()
    [folder] = {name.partition("/")[0] + "/" for name in after if name.startswith("_run-")}
    assert {name.removeprefix(folder) for name in after} == set(before)
    assert not set(before) & {name for name in after if name != "_truth/_manifest.json"}

    rows = f"{folder}transactions.csv"
    place.put(rows, after[rows].replace(b"1", b"2", 1))
    spoiled = synth("verify", place.uri, cwd=tmp_path, env=place.environ())
    assert spoiled.code == 1
    assert "FAILED" in spoiled.out
    assert spoiled.one_line().startswith(f"error: {place.uri}: ")


def test_the_notebook_fills_its_folder_and_its_bucket(moto: S3Server, tmp_path: Path) -> None:
    """A SageMaker session's bucket bears the account's number, which STS tells."""
    bucket = "sagemaker-us-east-1-123456789012"
    moto.client().create_bucket(Bucket=bucket)
    words = ["experiment=notebook", "+sink=csv_s3", "generator.transactions=3000", "block_rows=1000"]
    answer = synth("run", *words, "--overwrite", "--json", cwd=tmp_path, env=moto.environ())
    assert (answer.code, answer.err) == (0, "")
    assert answer.envelope["data"]["places"] == {"csv": "data/raw", "csv_s3": f"s3://{bucket}/raw"}
    local = (tmp_path / "data" / "raw" / "transactions.csv").read_bytes()
    assert local.startswith(b"tid,datetime,cc_num,amount,fraud_label\n")
    assert moto.client().get_object(Bucket=bucket, Key="raw/transactions.csv")["Body"].read() == local


def test_the_notebooks_bucket_without_a_region(tmp_path: Path) -> None:
    answer = synth("validate", "+sink=csv_s3", cwd=tmp_path)
    assert answer.code == 2
    assert "'sink.csv_s3.uri' cannot be resolved: no AWS region; set AWS_DEFAULT_REGION" in answer.err


def wait_for_upload(place: Prefix, process: Process) -> None:
    """Returns when parts of the table have arrived."""

    def has_parts() -> bool:
        tables = [(key, upload) for key, upload in place.uploads().items() if key.endswith("transactions.csv")]
        return any(
            place.client.list_parts(Bucket=place.bucket, Key=key, UploadId=upload).get("Parts")
            for key, upload in tables
        )

    wait_until(has_parts, process)


@pytest.mark.server
def test_a_run_killed_in_an_upload_leaves_nothing_behind_the_next_one(strict_place: Prefix, tmp_path: Path) -> None:
    place = strict_place
    with start("run", *LONG, f"sink.csv.uri={place.uri}", cwd=tmp_path, env=place.environ()) as process:
        wait_for_upload(place, process)
        process.kill()
        finish(process)
    assert place.files() == {}
    assert place.staging() != []

    words = [*TINY, "sink=csv", f"sink.csv.uri={place.uri}", "--json"]
    answer = run(place, *words, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert place.staging() == []
    files = place.files()
    manifest = json.loads(files["_truth/_manifest.json"])
    assert sorted(files) == [*(f"_truth/{name}" for name in _BESIDE), "transactions.csv"]
    assert files["transactions.csv"].count(b"\n") == manifest["counts"]["transactions"] + 1
    assert synth("verify", place.uri, cwd=tmp_path, env=place.environ()).code == 0


@pytest.mark.server
def test_a_run_interrupted_in_an_upload_leaves_nothing(strict_place: Prefix, tmp_path: Path) -> None:
    place = strict_place
    with start("run", *LONG, f"sink.csv.uri={place.uri}", cwd=tmp_path, env=place.environ()) as process:
        wait_for_upload(place, process)
        process.terminate()
        answer = finish(process)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == "error: interrupted: nothing was written"
    assert (place.files(), place.staging()) == ({}, [])


@pytest.mark.server
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"secret_key": CANARY}, "check AWS_SECRET_ACCESS_KEY"),
        ({"access_key": "NOBODY", "secret_key": CANARY}, "the access key is unknown there"),
    ],
    ids=["secret", "key"],
)
def test_a_wrong_key_is_told_in_one_line(
    change: dict[str, str], told: str, strict_place: Prefix, tmp_path: Path
) -> None:
    wrong = replace(strict_place.server, **change)
    words = [*TINY, "sink=csv", f"sink.csv.uri={strict_place.uri}"]
    for flags in ([], ["--dry-run"], ["--json"]):
        answer = synth("run", *words, *flags, cwd=tmp_path, env=wrong.environ())
        assert answer.code == 3
        assert told in answer.one_line()
        assert CANARY not in answer.out + answer.err
    assert (strict_place.files(), strict_place.staging()) == ({}, [])
