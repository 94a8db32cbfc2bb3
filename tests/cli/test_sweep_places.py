"""Where the jobs of a sweep write: never into one and the same place, and where Hydra's own settings say."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.config.compose.naming import folder_name, quoted
from synth.config.compose.overrides import read_overrides
from synth.config.typed import schema_of
from synth.contracts.hookspecs import SinkSpec
from tests.cli.commands import CANARY, ROOT, TINY, Answer, synth, tree
from tests.cli.test_sweep import LAUNCHERS, results, sweep
from tests.outputs import read_manifest
from tests.servers import S3Server
from tests.sinks.places import Prefix

#: Every built-in sink that has a place.
PLACED = ("csv", "parquet", "jsonl", "jsonl_stream")


def digests(answer: Answer, cwd: Path) -> dict[str, str]:
    """Place → digest, of each job; what the manifest there says is the same."""
    found = {row["place"]: row["digest"] for row in results(answer, cwd)}
    for place, digest in found.items():
        assert read_manifest(cwd / place)["digest"] == digest
    return found


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=["basic", "joblib"])
def test_jobs_that_share_a_place_get_a_folder_each(launcher: list[str], tmp_path: Path) -> None:
    sinks = [f"sink=[{','.join(PLACED)}]", *(f"sink.{name}.uri=out/{name}" for name in PLACED)]
    words = [*TINY, *sinks, "seed=1,2", "--json", "--overwrite"]
    first = sweep(launcher, *words, cwd=tmp_path)
    assert first.code == 0
    assert sorted(first.err.splitlines()) == sorted(
        f"2 jobs share the place out/{name}: each gets a folder there, the first out/{name}/0_seed=1" for name in PLACED
    )
    places = {f"out/{name}/{number}_seed={number + 1}" for number in range(2) for name in PLACED}
    manifests = {place: read_manifest(tmp_path / place) for place in places}
    assert len({each["digest"] for each in manifests.values()}) == 2
    for place, manifest in manifests.items():
        assert manifest["recipe"]["seed"] == int(place[-1])
    assert {p for row in results(first, tmp_path) for p in row["place"].split()} == places
    again = sweep(launcher, *words, cwd=tmp_path)
    assert again.code == 0
    assert {path.name for path in (tmp_path / "out").glob("*/*")} == {"0_seed=1", "1_seed=2"}
    refused = sweep(launcher, *(word for word in words if word != "--overwrite"), cwd=tmp_path)
    assert refused.code == 3
    assert "job 1: out/csv/1_seed=2 already holds a run" in refused.err


@pytest.mark.xdist_group("ceph")
def test_jobs_that_share_a_place_in_s3(moto: S3Server, tmp_path: Path) -> None:
    place = Prefix(moto, f"cli-{os.urandom(6).hex()}")
    words = [*TINY, "sink=csv", f"sink.csv.uri={place.uri}", "scenario.card_chain.ratio=0.002,0.004", "--json"]
    answer = synth("run", "-m", *words, cwd=tmp_path, env=place.environ())
    assert answer.code == 0, answer.err
    places = [row["place"] for row in results(answer, tmp_path)]
    assert places == [f"{place.uri}/0_ratio=0.002", f"{place.uri}/1_ratio=0.004"]
    for each in places:
        assert synth("verify", each, cwd=tmp_path, env=place.environ()).code == 0


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (["sink.parquet.uri=out/a,out/b", "seed=1"], ["out/a", "out/b"]),
        (["sink.parquet.uri=out/a,out/b", "seed=1,2"], ["out/a/0_uri=out-a,seed=1", "out/b/3_uri=out-b,seed=2"]),
        (["sink.parquet.uri=out", "seed=1"], ["out"]),
        (["'sink.parquet.uri=out/${hydra:job.num}'", "seed=1,2"], ["out/0", "out/1"]),
        (["sink.parquet.uri=out/${seed}", "seed=1,2"], ["out/1", "out/2"]),
        (["sink.parquet.uri=./out/../out,out", "seed=1"], ["out/1_uri=out"]),
        (["hydra.sweep.dir=mine", "seed=1,2"], ["mine/0", "mine/1"]),
        (["hydra.sweep.dir=mine/${hydra:job.name}", "hydra.job.name=me", "seed=1"], ["mine/me/0"]),
        (["hydra.sweep.dir=mine", "hydra.sweep.subdir=j${hydra.job.num}/x", "seed=1,2"], ["mine/j0/x", "mine/j1/x"]),
        (["hydra.sweep.dir=mine", "hydra.sweep.subdir=${hydra.job.override_dirname}", "seed=1,2"], ["mine/seed=2"]),
    ],
)
def test_places_of_jobs(words: list[str], places: list[str], tmp_path: Path) -> None:
    answer = synth("run", "-m", *TINY, *(word.strip("'") for word in words), "--json", cwd=tmp_path)
    assert answer.code == 0, answer.err
    found = digests(answer, tmp_path)
    assert set(places) <= set(found)
    assert len(found) == len(answer.envelope["data"]["jobs"])


def test_the_time_is_one_for_the_whole_sweep(tmp_path: Path) -> None:
    answer = synth(
        *("run", "-m", *TINY, "seed=1,2", "sink.parquet.uri=out/${now:%Y-%m-%d_%H%M%S}/${hydra:job.num}", "--json"),
        cwd=tmp_path,
    )
    assert answer.code == 0, answer.err
    [day] = (tmp_path / "out").iterdir()
    assert sorted(path.name for path in day.iterdir()) == ["0", "1"]
    alone = synth("run", *TINY, "sink.parquet.uri=one/${hydra:job.num}", cwd=tmp_path)
    assert alone.row("parquet") == "one/0"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["seed=${hydra:job.num}"], "'seed' uses the resolver 'hydra'"),
        (["timeline.start=${now:%Y-%m-%d}"], "'timeline.start' uses the resolver 'now'"),
        (["+columns.add.day={value: '${now:%d}'}"], "'columns.add.day.value' uses the resolver 'now'"),
        (["sink.parquet.uri=${hydra:runtime.cwd}"], "'sink.parquet.uri' uses the resolver 'hydra'"),
        (["sink.parquet.uri=o/${hydra:job.num}", "seed=${sink.parquet.uri}"], "'seed' refers to ${sink.parquet.uri}"),
    ],
)
def test_data_know_neither_job_nor_time(words: list[str], message: str, tmp_path: Path) -> None:
    for flags in ([], ["-m"]):
        answer = synth("run", *flags, *TINY, *words, cwd=tmp_path)
        assert (answer.code, answer.out) == (2, "")
        assert message in answer.err
        assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sink=stdout", "seed=1,2"], "all 2 jobs: sink 'stdout' would take every job into one and the same place"),
        (["hydra.sweep.subdir=x", "seed=1,2"], "job 1: 'hydra.sweep.subdir' gives x to job 0, too"),
        (["hydra.sweep.dir=${nothing}", "seed=1,2"], "'hydra.sweep.dir' cannot be resolved"),
        (["hydra.sweep.dir=/proc/synth", "seed=1,2"], "the sweep's directory /proc/synth cannot be made"),
        (
            ["hydra.sweep.dir=file/x", "seed=1,2"],
            "cannot be made: Not a directory (choose another one: hydra.sweep.dir",
        ),
    ],
)
def test_a_place_that_is_none(words: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = synth("run", "-m", *TINY, *words, cwd=tmp_path)
    assert answer.code in (2, 3)
    assert told in answer.err
    assert "internal error" not in answer.err
    assert tree(tmp_path) == {"file": 0}


#: Packages of their own; those of the wheel are installed.
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
FLAGS = [word for folder in PLUGINS for word in ("--plugin", str(folder))]

#: What else a sink has to be told to have a place; nothing here is asked.
PLACES = {
    "kafka": ["sink.kafka.servers=127.0.0.1:1", "sink.kafka.topic=t"],
    "postgres": ["sink.postgres.uri=postgresql://me@127.0.0.1:1/shop", "sink.postgres.schema=s"],
    "iceberg": ["sink.iceberg.uri=out"],
}


def sink_specs() -> dict[str, SinkSpec]:
    """Every built-in and packaged sink."""
    catalog = load_catalog(PLUGINS)
    found = {name: catalog.find("sink", name) for name in catalog.names("sink")}
    return {name: spec for name, spec in found.items() if isinstance(spec, SinkSpec)}


def swept_key(spec: SinkSpec) -> str:
    """Another key of a sink, with two values; the seed where it has none."""
    where = {"uri", "catalog", "namespace", "schema", "topic", "servers"}
    for name, shown in schema_of(spec.config)["properties"].items():
        if name in where or name == "kind":
            continue
        if shown.get("type") in ("boolean", "integer") or len(shown.get("enum", ())) > 1:
            values = shown.get("enum", ("true", "false") if shown["type"] == "boolean" else (1, 2))
            return f"sink.{spec.name}.{name}={values[0]},{values[1]}"
    return "seed=1,2"


def test_every_sink_says_what_its_runs_take() -> None:
    specs = sink_specs()
    assert {"csv", "stdout", "kafka", "postgres", "iceberg"} < {*specs}
    assert [name for name, spec in specs.items() if not spec.place and not spec.takes] == []


@pytest.mark.parametrize("kind", sorted(sink_specs()))
def test_jobs_with_one_place_and_other_keys(kind: str, tmp_path: Path) -> None:
    spec = sink_specs()[kind]
    place = PLACES.get(kind, [f"sink.{kind}.uri=out"] if spec.has_uri else [])
    answer = synth("run", "-m", *FLAGS, *TINY, f"sink={kind}", *place, swept_key(spec), cwd=tmp_path)
    if spec.place:
        assert answer.code == 0, answer.err
        assert "2 jobs share the place out: each gets a folder there" in answer.err
        assert len(list((tmp_path / "out").iterdir())) == 2
        return
    assert answer.code == 2, answer.err
    assert f"all 2 jobs: sink '{kind}' would take every job into one and the same place" in answer.err
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["sink=kafka", *PLACES["kafka"][:1], "sink.kafka.topic=t,u,t.labels", "sink.kafka.side_topics=[labels]"],
            "02",
        ),
        (["sink=postgres", *PLACES["postgres"][:1], "sink.postgres.schema=s,t,s"], "02"),
        (["sink=iceberg", "sink.iceberg.catalog=sqlite:////tmp/a.db", "sink.iceberg.uri=a,b,c"], "every"),
        (["sink=iceberg", "sink.iceberg.catalog=sqlite:////tmp/a.db", "sink.iceberg.uri=a"], "every"),
    ],
    ids=["a topic beside another job's", "one schema", "one namespace", "one namespace and one place"],
)
def test_jobs_that_meet_where_there_are_no_folders(words: list[str], told: str, tmp_path: Path) -> None:
    seeds = ["seed=1,2"] if words[-1] == "sink.iceberg.uri=a" else []
    answer = synth("run", "-m", *FLAGS, *TINY, *words, *seeds, cwd=tmp_path)
    assert answer.code == 2
    who = "every job" if told == "every" else f"jobs {told[0]} and {told[1]}"
    assert f"would take {who} into one and the same place, which holds one run" in answer.err
    assert tree(tmp_path) == {}


def test_places_within_each_other_are_parted(tmp_path: Path) -> None:
    words = ["sink=csv", "sink.csv.uri=out/sub,out,elsewhere,out/sub/../subs"]
    answer = synth("run", "-m", *TINY, *words, "--json", cwd=tmp_path)
    assert answer.code == 0, answer.err
    found = {row["place"] for row in results(answer, tmp_path)}
    assert {Path(place).parent.as_posix() for place in found} == {"out/sub", "out", ".", "out/sub/../subs"}
    assert "elsewhere" in found
    assert len({os.path.realpath(tmp_path / place) for place in found}) == 4


def test_a_place_within_the_folder_of_another_job_is_refused(tmp_path: Path) -> None:
    answer = synth("run", "-m", *TINY, "sink=csv", 'sink.csv.uri=out,"out/0_uri=out"', cwd=tmp_path)
    assert answer.code == 2, answer.err
    for number in range(2):
        assert f"job {number}: sink 'csv' would take every job into one and the same place" in answer.err


def test_the_users_own_file_of_hydras_name_stays(tmp_path: Path) -> None:
    own = tmp_path / "sweep" / "multirun.yaml"
    own.parent.mkdir()
    own.write_text("mine: true\n")
    for words, code in ((["seed=1,2"], 0), (["seed=1,x"], 2)):
        answer = synth("run", "-m", *TINY, "hydra.sweep.dir=sweep", "--overwrite", *words, cwd=tmp_path)
        assert answer.code == code, answer.err
        assert own.read_text() == "mine: true\n"
        assert not [path.name for path in own.parent.iterdir() if path.name.startswith(".")]


def test_a_working_directory_that_takes_nothing() -> None:
    for flags in (["seed=1"], ["-m", "seed=1,2"]):
        answer = synth("run", *TINY, *flags, cwd=Path("/proc"))
        assert answer.code == 3
        assert "internal error" not in answer.err


def test_a_single_run_in_hydras_directory(tmp_path: Path) -> None:
    words = ["hydra.run.dir=${oc.env:SYNTH_TEST_PLACE}/${hydra:job.name}/${now:%Y}", "hydra.job.name=mine"]
    answer = synth("run", *TINY, *words, cwd=tmp_path, env={"SYNTH_TEST_PLACE": "there"})
    assert answer.code == 0, answer.err
    [place] = (tmp_path / "there" / "mine").iterdir()
    assert (place / "_manifest.json").is_file()
    refused = synth("run", *TINY, *words, cwd=tmp_path, env={"SYNTH_TEST_PLACE": "there"})
    assert (refused.code, "already holds a run" in refused.err) == (3, True)
    assert synth("run", "--dry-run", *TINY, *words, cwd=tmp_path, env={"SYNTH_TEST_PLACE": "there"}).code == 3


HONOURED: Mapping[str, bool] = {
    "hydra.run.dir": False,
    "hydra.sweep.dir": True,
    "hydra.sweep.subdir": True,
    "hydra/launcher": True,
    "hydra.launcher.n_jobs": True,
    "hydra/sweeper": True,
    "hydra.sweeper.max_batch_size": True,
}
REFUSED = ("hydra.foo", "hydra.verbose", "hydra.job.chdir", "hydra.output_subdir", "hydra.mode", "hydra.job.env_set.X")
REFUSED_TOO = (
    "hydra/job_logging",
    "hydra/callbacks",
    "hydra.sweeping.dir",
    "+hydra.x",
    "hydra.job",
    "hydra.help.header",
)


@pytest.mark.parametrize("multirun", [False, True])
def test_every_other_setting_of_hydra_is_refused_by_name(multirun: bool, tmp_path: Path) -> None:
    flags = ["-m"] if multirun else []
    refused = [*REFUSED, *REFUSED_TOO, *(name for name, for_sweeps in HONOURED.items() if for_sweeps != multirun)]
    answer = synth("run", *flags, *TINY, *(f"{name}=1" for name in refused), cwd=tmp_path)
    assert answer.code == 2
    named = [line for line in answer.err.splitlines() if line.startswith("error: ")]
    assert [line.split("'")[1] for line in named] == [name.lstrip("+") for name in refused]
    assert tree(tmp_path) == {}


def test_flags_of_a_hydra_application_say_what_synth_has(tmp_path: Path) -> None:
    for words in (["--cfg", "job"], ["--info"], ["-c", "job"], ["--info=all"]):
        answer = synth("run", *TINY, *words, cwd=tmp_path)
        assert answer.code == 2
        assert "that is Hydra's; here it is synth config show" in answer.err


def test_folders_are_short_and_hold_no_secret() -> None:
    name = folder_name(
        7, [f"sink.x.password={CANARY}", f"a.uri='s3://me:{CANARY}@b/../c?d=é'", "scenario=[a,b]", f"z={'9' * 99}"]
    )
    assert CANARY not in name
    assert name.startswith("7_uri=s3-b-..-c-d=,scenario=a-b,z=99")
    assert len(name) < 64
    assert folder_name(3, []) == "3"
    assert folder_name(3, [f"token={CANARY}"]) == "3"


@pytest.mark.parametrize("text", ["plain", "it's", "a\\", "a\\'b", "\\\\'", "a,b={c}", "[x]", " "])
def test_any_place_can_be_an_override(text: str) -> None:
    [given], problems = read_overrides([f"uri={quoted(text)}"])
    assert not problems
    assert given.parsed.value() == text


def test_a_refused_sweep_leaves_the_users_directory(tmp_path: Path) -> None:
    (tmp_path / "mine" / "empty").mkdir(parents=True)
    answer = synth("run", "-m", *TINY, "seed=1,x", "hydra.sweep.dir=mine", cwd=tmp_path)
    assert answer.code == 2
    assert tree(tmp_path) == {"mine": -1, "mine/empty": -1}
