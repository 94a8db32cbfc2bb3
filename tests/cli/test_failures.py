"""What can go wrong with the place, the disk, the network, the plugins and the user's patience."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synth.__main__ import main as entry_point
from synth.libraries import PACKAGE
from tests.cli.commands import (
    CANARY,
    LONG,
    MINE,
    TINY,
    Answer,
    command,
    contents,
    environ,
    finish,
    run_process,
    start,
    synth,
    synth_process,
    tree,
    wait_for_bytes,
)
from tests.servers import S3Server

# the place is taken


def test_a_second_run_into_the_same_place_is_refused(tmp_path: Path) -> None:
    words = ["run", *TINY, "sink=csv", "sink.csv.uri=out"]
    assert synth(*words, cwd=tmp_path).code == 0
    before = contents(tmp_path)
    answer = synth(*words, "seed=9", cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "out already holds a run" in answer.one_line()
    assert "--overwrite" in answer.one_line()
    assert contents(tmp_path) == before
    replaced = synth(*words, "seed=9", "--overwrite", "--json", cwd=tmp_path)
    assert replaced.code == 0
    assert contents(tmp_path) != before
    assert set(contents(tmp_path)) == set(before)


def test_overwriting_with_another_format_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    assert synth("run", *TINY, "sink=parquet", "sink.parquet.uri=out", cwd=tmp_path).code == 0
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert synth("run", *TINY, "sink=csv", "sink.csv.uri=out", "--overwrite", cwd=tmp_path).code == 0
    assert sorted(contents(tmp_path / "out")) == [
        *(f"_truth/{name}" for name in ("README.md", "_manifest.json", "episodes.csv", "labels.csv")),
        *("notes.txt", "transactions.csv"),
    ]


def test_a_killed_overwriting_run_leaves_the_old_one_complete(tmp_path: Path) -> None:
    assert synth("run", *TINY, "sink=csv", "sink.csv.uri=out", cwd=tmp_path).code == 0
    before = contents(tmp_path)
    with start("run", *LONG, "sink.csv.uri=out", "--overwrite", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", 20_000_000, process)
        process.kill()
        finish(process)
    visible = {name: content for name, content in contents(tmp_path).items() if "/.synth-" not in name}
    assert visible == before
    verified = synth("verify", "out", cwd=tmp_path)
    assert (verified.code, verified.err) == (0, "")
    assert synth("run", *TINY, "sink=csv", "sink.csv.uri=out", "seed=2", "--overwrite", cwd=tmp_path).code == 0
    assert set(contents(tmp_path)) == set(before)
    assert set(tree(tmp_path)) == {"out", "out/_truth", *before}


def test_an_interrupted_overwriting_run_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    assert synth("run", *TINY, "sink=csv", "sink.csv.uri=out", cwd=tmp_path).code == 0
    before = contents(tmp_path)
    with start("run", *LONG, "sink.csv.uri=out", "--overwrite", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", 5_000_000, process)
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130
    assert contents(tmp_path) == before
    assert set(tree(tmp_path)) == {"out", "out/_truth", *before}


def test_two_runs_at_once_into_the_same_place(tmp_path: Path) -> None:
    with start("run", *LONG, "sink.csv.uri=out", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", 1_000_000, process)
        second = synth("run", *TINY, "sink=csv", "sink.csv.uri=out", "--overwrite", cwd=tmp_path)
        process.send_signal(signal.SIGTERM)
        assert finish(process).code == 130
    assert second.code == 3
    assert "another run is writing to out" in second.one_line()
    assert tree(tmp_path) == {}


def test_two_runs_that_start_together_leave_one_whole_run(tmp_path: Path) -> None:
    words = ["run", *TINY, "sink=csv", "sink.csv.uri=out"]
    with start(*words, "seed=1", cwd=tmp_path) as one, start(*words, "seed=2", cwd=tmp_path) as other:
        assert sorted(finish(process).code for process in (one, other)) == [0, 3]
    assert synth("verify", "out", cwd=tmp_path).code == 0
    assert len(tree(tmp_path)) == 7


# interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("grown", [1, 40_000_000])
def test_an_interrupted_run_leaves_nothing(number: signal.Signals, grown: int, tmp_path: Path) -> None:
    with start("run", *LONG, "sink.csv.uri=deep/down/out", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", grown, process)
        process.send_signal(number)
        answer = finish(process, seconds=20)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == "error: interrupted: nothing was written"
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("after_s", [0.25, 0.5, 0.75])
def test_a_run_interrupted_before_it_writes_leaves_nothing(after_s: float, tmp_path: Path) -> None:
    with start("run", *LONG, "sink.csv.uri=deep/down/out", cwd=tmp_path) as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        answer = finish(process)
    # a slow machine may still be starting Python, which then ends in its own way
    assert answer.code in (130, -signal.SIGINT)
    assert answer.out == ""
    assert answer.code != 130 or "interrupted" in answer.one_line()
    assert tree(tmp_path) == {}


def test_ctrl_c_while_the_command_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def press_ctrl_c() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("synth.cli.main", press_ctrl_c)
    assert entry_point() == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_an_impatient_user_leaves_nothing_either(tmp_path: Path) -> None:
    with start("run", *LONG, "sink.csv.uri=out", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", 3_000_000, process)
        for _ in range(10):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.03)
        answer = finish(process)
    assert answer.code == 130
    assert answer.err.splitlines()[-1] == "error: interrupted: nothing was written"
    assert tree(tmp_path) == {}


def test_an_interrupted_run_in_json(tmp_path: Path) -> None:
    with start("run", "--json", *LONG, "sink.csv.uri=out", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions.csv.*", 1, process)
        process.send_signal(signal.SIGINT)
        [error] = finish(process).envelope["errors"]
        assert error["message"] == "interrupted: nothing was written"


_CLUMSY = """
import os, signal, time
from typing import Literal
from dataclasses import dataclass
from synth import SinkSpec, hookimpl
from synth.contracts.sink import SinkJob
from synth.sinks.database import DatabaseSink

@dataclass(frozen=True, kw_only=True)
class ClumsyConfig:
    kind: Literal["clumsy"] = "clumsy"
    uri: str = "out"

class Clumsy(DatabaseSink):
    engine, name, beside, errors = "Clumsy", "clumsy.db", (), (LookupError,)

    def __init__(self, config, job):
        super().__init__(job)

    def connect(self, path):
        path.touch()
        os.kill(os.getpid(), signal.SIGINT)
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            raise ERROR from None

    def measure(self, batches):
        return 0

    def keeps(self, name):
        return False

    def is_interrupt(self, error):
        return False

@hookimpl
def synth_sinks():
    return [SinkSpec(ClumsyConfig, Clumsy, place=True)]
"""


@pytest.mark.parametrize("error", ["LookupError('Query interrupted')", "ValueError('of no kind')", "SystemError('C')"])
def test_an_interrupt_that_a_library_takes_for_a_failure_of_its_own(error: str, tmp_path: Path) -> None:
    (tmp_path / "clumsy.py").write_text(_CLUMSY.replace("ERROR", error))
    before = tree(tmp_path)
    answer = synth_process("run", "--plugin", "clumsy.py", *TINY, "sink=clumsy", cwd=tmp_path)
    assert (answer.code, answer.out) == (130, "")
    assert answer.one_line() == "error: interrupted: nothing was written"
    assert tree(tmp_path) == before


# the disk


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}; run as root")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    "sink",
    ["csv", "jsonl", "parquet"],
)
def test_a_full_disk(sink: str, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-o", "size=4m") as place:
        words = ["generator.transactions=400000", "block_rows=40000", f"sink={sink}", f"sink.{sink}.uri=small/a/b"]
        answer = synth("run", *words, cwd=tmp_path)
        assert (answer.code, answer.out) == (1, "")
        assert tree(place) == {}
        assert "No space left on device; 0 bytes are free: make room or choose another uri" in answer.one_line()


def test_a_full_disk_keeps_the_run_that_was_to_be_replaced(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-o", "size=4m") as place:
        assert synth("run", *TINY, "sink=csv", "sink.csv.uri=small/out", cwd=tmp_path).code == 0
        before = contents(place)
        words = ["generator.transactions=400000", "block_rows=40000", "sink=csv", "sink.csv.uri=small/out"]
        assert synth("run", *words, "--overwrite", cwd=tmp_path).code == 1
        assert contents(place) == before


def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path / "locked", "-o", "ro,size=1m"):
        answer = synth("run", *TINY, "sink.parquet.uri=locked/out", cwd=tmp_path)
        assert (answer.code, answer.out) == (3, "")
        assert "cannot write to locked/out" in answer.one_line()
        assert synth("run", "--dry-run", *TINY, "sink.parquet.uri=locked/out", cwd=tmp_path).code == 3


@pytest.mark.parametrize("uri", ["file", "file/below"])
def test_a_place_below_a_file(uri: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    answer = synth("run", *TINY, f"sink.parquet.uri={uri}", cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "is not a directory" in answer.one_line()
    assert contents(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("uri", ["gs://bucket/x", "s3://", "''"])
def test_a_place_that_is_none(uri: str, tmp_path: Path) -> None:
    answer = synth("run", *TINY, f"sink.parquet.uri={uri}", cwd=tmp_path)
    assert answer.code in (2, 3)
    assert "s3://bucket/prefix" in answer.err
    assert tree(tmp_path) == {}


# a recipe that cannot be carried out

NOBODY = (
    *("population=tiny", "generator=spending", "timeline.end=2022-02-01"),
    *("generator.reach={km: 0.001, nearest: false}", "population.merchants.categories.web_shop.online=0"),
)


@pytest.mark.parametrize("words", [("run",), ("run", "--dry-run"), ("plan",), ("preview",)])
def test_what_the_plan_refuses_is_told_with_its_place(words: tuple[str, ...], tmp_path: Path) -> None:
    answer = synth(*words, *NOBODY, "--json", cwd=tmp_path)
    assert answer.code == answer.envelope["exit_code"] == 3
    (error,) = answer.envelope["errors"]
    assert error["path"] == "generator.reach.km"
    assert error["where"] == "command line: generator.reach={km: 0.001, nearest: false}"
    assert f"error: {error['message']} ({error['hint']})\n  allowed: {', '.join(error['allowed'])}\n" in answer.err
    assert tree(tmp_path) == {}


def test_a_job_of_a_sweep_that_its_plan_refuses(tmp_path: Path) -> None:
    answer = synth("run", "-m", *NOBODY, "generator.reach.nearest=true,false", cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "job 1: generator.reach.km: nobody has a shop within 0.001 km" in answer.err


# the network

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": CANARY, "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "no credentials were found; set AWS_ACCESS_KEY_ID"),
        (KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "127.0.0.1:9 cannot be reached; check AWS_ENDPOINT_URL"),
        (KEYS | {"AWS_ENDPOINT_URL": "nonsense"}, "check AWS_ENDPOINT_URL"),
    ],
    ids=["no credentials", "nobody there", "no address"],
)
def test_s3_that_cannot_be_reached(env: dict[str, str], told: str, tmp_path: Path) -> None:
    answer = synth("run", *TINY, "sink.parquet.uri=s3://bucket/raw", cwd=tmp_path, env=env)
    assert (answer.code, answer.out) == (3, "")
    assert told in answer.one_line()
    assert CANARY not in answer.err
    assert tree(tmp_path) == {}


def test_a_bucket_that_does_not_exist(moto: S3Server, tmp_path: Path) -> None:
    answer = synth("run", *TINY, "sink.parquet.uri=s3://no-such-bucket/raw", cwd=tmp_path, env=moto.environ())
    assert (answer.code, answer.out) == (3, "")
    assert "bucket 'no-such-bucket' does not exist; create it" in answer.one_line()


# plugins

BROKEN_FILES = {
    "nothing there": (None, "there is no such Python file"),
    "an import that fails": ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    "no Python": ("def (:", "SyntaxError"),
    "no hook": ("x = 1", "marks no function with @synth.hookimpl"),
    "a misspelled hook": (
        "import synth\n@synth.hookimpl\ndef synth_injektors():\n    return []",
        "no hook 'synth_injektors' (did you mean 'synth_injectors'?)",
    ),
    "no spec": ("import synth\n@synth.hookimpl\ndef synth_injectors():\n    return [1]", "instead of synth.Spec"),
    "a hook that fails": ("import synth\n@synth.hookimpl\ndef synth_injectors():\n    1 / 0", "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_plugin_file_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    text, told = BROKEN_FILES[name]
    if text is not None:
        (tmp_path / "mine.py").write_text(text)
    answer = synth("run", "--plugin", "mine.py", *TINY, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: plugin mine.py cannot be used: ")
    assert told in answer.one_line()
    assert not (tmp_path / "runs").exists()


def test_a_plugin_that_claims_a_taken_name_breaks_only_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "rival.py").write_text(MINE.replace('"mine"', '"card_chain"'))
    rival = ["--plugin", "rival.py"]
    assert synth("validate", *rival, cwd=tmp_path).code == 0
    assert synth("describe", "csv", *rival, cwd=tmp_path).code == 0
    listed = synth("plugins", "list", *rival, cwd=tmp_path)
    told = "scenario kind 'card_chain' is claimed by 'synth' and 'rival': rename one, or leave its plugin out"
    assert [listed.row(name).endswith("  clash") for name in ("synth", "rival")] == [True, True]
    assert [f"{name}: {told}" in listed.out for name in ("synth", "rival")] == [True, True]
    for words in (["validate", "scenario=card_chain"], ["describe", "card_chain"]):
        answer = synth(*words, *rival, cwd=tmp_path)
        assert answer.code == 2
        assert "scenario kind 'card_chain' is claimed by 'synth' and 'rival'" in answer.err


def install(site: Path, name: str, text: str) -> None:
    """What pip leaves behind of a package whose entry point `name` is a module."""
    info = site / f"tiny_{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tiny-{name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[synth]\n{name} = tiny_{name}\n")
    (site / f"tiny_{name}.py").write_text(text)


_NOTE = """
import os
if 'SYNTH_TEST_LOADED' in os.environ:
    with open(os.environ['SYNTH_TEST_LOADED'], 'a') as told:
        told.write('{} ')
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment with a plugin that works and one that does not."""
    site = tmp_path / "site"
    install(site, "good", _NOTE.format("good") + MINE)
    install(site, "bad", _NOTE.format("bad") + "import no_such_library")
    return {"PYTHONPATH": f"{environ()['PYTHONPATH']}{os.pathsep}{site}"}


def test_an_installed_plugin_that_is_broken_breaks_nobody_else(installed: dict[str, str], tmp_path: Path) -> None:
    listed = synth("plugins", "list", cwd=tmp_path, env=installed)
    assert listed.code == 0
    assert listed.out.splitlines()[0].split() == ["name", "version", "api", "provides", "from", "status"]
    assert listed.row("bad").split() == ["1.2", "-", "-", "entry", "point", "of", "tiny-bad", "broken"]
    assert listed.row("good").split() == ["1.2", "-", "scenario:", "mine", "entry", "point", "of", "tiny-good", "ok"]
    assert "\n\nbad: ModuleNotFoundError: No module named 'no_such_library'\n" in listed.out
    data = synth("plugins", "list", "--json", cwd=tmp_path, env=installed).envelope["data"]
    errors = {provider["name"]: provider["error"] for provider in data if provider["name"] in ("bad", "good")}
    assert errors == {"bad": "ModuleNotFoundError: No module named 'no_such_library'", "good": ""}
    run = synth("run", *TINY, "scenario=[card_chain,mine]", "sink.parquet.uri=out", cwd=tmp_path, env=installed)
    assert run.code == 0
    assert run.row("fraud rows").startswith("14 in ")
    answer = synth("validate", "+scenario.x.kind=other", cwd=tmp_path, env=installed)
    assert answer.code == 2
    assert "no scenario kind named 'other'" in answer.err
    assert "plugin 'bad'" in answer.err
    answer = synth("config", "show", "scenario=other", cwd=tmp_path, env=installed)
    assert answer.code == 2
    assert "no scenario named 'other'; plugin 'bad' (entry point of tiny-bad) could not be loaded: Module" in answer.err


@pytest.mark.parametrize(
    ("env", "left"),
    [
        ({}, {"good", "bad"}),
        ({"SYNTH_PLUGINS": "good"}, {"good"}),
        ({"SYNTH_PLUGINS": ""}, set()),
        ({"SYNTH_DISABLE_PLUGINS": "bad"}, {"good"}),
        ({"SYNTH_PLUGINS": "good,bad", "SYNTH_DISABLE_PLUGINS": "good"}, {"bad"}),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_the_environment_chooses_installed_plugins(
    env: dict[str, str], left: set[str], installed: dict[str, str], tmp_path: Path
) -> None:
    env |= {"SYNTH_TEST_LOADED": str(tmp_path / "loaded")}
    data = synth("plugins", "list", "--json", cwd=tmp_path, env=installed | env).envelope["data"]
    status = {each["name"]: each["status"] for each in data if each["source"] != f"entry point of {PACKAGE}"}
    loaded = {"good": "ok", "bad": "broken"}
    assert status == {"synth": "ok"} | {name: loaded[name] if name in left else "disabled" for name in loaded}
    seen = set((tmp_path / "loaded").read_text().split()) if (tmp_path / "loaded").exists() else set()
    assert seen == left
    assert {each["error"] for each in data if each["status"] == "disabled"} <= {""}


def test_a_disabled_plugin_leaves_its_name_to_a_file(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(MINE)
    words = ["plugins", "list", "--plugin", "good.py", "--json"]
    answer = synth(*words, cwd=tmp_path, env=installed)
    assert answer.code == 2
    assert "two plugins are named 'good': entry point of tiny-good and good.py; rename one" in answer.err
    data = synth(*words, cwd=tmp_path, env=installed | {"SYNTH_DISABLE_PLUGINS": "good"}).envelope["data"]
    assert [each["status"] for each in data if each["name"] == "good"] == ["disabled", "ok"]


def test_a_plugin_that_fails_while_it_works(tmp_path: Path) -> None:
    moody = "class Moody(CardChain):\n    def inject(self, *args, **kwargs):\n        raise ValueError('moody')\n\n"
    text = MINE.replace("@synth.hookimpl", moody + "@synth.hookimpl").replace("CardChain)]", "Moody)]")
    (tmp_path / "mine.py").write_text(text)
    answer = synth("run", "--plugin", "mine.py", *TINY, "scenario=[mine]", "sink=csv", "sink.csv.uri=a/b", cwd=tmp_path)
    assert (answer.code, answer.out) == (1, "")
    assert "ValueError: moody" in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "a").exists()


# stdout


@pytest.mark.parametrize("line", ["list", "schema config", "--help", "list --json", "completion bash"])
def test_a_reader_that_leaves_early_sees_no_traceback(line: str, tmp_path: Path) -> None:
    told = shlex.join(command(*line.split()))
    done = run_process(["bash", "-c", f"{told} | head -0; {told} | head -1 >/dev/null"], cwd=tmp_path)
    assert (done.out, done.err) == ("", "")


@pytest.mark.parametrize("made", ["run --quiet", "stream --quiet"])
def test_a_reader_of_rows_that_leaves_early_ends_the_run_in_silence(made: str, tmp_path: Path) -> None:
    told = shlex.join(command(*made.split(), *TINY, "generator.transactions=20000", "sink=stdout"))
    done = run_process(["bash", "-c", f"{told} | head -1; exit ${{PIPESTATUS[0]}}"], cwd=tmp_path)
    assert (done.code, len(done.out.splitlines()), done.err) == (1, 1, "")


def test_a_reader_that_leaves_takes_other_sinks_down_with_a_word(tmp_path: Path) -> None:
    told = shlex.join(command("run", "--quiet", *TINY, "generator.transactions=20000", "sink=[stdout,csv]"))
    done = run_process(["bash", "-c", f"{told} | head -1"], cwd=tmp_path)
    assert "sink 'stdout' failed" in done.one_line()


@pytest.mark.parametrize("flags", ["", "--json"])
def test_a_stdout_that_is_full(flags: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("list", *flags.split()),
            cwd=tmp_path,
            env=environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"error: cannot write the answer to the standard output: No space left on device\n"


@pytest.mark.parametrize("reader", [">/dev/full", "| true"])
def test_an_error_keeps_its_exit_code_when_stdout_takes_nothing(reader: str, tmp_path: Path) -> None:
    line = f"{shlex.join(command('validate', 'seed=x', '--json'))} {reader}; exit ${{PIPESTATUS[0]}}"
    done = run_process(["bash", "-c", line], cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: seed is 'x'")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("line", ["validate", "run", "run -m seed=1,2", "list", "verify out", "stats out"])
def test_a_working_directory_that_is_gone(line: str, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    told = f"cd gone && rmdir ../gone && {shlex.join(command(*line.split(), '--json'))}"
    answer = run_process(["bash", "-c", told], cwd=tmp_path)
    assert answer.one_line() == "error: the working directory no longer exists: change to another one"
    assert answer.code == answer.envelope["exit_code"] == 1
    assert tree(tmp_path) == {}


def test_a_stdout_that_is_closed(tmp_path: Path) -> None:
    line = shlex.join(command("run", *TINY, "sink.parquet.uri=out"))
    done = run_process(["bash", "-c", f"{line} >&-"], cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "out/_manifest.json").is_file()


# secrets


def test_a_secret_appears_nowhere(moto: S3Server, tmp_path: Path) -> None:
    moto.client().create_bucket(Bucket="canary")
    env = moto.environ() | {"AWS_SECRET_ACCESS_KEY": CANARY}
    lines = [
        (0, ["run", "--json", *TINY, "sink=csv", "sink.csv.uri=s3://canary/raw", "--overwrite"]),
        (0, ["config", "show", "--origin"]),
        (2, ["run", *TINY, "sink=csv", f"+sink.csv.password={CANARY}"]),
        (2, ["run", "--json", *TINY, "sink=csv", f"+sink.csv.password={CANARY}"]),
        (2, ["validate", f"sink.parquet.secret_key={CANARY}"]),
    ]
    for code, words in lines:
        answer = synth(*words, cwd=tmp_path, env=env)
        assert answer.code == code
        assert CANARY not in answer.out + answer.err
    found = moto.client().list_objects_v2(Bucket="canary")["Contents"]
    manifest = moto.client().get_object(Bucket="canary", Key="raw/_truth/_manifest.json")["Body"].read()
    assert CANARY not in str(found)
    assert CANARY.encode() not in manifest
    assert tree(tmp_path) == {}


def test_a_secret_within_a_mapping_appears_nowhere(tmp_path: Path) -> None:
    answer = synth("validate", "sink=csv", f"+sink.csv={{kind: csv, password: {CANARY}}}", cwd=tmp_path)
    assert answer.code == 2
    assert CANARY not in answer.err


def test_the_repeat_line_masks_a_secret(tmp_path: Path) -> None:
    """No built-in sink takes a secret; a plugin's may."""
    first = "    ratio: float = 0.0025\n"
    (tmp_path / "mine.py").write_text(MINE.replace(first, f'{first}    api_token: str = ""\n'))
    words = ["--plugin", "mine.py", *TINY, "scenario=[mine]", f"scenario.mine.api_token={CANARY}"]
    answer = synth("run", *words, cwd=tmp_path)
    assert answer.code == 0
    assert "'scenario.mine.api_token=***'" in answer.row("repeat")
    assert CANARY not in answer.out + answer.err
    swept = synth("run", "-m", *words, "seed=1,2", cwd=tmp_path)
    assert swept.code == 0
    assert CANARY not in swept.out + swept.err
    assert "scenario.mine.api_token=***" in next(tmp_path.glob("sweeps/*/results.csv")).read_text()


def test_an_answer_is_an_answer() -> None:
    """The tests above lean on this."""
    with pytest.raises(ValueError, match="unpack"):
        Answer(1, "", "error: one\nerror: two\n").one_line()
