"""A store that fails: connections to S3 that are cut or fall silent, answers that are lost, calls that fail.

Afterwards readers see the old run or the new one, the message is one line, and ``synth clean`` finds what is left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from synth.sinks import s3_connection
from tests.cli import commands
from tests.faults.commands import FULL
from tests.faults.proxy import cut_after, losing_the_answer
from tests.servers import S3Server
from tests.sinks.places import Prefix

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bucket")]

RECIPE = (
    "scenario=card_chain",
    "scenario.card_chain.ratio=0.02",
    "generator.transactions=900",
    "block_rows=300",
    "population.cards=100",
)


@pytest.fixture
def place(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> Prefix:
    """A bucket with the run of seed 1 in it; who waits for an answer does so for three seconds."""
    patient = s3_connection.CONFIG.merge(Config(read_timeout=3, connect_timeout=3))
    monkeypatch.setattr(s3_connection, "CONFIG", patient)
    place = Prefix(moto, "broken")
    assert run(place, 1).code == 0
    return place


def run(place: Prefix, seed: int, *, port: int = 0) -> commands.Answer:
    """Writes over what is there.

    Args:
        port: of a proxy before the server; 0 for none.
    """
    env = place.environ() | ({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"} if port else {})
    words = (*RECIPE, f"seed={seed}", "sink=csv", "sink.csv.layout=parts", f"sink.csv.uri={place.uri}")
    return commands.synth("run", "--quiet", "--overwrite", *words, cwd=Path.cwd(), env=env)


def state(place: Prefix, *seeds: int) -> int:
    """Which of the runs is there, whole."""
    answer = commands.synth("--json", "verify", place.uri, cwd=Path.cwd(), env=place.environ())
    assert answer.code == 0, answer.out
    manifest = place.plain()["_manifest.json"].decode()
    return next(seed for seed in seeds if f'"seed": {seed},' in manifest or f'"seed":{seed},' in manifest)


def check_words(answer: commands.Answer) -> None:
    """One line for the error; others tell what could not be taken back, or has to be made again."""
    assert answer.code in (1, 3), answer.err
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert len([line for line in answer.err.splitlines() if line.startswith("error: ")]) == 1, answer.err
    assert answer.err.splitlines()[-1].startswith("error: "), answer.err


def check_clean(place: Prefix) -> None:
    """What is left goes by ``synth clean``, or there is nothing."""
    answer = commands.synth("clean", place.uri, cwd=Path.cwd(), env=place.environ())
    assert answer.code in (0, 3), answer.err
    assert place.staging() == []
    assert not [name for name in place.files() if ".synth-" in name]


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("most", [10, 3_000, 9_000, 20_000, 40_000] if FULL else [9_000])
def test_a_connection_that_breaks_leaves_one_of_the_two_runs(most: int, silent: bool, place: Prefix) -> None:
    with cut_after(int(place.server.endpoint.rpartition(":")[2]), most, silent=silent) as port:
        answer = run(place, 2, port=port)
    check_words(answer)
    assert state(place, 1, 2) == 1
    check_clean(place)
    assert run(place, 2).code == 0
    assert state(place, 1, 2) == 2
    assert place.staging() == []


def test_a_manifest_whose_answer_is_lost_is_looked_for(place: Prefix) -> None:
    with lost_manifest(place, for_good=False) as port:
        answer = run(place, 2, port=port)
    assert answer.code == 0, answer.err
    assert state(place, 1, 2) == 2
    assert place.staging() == []


def test_where_nobody_can_say_whether_the_manifest_was_put_nothing_is_taken_back(place: Prefix) -> None:
    with lost_manifest(place, for_good=True) as port:
        answer = run(place, 2, port=port)
    assert answer.code == 1
    check_words(answer)
    assert "whether the run is there, synth verify will say" in answer.err
    assert state(place, 1, 2) == 2
    assert run(place, 3).code == 0
    assert state(place, 1, 2, 3) == 3
    assert place.staging() == []


@contextmanager
def lost_manifest(place: Prefix, *, for_good: bool) -> Iterator[int]:
    [name] = [name for name in place.files() if name.endswith("_manifest.json")]
    request = f"PUT /{place.bucket}/{place.prefix}/{name} ".encode()
    with losing_the_answer(int(place.server.endpoint.rpartition(":")[2]), request, for_good=for_good) as port:
        yield port


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done, and not answered"])
@pytest.mark.parametrize("each", [1, 2, 3, 5, 11] if FULL else [2])
def test_calls_that_fail_now_and_then(each: int, done: bool, place: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each so many requests one fails: each is made up to three times, so that the run gets through, or gives up."""
    calls, send = count(1), URLLib3Session.send

    def failing(self: URLLib3Session, request: Any) -> Any:
        fails = next(calls) % each == 0
        answer = send(self, request) if done or not fails else None
        if answer is not None and fails:
            answer.raw.close()
        if fails:
            raise ConnectionClosedError(endpoint_url=place.server.endpoint)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(URLLib3Session, "send", failing)
        answer = run(place, 2)
    if answer.code:
        check_words(answer)
    now = state(place, 1, 2)
    assert now == (1 if answer.code else 2) or "synth verify will say" in answer.err
    check_clean(place)
    assert run(place, 3).code == 0
    assert state(place, 1, 2, 3) == 3
    assert place.staging() == []
