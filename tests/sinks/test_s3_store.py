"""What only S3 can do wrong: refuse the credentials, lack the bucket, go away, keep pending uploads."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from synth.contracts.store import Staged, Store
from synth.errors import RefusedError, RunError
from synth.sinks import s3_files
from synth.sinks.stores import open_store
from tests.cli import commands
from tests.servers import Ceph, S3Server, free_port
from tests.sinks.places import Prefix

pytestmark = pytest.mark.xdist_group("ceph")

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch) -> None:
    for key in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(key, raising=False)


def enter(server: S3Server, monkeypatch, **changed: str) -> None:
    """Point the AWS settings of this process to the server."""
    for key, value in (server.environ() | changed).items():
        monkeypatch.setenv(key, value)


@pytest.fixture
def place(moto: S3Server, monkeypatch) -> Prefix:
    enter(moto, monkeypatch)
    return Prefix(moto, "uploads")


@pytest.fixture
def strict(ceph: Ceph, monkeypatch) -> Prefix:
    enter(ceph.server, monkeypatch)
    return Prefix(ceph.server, "uploads")


@dataclass(frozen=True)
class Gateway:
    """A second way into the same buckets, for the store alone: a test may kill it and start it again."""

    ceph: Ceph
    name: str
    server: S3Server

    def start(self) -> None:
        self.ceph.start_gateway(self.name, self.server)

    def kill(self) -> None:
        self.ceph.kill_gateway(self.name)


@pytest.fixture
def gateway(ceph: Ceph, strict: Prefix, monkeypatch) -> Iterator[Gateway]:
    server = S3Server(f"http://127.0.0.1:{free_port()}", ceph.server.access_key, ceph.server.secret_key)
    gateway = Gateway(ceph, f"mortal-{strict.prefix}", server)
    gateway.start()
    enter(server, monkeypatch)
    yield gateway
    gateway.kill()


def start(place: Prefix, *names: str, overwrite: bool = False) -> Store:
    store = open_store(place.uri)
    store.check(names, overwrite=overwrite)
    store.start()
    return store


def write(store: Store, name: str, content: bytes) -> Staged:
    upload = store.create(name)
    upload.write(content)
    return upload.close()


def refusal(uri: str) -> str:
    with pytest.raises(RefusedError) as refused:
        open_store(uri).check(["a.csv"], overwrite=False)
    message = str(refused.value)
    assert message.startswith((f"cannot write to {uri}: ", f"cannot reach {uri}: "))
    assert "\n" not in message
    return message


class TestRefusals:
    @pytest.mark.server
    @pytest.mark.parametrize(
        ("changed", "named"),
        [
            ({"AWS_SECRET_ACCESS_KEY": "hunter2"}, "the secret key is not the access key's"),
            ({"AWS_ACCESS_KEY_ID": "hunter2"}, "the access key is unknown there"),
        ],
    )
    def test_wrong_credentials(self, strict, ceph, monkeypatch, changed, named):
        enter(ceph.server, monkeypatch, **changed)
        message = refusal(strict.uri)
        assert named in message
        assert not any(secret in message for secret in ("hunter2", ceph.server.access_key, ceph.server.secret_key))

    @pytest.mark.server
    def test_a_bucket_of_somebody_else(self, strict, ceph, monkeypatch):
        ceph.add_user("stranger", "STRANGERKEY", "STRANGERSECRET")
        enter(ceph.server, monkeypatch, AWS_ACCESS_KEY_ID="STRANGERKEY", AWS_SECRET_ACCESS_KEY="STRANGERSECRET")
        assert "these credentials may not do ListObjectsV2 in bucket 'uploads'" in refusal(strict.uri)

    def test_a_missing_bucket(self, place):
        assert "bucket 'no-such-bucket' does not exist; create it" in refusal("s3://no-such-bucket/raw")

    @pytest.mark.server
    def test_a_missing_bucket_on_ceph(self, strict):
        assert "bucket 'no-such-bucket' does not exist; create it" in refusal("s3://no-such-bucket/raw")

    def test_no_credentials(self, place, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in refusal(place.uri)

    def test_half_of_the_credentials(self, place, monkeypatch):
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        assert "the credentials are incomplete; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in refusal(place.uri)

    def test_an_unknown_profile(self, place, monkeypatch):
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        assert "the profile does not exist; check AWS_PROFILE" in refusal(place.uri)

    def test_nobody_at_the_endpoint(self, place, monkeypatch):
        port = free_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://user:hunter2@127.0.0.1:{port}")
        begun = time.monotonic()
        message = refusal(place.uri)
        assert f"http://127.0.0.1:{port} cannot be reached; check AWS_ENDPOINT_URL" in message
        assert "hunter2" not in message
        assert time.monotonic() - begun < 8

    def test_an_endpoint_that_is_none(self, place, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
        assert "the endpoint is not a URL; check AWS_ENDPOINT_URL" in refusal(place.uri)


class TestPendingUploads:
    def test_start_and_discard_spare_the_uploads_of_other_files(self, place):
        client, bucket = place.client, place.bucket
        spared = ["a.csv.bak", "other/part-00000.csv", "table/other-00000.csv", "table/part"]
        swept = ["a.csv", "table/part-00077.csv", "_manifest.json"]
        spared += ["lake/part-00001-00000.csv", "lake/part-00000-1e5a-c000.csv"]  # another commit's, and Spark's
        swept += ["lake/day=2022-01-01/part-00002-00007.csv"]
        for name in [*spared, *swept]:
            client.create_multipart_upload(Bucket=bucket, Key=f"{place.prefix}/{name}")
        neighbour = client.create_multipart_upload(Bucket=bucket, Key=f"{place.prefix}x/a.csv")
        store = start(place, "a.csv", "table/part-00000.csv", "lake/part-00002-00000.csv")
        assert place.staging() == sorted(f"{place.prefix}/{name}" for name in spared)
        store.discard([write(store, "a.csv", b"x")])
        assert place.staging() == sorted(f"{place.prefix}/{name}" for name in spared)
        client.abort_multipart_upload(Bucket=bucket, Key=f"{place.prefix}x/a.csv", UploadId=neighbour["UploadId"])

    @pytest.mark.server
    def test_a_completion_whose_answer_was_lost_counts(self, strict):
        store = start(strict, "a.csv")
        staged = write(store, "a.csv", b"mine")
        self.complete(strict, staged)
        store.publish([staged], b"{}", replaced=[])
        assert strict.files() == {"a.csv": b"mine", "_manifest.json": b"{}"}

    @pytest.mark.server
    def test_a_file_of_another_run_does_not_count(self, strict):
        store = start(strict, "a.csv", overwrite=True)
        staged = write(store, "a.csv", b"mine")
        strict.spoil("a.csv")
        strict.put("a.csv", b"a stranger's")
        with pytest.raises(RunError, match="cannot publish to"):
            store.publish([staged], b"{}", replaced=[])
        store.discard([staged])

    @pytest.mark.server
    def test_a_later_start_ends_the_earlier_run(self, strict):
        early = start(strict, "a.csv")
        upload = early.create("a.csv")
        upload.write(bytes(9 * MIB))
        late = start(strict, "a.csv")
        with pytest.raises(RunError, match="a staged upload is gone, as when another run starts"):
            upload.close()
        late.publish([write(late, "a.csv", b"late")], b"{}", replaced=[])
        early.discard([])
        assert strict.files() == {"a.csv": b"late", "_manifest.json": b"{}"}
        assert strict.staging() == []

    def test_a_run_that_was_published_meanwhile_is_not_replaced(self, place):
        store = start(place, "a.csv")
        staged = write(store, "a.csv", b"late")
        place.put("a.csv", b"early")
        place.put("_manifest.json", b"early")
        with pytest.raises(RunError, match="another run has published there meanwhile"):
            store.publish([staged], b"late", replaced=[])
        store.discard([staged])
        assert place.files() == {"a.csv": b"early", "_manifest.json": b"early"}
        assert place.staging() == []

    @staticmethod
    def complete(place: Prefix, staged: Staged) -> None:
        place.client.complete_multipart_upload(
            Bucket=place.bucket,
            Key=f"{place.prefix}/{staged.name}",
            UploadId=staged.upload_id,
            MultipartUpload={"Parts": [{"PartNumber": i, "ETag": e} for i, e in enumerate(staged.etags, 1)]},
        )


@pytest.mark.server
class TestLostServer:
    def test_a_server_that_dies_is_one_line_and_the_next_start_cleans_up(self, strict, gateway, caplog):
        store = start(strict, "a.csv", "b.csv")
        staged = [write(store, "b.csv", b"complete, and yet not visible")]
        upload = store.create("a.csv")
        upload.write(bytes(20 * MIB))
        gateway.kill()
        with pytest.raises(RunError, match=r"cannot write a\.csv to .*check AWS_ENDPOINT_URL") as failure:
            self.write_on(upload)
        assert "\n" not in str(failure.value)
        with caplog.at_level(logging.WARNING):
            store.discard(staged)
        assert "the next run there takes it back" in caplog.text
        assert strict.files() == {}
        assert len(strict.staging()) == 2

        gateway.start()
        again = start(strict, "a.csv", "b.csv")
        assert strict.staging() == []
        again.publish([write(again, "a.csv", b"a")], b"{}", replaced=[])
        assert strict.files() == {"a.csv": b"a", "_manifest.json": b"{}"}

    def test_a_server_that_is_back_in_time_can_be_tidied_at_once(self, strict, gateway):
        store = start(strict, "a.csv")
        upload = store.create("a.csv")
        upload.write(bytes(20 * MIB))
        gateway.kill()
        with pytest.raises(RunError):
            self.write_on(upload)
        gateway.start()
        store.discard([])
        assert strict.files() == {}
        assert strict.staging() == []

    def test_a_run_whose_server_goes_leaves_the_old_run_and_goes_on_when_it_is_back(self, strict, gateway, tmp_path):
        words = ["run", "scenario=card_chain", "population.cards=500", "block_rows=20000", "--overwrite", "--quiet"]
        words += ["sink=csv", "sink.csv.layout=parts", f"sink.csv.uri={strict.uri}"]
        small, big = ((*words, f"generator.transactions={count}") for count in (9_000, 900_000))
        env = gateway.server.environ()
        assert commands.synth(*small, cwd=tmp_path, env=strict.environ()).code == 0
        old = strict.files()
        with commands.start(*big, cwd=tmp_path, env=env) as process:
            commands.wait_until(lambda: len(strict.staging()) > 2, process)
            gateway.kill()
            answer = commands.finish(process)
        assert answer.code in (1, 3), answer.err
        assert "Traceback" not in answer.err
        assert answer.err.splitlines()[-1].startswith("error: cannot ")
        assert old.items() <= strict.files().items()
        assert commands.synth("verify", strict.uri, cwd=tmp_path, env=strict.environ()).code == 0
        gateway.start()
        assert commands.synth(*big, cwd=tmp_path, env=env).code == 0
        assert commands.synth("verify", strict.uri, cwd=tmp_path, env=strict.environ()).code == 0
        assert not old.items() & strict.files().items()

    @staticmethod
    def write_on(upload) -> None:
        for _ in range(100):
            upload.write(bytes(10 * MIB))


def test_the_growing_parts_hold_the_largest_file_that_s3_takes():
    sizes = [s3_files.part_bytes(number) for number in range(1, 10_001)]
    assert min(sizes) == sizes[999] == 8 * MIB
    assert sizes[1000] == 16 * MIB
    assert max(sizes) <= 5 << 30
    assert sum(sizes) >= 5 << 40
