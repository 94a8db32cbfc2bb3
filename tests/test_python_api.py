"""synth from Python: in a notebook, twice, from a thread, inside somebody else's Hydra app."""

import pydoc
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth
from synth.cli import main
from synth.errors import ConfigError, PluginError, RefusedError

TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500", "scenario=card_chain")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_generate_makes_a_frame_and_writes_nothing(tmp_path: Path) -> None:
    frame = synth.generate(*TINY)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == ["tid", "datetime", "cc_num", "amount", "fraud_label"]
    assert len(frame) == 3000
    assert int(frame["fraud_label"].sum()) == 7
    assert frame["datetime"].is_monotonic_increasing
    assert frame["tid"].is_unique
    assert list(tmp_path.iterdir()) == []


def test_the_types_of_the_columns() -> None:
    frame = synth.generate(*TINY)
    assert pd.api.types.is_integer_dtype(frame["fraud_label"].dtype)
    assert pd.api.types.is_string_dtype(frame["tid"].dtype)
    assert not frame.isna().any().any()
    full = synth.generate(*TINY, "columns=full")
    assert pd.api.types.is_datetime64_any_dtype(full["time"].dtype)
    assert len(full.columns) > len(frame.columns)


def test_a_run_is_read_back_as_it_was_made() -> None:
    result = synth.run(*TINY, "sink=[csv,jsonl,parquet]")
    assert (result.rows, result.fraud_rows) == (3000, 7)
    assert sorted(result.places) == ["csv", "jsonl", "parquet"]
    assert {manifest["digest"] for manifest in result.manifests.values()} == {result.digest}
    assert result.seconds > 0
    frame = result.to_pandas()
    generated = synth.generate(*TINY)
    assert list(frame.columns) == list(generated.columns)
    for name in frame.columns:
        np.testing.assert_array_equal(frame[name].astype(str).to_numpy(), generated[name].astype(str).to_numpy())
    episodes, labels = result.to_pandas("episodes"), result.to_pandas("labels")
    assert len(labels) == 7
    assert int(episodes["events"].sum()) == 7


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_every_sink_gives_the_same_frame(sink: str) -> None:
    frame = synth.run(*TINY, f"sink={sink}", f"sink.{sink}.uri=out").to_pandas()
    generated = synth.generate(*TINY)
    pd.testing.assert_series_equal(frame["tid"].astype(str), generated["tid"].astype(str))
    np.testing.assert_array_equal(frame["amount"].astype(float), generated["amount"].astype(float))
    np.testing.assert_array_equal(frame["fraud_label"].astype(int), generated["fraud_label"].astype(int))


def test_twice_in_one_process_is_the_same_twice() -> None:
    first, second = synth.run(*TINY), synth.run(*TINY)
    assert first.digest == second.digest
    assert first.places != second.places
    assert synth.run(*TINY, "seed=9").digest != first.digest
    pd.testing.assert_frame_equal(synth.generate(*TINY), synth.generate(*TINY))


def test_from_threads() -> None:
    frames: dict[int, pd.DataFrame] = {}
    digests: dict[int, str] = {}

    def work(seed: int) -> None:
        frames[seed] = synth.generate(*TINY, f"seed={seed}")
        digests[seed] = synth.run(*TINY, f"seed={seed}", f"sink.parquet.uri=out{seed}").digest

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2, 3):
        pd.testing.assert_frame_equal(frames[seed], synth.generate(*TINY, f"seed={seed}"))
    assert len(set(digests.values())) == 3


def test_inside_a_running_hydra_app(tmp_path: Path) -> None:
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "config.yaml").write_text("mine: 1\n")
    alone = synth.run(*TINY).digest
    with initialize_config_dir(str(tmp_path / "app"), version_base="1.3", job_name="app"):
        before = GlobalHydra.instance().hydra
        assert compose("config").mine == 1
        assert synth.run(*TINY).digest == alone
        assert len(synth.generate(*TINY)) == 3000
        assert GlobalHydra.instance().hydra is before
        assert compose("config", ["mine=2"]).mine == 2
    assert not GlobalHydra.instance().is_initialized()


def test_the_problems_of_a_wrong_recipe_are_at_hand(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        synth.run(*TINY, "seed=x", "scenario.card_chain.ratio=2")
    assert {problem.path for problem in caught.value.problems} == {"seed", "scenario.card_chain.ratio"}
    assert {problem.where for problem in caught.value.problems} == {
        "argument: seed=x",
        "argument: scenario.card_chain.ratio=2",
    }
    with pytest.raises(ConfigError, match="no scenario named 'card_chian'"):
        synth.generate("scenario=card_chian")
    assert list(tmp_path.iterdir()) == []


def test_a_taken_place_is_refused_and_replaced_on_demand() -> None:
    first = synth.run(*TINY, "sink.parquet.uri=out")
    with pytest.raises(RefusedError, match="out already holds a run"):
        synth.run(*TINY, "sink.parquet.uri=out", "seed=2")
    assert len(first.to_pandas()) == 3000
    replaced = synth.run(*TINY, "sink.parquet.uri=out", "seed=2", overwrite=True)
    assert replaced.digest != first.digest


def test_an_unfinished_run_is_finished_by_its_place_or_by_its_recipe() -> None:
    small = [*TINY, "block_rows=500"]
    wanted = synth.run(small, "sink.parquet.uri=whole").digest
    for given in ([], [*small, "sink.parquet.uri=out"]):
        assert main(["run", *small, "sink.parquet.uri=out", "--parts", "2", "--part", "1"]) == 0
        with pytest.raises(RefusedError, match=r"seed: 123 there, 2 here"):
            synth.run(*small, "seed=2", resume="out")
        done = synth.run(*given, resume="out")
        assert (done.places["parquet"], done.digest) == ("out", wanted)
        with pytest.raises(RefusedError, match="out holds a run that is complete"):
            synth.run(resume="out")
        shutil.rmtree("out")


@pytest.mark.parametrize(
    "on",
    [[], ["runner.workers=1"], ["runner=processes", "runner.workers=1"], [{"runner": {"kind": "local", "workers": 1}}]],
)
@pytest.mark.parametrize("door", ["python", "command"])
def test_a_runner_alone_is_no_recipe_at_any_door(door: str, on: list[Any]) -> None:
    small = [*TINY, "block_rows=500", "seed=2"]
    wanted = synth.run(small, "sink.parquet.uri=whole").digest
    assert main(["run", *small, "sink.parquet.uri=out", "--parts", "2", "--part", "1"]) == 0
    if door == "python":
        synth.run(*on, resume="out")
    elif all(isinstance(each, str) for each in on):
        assert main(["run", *on, "--resume", "out"]) == 0
    else:
        assert main(["run", "--workers", "1", "--resume", "out"]) == 0
    assert synth.open("out").manifest["digest"] == wanted


def test_a_plugin_file_and_a_folder_of_choices(tmp_path: Path) -> None:
    from tests.cli.commands import MINE

    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "choices" / "amount").mkdir(parents=True)
    (tmp_path / "choices" / "amount" / "mine.yaml").write_text("kind: pareto\nalpha: 1.5\nlow: 1\nhigh: 2\n")
    words = (*TINY, "scenario=[mine]", "scenario.mine.ratio=0.01")
    frame = synth.generate(*words, plugin_files=["mine.py"])
    assert int(frame["fraud_label"].sum()) == 30
    assert synth.run(*words, plugin_files=[tmp_path / "mine.py"]).fraud_rows == 30
    cheap = synth.generate(*TINY, "scenario=[]", "amount=mine", config_dirs=["choices"])
    assert cheap["amount"].astype(float).max() <= 2
    with pytest.raises(ConfigError, match="no scenario named 'mine'"):
        synth.generate(*words)
    with pytest.raises(PluginError, match="there is no such Python file"):
        synth.generate(*TINY, plugin_files=["nothing.py"])


def test_the_public_names() -> None:
    assert set(dir(synth)) >= {"generate", "run", "hookimpl", "Spec"}
    for name in dir(synth):
        assert getattr(synth, name) is not None
    text = pydoc.plain(pydoc.render_doc(synth))
    assert "run(*recipe" in text
    assert "class Episodes" in text
    with pytest.raises(AttributeError, match=r"no attribute 'generat' \(did you mean 'generate'\?\)"):
        getattr(synth, "generat")  # noqa: B009 — mypy knows, too, that there is no such name
