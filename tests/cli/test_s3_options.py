"""What objects are put into a bucket with: read back from moto's server, and demanded by a policy at Ceph's."""

import json
import os
import typing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.session import get_session

from synth.config.catalog import load_catalog
from synth.sinks import s3_options
from synth.sinks.s3_options import S3Options
from tests.cli.commands import TINY, Answer, synth
from tests.servers import CEPH_KMS_KEY, Ceph, S3Server
from tests.sinks.places import Prefix

pytestmark = pytest.mark.xdist_group("ceph")

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

#: A sink's name → the options that it takes, in the words of a recipe.
ENCRYPTED = {"encryption": "aws:kms", "kms_key": KEY, "bucket_key": "true"}
EVERYTHING = {**ENCRYPTED, "acl": "bucket-owner-full-control", "storage_class": "STANDARD_IA"}

SINKS = {
    "csv": EVERYTHING,
    "jsonl": EVERYTHING,
    "parquet": EVERYTHING,
    "duckdb": EVERYTHING,
    "pickles": EVERYTHING,
    "delta": ENCRYPTED,
    "iceberg": EVERYTHING,
}


def run(place: Prefix, sink: str, options: dict[str, str], *words: str, cwd: Path) -> Answer:
    said = [f"sink.{sink}.s3.{key}={value}" for key, value in options.items()]
    said += [f"+sink.{sink}.s3.tags={{team: fraud, cost centre: 'a b=c'}}"] if "acl" in options else []
    chosen = [f"sink={sink}", f"sink.{sink}.uri={place.uri}", "timeline.end=2022-01-08"]
    chosen += [f"sink.iceberg.catalog=sqlite:///{cwd}/catalog.db"] if sink == "iceberg" else []
    return synth("run", *TINY, *chosen, *said, *words, cwd=cwd, env=place.environ())


def require_put_with(place: Prefix, options: dict[str, str], *, least: int) -> None:
    """Heads every object below the place."""
    names = [f"{place.prefix}/{name}" for name in place.files()]
    assert len(names) >= least
    for key in names:
        head = place.client.head_object(Bucket=place.bucket, Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)
        if "-" not in head["ETag"]:  # of what came in parts moto does not keep it
            assert head["BucketKeyEnabled"] is True
        if "acl" in options:
            assert head["StorageClass"] == "STANDARD_IA"
            tags = place.client.get_object_tagging(Bucket=place.bucket, Key=key)["TagSet"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "fraud", "cost centre": "a b=c"}


@pytest.fixture
def place(moto: S3Server) -> Prefix:
    return Prefix(moto, f"put-{os.urandom(6).hex()}")


def test_every_sink_that_takes_them_is_here() -> None:
    catalog = load_catalog()
    specs = {kind: catalog.find("sink", kind) for kind in catalog.names("sink")}
    takes = {kind for kind, spec in specs.items() if spec and "s3" in spec.config.__dataclass_fields__}
    assert takes == set(SINKS)


@pytest.mark.parametrize("sink", SINKS)
def test_every_object_of_a_run_is_put_with_them(sink: str, place: Prefix, tmp_path: Path) -> None:
    answer = run(place, sink, SINKS[sink], cwd=tmp_path)
    assert (answer.code, answer.said()) == (0, [])
    require_put_with(place, SINKS[sink], least=3)
    again = run(place, sink, SINKS[sink], "--overwrite", "seed=2", cwd=tmp_path)
    assert (again.code, again.said()) == (0, [])
    require_put_with(place, SINKS[sink], least=3)
    assert synth("verify", place.uri, cwd=tmp_path, env=place.environ()).code == 0


def test_what_a_part_leaves_is_put_with_them(place: Prefix, tmp_path: Path) -> None:
    answer = run(place, "parquet", EVERYTHING, "--parts", "2", "--part", "0", cwd=tmp_path)
    assert (answer.code, answer.said()) == (0, [])
    require_put_with(place, EVERYTHING, least=3)  # recipe, families and receipts


def test_the_words_are_those_of_s3() -> None:
    model: Any = get_session().create_client("s3", region_name="us-east-1").meta.service_model
    words = {"ServerSideEncryption": s3_options.Encryption, "ObjectCannedACL": s3_options.Acl}
    for shape, ours in words.items():
        assert set(typing.get_args(ours)) <= set(model.shape_for(shape).enum)
    assert set(s3_options.ASLEEP) <= set(model.shape_for("StorageClass").enum)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["sink.csv.s3.acl=private"],
            "sink.csv.s3 is of objects in a bucket, and sink 'csv' goes to the run directory",
        ),
        (
            ["sink.csv.uri=s3://bucket/x", "sink.csv.s3.kms_key=alias/mine"],
            "allowed: with encryption: aws:kms, or null",
        ),
        (["sink.csv.uri=s3://bucket/x", "sink.csv.s3.bucket_key=true"], "sink.csv.s3.bucket_key: a bucket's own key"),
        (["sink.csv.uri=s3://bucket/x", "sink.csv.s3.storage_class=DEEP_ARCHIVE"], "cannot be read at once"),
        (["sink.csv.uri=s3://bucket/x", f"+sink.csv.s3.tags.team={'x' * 257}"], "'team' cannot be a tag"),
        (
            ["sink.csv.uri=s3://bucket/x", "+sink.csv.s3.tags={team: 'a&b'}"],
            "'team' cannot be a tag with the value 'a&b'",
        ),
        (["sink.csv.uri=s3://bucket/x", "sink.csv.s3.encryption=aws:km"], "did you mean 'aws:kms'?"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    answer = synth("validate", "sink=csv", *words, cwd=tmp_path)
    assert answer.code == 2
    assert told in answer.err


def test_nothing_said_sends_nothing() -> None:
    client: Any = Mock()
    S3Options().apply(client)
    assert client.mock_calls == []
    S3Options(acl="private").apply(client)
    assert len(client.mock_calls) == 1


@pytest.mark.server
@pytest.mark.parametrize(
    ("sink", "more", "told"),
    [
        ("parquet", (), "or what it demands of objects, and say it in s3 of the sink"),
        ("iceberg", ("*.metadata.json", "*.avro"), "ACCESS_DENIED"),
    ],
)
def test_a_bucket_that_demands_encryption(
    sink: str, more: tuple[str, ...], told: str, ceph: Ceph, tmp_path: Path
) -> None:
    """Ceph holds such a condition against objects that are put whole alone: the policy names two of each run, and more
    of Iceberg's own.
    """
    place = Prefix(ceph.server, f"strict-{os.urandom(6).hex()}")
    demand = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": [f"arn:aws:s3:::{place.bucket}/*/{name}" for name in (".synth-*", "README.md", *more)],
        "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [demand]})
    place.client.put_bucket_policy(Bucket=place.bucket, Policy=policy)
    refused = run(place, sink, {}, cwd=tmp_path)
    assert refused.code != 0
    assert told in refused.one_line()
    assert (place.files(), place.staging()) == ({}, [])

    options = {"encryption": "aws:kms", "kms_key": CEPH_KMS_KEY}
    for words in ([], ["--overwrite", "seed=2"]):
        answer = run(place, sink, options, *words, cwd=tmp_path)
        assert answer.code == 0, answer.err
    for name in place.files():
        head = place.client.head_object(Bucket=place.bucket, Key=f"{place.prefix}/{name}")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", CEPH_KMS_KEY)
    assert synth("verify", place.uri, cwd=tmp_path, env=place.environ()).code == 0
