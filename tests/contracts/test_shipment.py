"""A shipment is one file, mapped, and refused where other bytes would be made."""

import json
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synth.config.recipe import load_recipe
from synth.contracts import shipment
from synth.contracts.arithmetic import fingerprint_arithmetic
from synth.contracts.shipment import Shipment
from synth.engine.prepare import prepare
from synth.errors import ConfigError, Problem, RefusedError
from tests.runners.recipes import CLICKS, PLUGIN, SMALL, placed
from tests.sinks.places import ROOT


@dataclass(frozen=True)
class Arrays:
    """Work that holds arrays of both kinds."""

    whole: Any
    strided: Any
    arrow: pa.Array

    def __call__(self, block: int) -> None:
        assert self.whole[block] == block


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    matrix = np.arange(7_000_000, dtype=np.int64).reshape(-1, 7)
    task = Shipment(Arrays(np.arange(1_000_000), matrix[:, 2], pa.array(["ä", "b"] * 100_000)))
    task.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_it_comes_back_as_it_was_read_only_and_not_copied(saved):
    work: Any = Shipment.load(saved).work
    assert work.whole.tolist() == list(range(1_000_000))
    assert work.strided[3] == 23
    assert work.strided.flags.c_contiguous
    assert work.arrow == pa.array(["ä", "b"] * 100_000)
    assert not any(array.flags.writeable or array.flags.owndata for array in (work.whole, work.strided))
    assert work.whole.ctypes.data % 64 == work.strided.ctypes.data % 64 == 0
    assert Shipment.load(saved) is Shipment.load(saved)
    Shipment.load(saved)(5)


@pytest.mark.parametrize("name", ["synth", "python", "numpy", "pyarrow"])
def test_another_version_is_refused_before_anything_is_unpickled(name, saved, monkeypatch):
    ours = shipment._versions(())
    monkeypatch.setattr(shipment, "_versions", lambda libraries: ours | {name: "0.0"})
    monkeypatch.setattr(pickle, "loads", lambda *_, **__: pytest.fail("it is unpickled"))
    with pytest.raises(RefusedError, match=rf"would not make the same bytes: it has {name} 0.0, and the run"):
        Shipment.load(saved)


def test_another_arithmetic_is_refused(saved, monkeypatch):
    monkeypatch.setattr(shipment, "fingerprint_arithmetic", lambda: "another")
    with pytest.raises(RefusedError, match="rounds exp, log, power or a sampler otherwise"):
        Shipment.load(saved)


def test_the_arithmetic_is_that_of_every_process_here():
    code = "from synth.contracts.arithmetic import fingerprint_arithmetic as f; print(f())"
    told = {subprocess.check_output([sys.executable, "-c", code], cwd=ROOT) for _ in range(2)}
    assert told == {f"{fingerprint_arithmetic()}\n".encode()}


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_modules_that_nobody_could_import_are_carried_along(folder, tmp_path):
    from synth.config.catalog.loading import load_module

    path = tmp_path / "odd_plugin.py"
    if folder:
        path = tmp_path / "odd_plugin"
        path.mkdir()
        (path / "inner.py").write_text(
            "from pathlib import Path\nSIX = int((Path(__file__).parent / 'six').read_text())"
        )
        (path / "six").write_text("6")
    text = "class Work:\n    def __call__(self, block):\n        print(block, SIX)\n"
    (path / "__init__.py" if folder else path).write_text(
        ("from .inner import SIX\n" if folder else "SIX = 6\n") + text
    )
    work = load_module(path, "synth_plugin_odd_plugin").Work()
    Shipment(work).save(tmp_path / "saved")
    code = f"from synth import Shipment; Shipment.load({str(tmp_path / 'saved')!r})(7)"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT) == b"7 6\n"


def test_what_stands_in_main_is_refused(tmp_path):
    code = f"""
import synth
class Work:
    pass
try:
    synth.Shipment(Work()).save({str(tmp_path / "saved")!r})
except synth.RefusedError as error:
    print(error)
"""
    assert b"stands in __main__" in subprocess.check_output([sys.executable, "-c", code], cwd=ROOT)


def test_an_error_of_a_configuration_survives_the_way_back():
    error = ConfigError(
        [Problem(path="a.b", message="it is wrong", allowed=("1",)), Problem(path="c", message="so is it")]
    )
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.problems) == (str(error), error.problems)


SECRET = "wJalrXUtnFEMI-of-a-test"


@pytest.mark.parametrize("recipe", [CLICKS, ("scenario=card_testing", *SMALL)], ids=["clicks", "plugin"])
def test_no_credential_is_in_a_file_and_little_is_outside_of_its_buffers(recipe, tmp_path, monkeypatch, moto):
    from synth.engine.elsewhere import _probing
    from synth.engine.going_on import Keeping
    from synth.engine.open_sinks import make_sinks
    from synth.engine.write import Work

    for name, value in moto.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    moto.client().create_bucket(Bucket="shipped")
    words = placed((*recipe, "sink.parquet.uri=s3://shipped/{place}"), tmp_path.name)
    loaded, catalog, _ = load_recipe(words, plugin_files=[PLUGIN])
    prepared = prepare(loaded)
    sinks = make_sinks(prepared, tmp_path, overwrite=False)
    keeping = Keeping(prepared, catalog, sinks, "joins")
    for sink in sinks.values():
        sink.check()
    keeping.join()
    try:
        with _probing(keeping.keepers) as arrive:
            task = Shipment(Work(prepared.make_block, sinks, keeping.keepers), arrive)
            task.save(tmp_path / "saved")
            code = f"from synth import Shipment; Shipment.load({str(tmp_path / 'saved')!r})(1)"
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env=os.environ | {"TZ": "UTC"})
        assert keeping.keepers["parquet"].found() == [1]
        with pytest.raises(RefusedError, match="a worker does not see what the driver has written to s3://shipped"):
            Shipment.load(tmp_path / "saved")(2)
    finally:
        keeping.let_go()
    content = (tmp_path / "saved").read_bytes()
    assert b"s3://shipped" in content
    assert not [word for word in (SECRET, moto.access_key + moto.secret_key) if word.encode() in content]


@pytest.mark.parametrize(
    "recipe", [CLICKS, ("experiment=retail_us",), ("scenario=card_chain",)], ids=["clicks", "retail", "chain"]
)
def test_what_a_process_has_for_itself_does_not_grow_with_the_world(recipe, tmp_path):
    """Only buffers are shared between the processes of a machine: no row, person or shop may stand outside of them."""
    own = []
    for times in (1, 4):
        size = [f"generator.transactions={4000 * times}", f"population.cards={1200 * times}", "block_rows=100000"]
        if recipe != ("scenario=card_chain",):
            size = [*size[1:], f"population.customers.number={1000 * times}"]
        prepared = prepare(load_recipe([*recipe, *size, "timeline.end=2022-01-06"])[0])
        Shipment(prepared.make_block).save(tmp_path / "saved")
        with (tmp_path / "saved").open("rb") as file:
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        own.append(head["pickle"])
        assert sum(head["buffers"]) > 10_000
    assert own[1] - own[0] < 20_000
