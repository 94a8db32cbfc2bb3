"""The start of the command: what it leaves unloaded, and Ctrl-C before anything is there that could take it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import ROOT

#: What takes long to load, and is for data.
HEAVY = ("numpy", "pandas", "pyarrow", "faker", "boto3", "botocore")

LOADED = f"""
import sys
from synth.__main__ import main
code = main()
print([name for name in {HEAVY!r} if any(m.startswith(name + ".") for m in sys.modules)])
raise SystemExit(code)
"""

INTERRUPTING = """
import sys

class Interrupting:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == sys.argv[1]:
            raise KeyboardInterrupt

for name in [name for name in sys.modules if name.startswith(sys.argv[1])]:
    del sys.modules[name]
sys.meta_path.insert(0, Interrupting)
from synth.__main__ import main
raise SystemExit(main())
"""


def python(script: str, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, cwd=cwd, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "scenario=card_chain"),
        ("validate", "scenario=[card_chain,amount_threshold]", "sink=[csv,parquet]"),
        ("validate", "sink=nothing"),
        ("--version",),
    ],
    ids=["valid", "several", "wrong", "version"],
)
def test_what_only_reads_a_recipe_loads_nothing_for_data(words: tuple[str, ...], tmp_path: Path) -> None:
    script = LOADED if words[0] == "validate" else LOADED.replace("code = main()", "code = 0")
    done = python(script, *words, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("name", ["gc", "importlib.util", "synth.cli", "synth.engine.signals"])
def test_ctrl_c_while_the_command_is_loaded_shows_no_traceback(name: str, tmp_path: Path) -> None:
    done = python(INTERRUPTING, name, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_a_deferred_module_is_whole_for_whoever_asks_first(tmp_path: Path) -> None:
    script = """
import sys, threading
from synth.__main__ import Deferred
Deferred.put("numpy")
import numpy as np
assert not [name for name in sys.modules if name.startswith("numpy.")]
found = []
threads = [threading.Thread(target=lambda: found.append(int(np.arange(4).sum()))) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
import numpy.typing, pyarrow, pandas
from numpy import random
print(found, type(np).__name__, np is sys.modules["numpy"], hasattr(np, "nothing"), pandas.Series([1]).sum())
"""
    done = python(script, cwd=tmp_path)
    assert done.stdout == f"{[6] * 8} module True False 1\n", done.stderr


def test_a_submodule_that_is_imported_first_loads_the_whole(tmp_path: Path) -> None:
    script = "from synth.__main__ import Deferred; Deferred.put('numpy'); import numpy.typing; print(numpy.pi)"
    assert python(script, cwd=tmp_path).stdout.startswith("3.14")


def test_a_module_that_is_there_or_is_nowhere_is_left_alone(tmp_path: Path) -> None:
    script = """
import sys, json
from synth.__main__ import Deferred
Deferred.put("json")
Deferred.put("no_such_module")
print(sys.modules["json"] is json, "no_such_module" in sys.modules)
"""
    assert python(script, cwd=tmp_path).stdout == "True False\n"


def test_to_compose_loads_a_third_of_hydra_and_nothing_of_components_that_are_not_chosen(tmp_path: Path) -> None:
    script = """
import sys
from synth.__main__ import main
code = main()
idle = ("hydra.conf", "hydra.utils", "hydra.main", "synth.generators.spending", "synth.sinks.csv", "multiprocessing")
print([name for name in idle if any(m == name or m.startswith(name + ".") for m in sys.modules)])
import hydra
print(hydra.main.__name__, hydra.utils.instantiate.__name__, hydra.__version__ == hydra.version.__version__)
"""
    done = python(script, "validate", "scenario=card_chain", cwd=tmp_path)
    assert done.stdout.splitlines()[-2:] == ["['synth.sinks.csv']", "main instantiate True"], done.stderr


def test_the_package_itself_loads_nothing(tmp_path: Path) -> None:
    script = """
import sys
before = {*sys.modules}
import synth
print(sorted({*sys.modules} - before - {"__future__"}))
from synth import *
print(run.__name__, synth.__all__ == dir(synth), "__path__" in vars(synth), hasattr(synth, "__wrapped__"))
"""
    done = python(script, cwd=tmp_path)
    assert done.stdout == "['synth']\nrun True True False\n", done.stderr
