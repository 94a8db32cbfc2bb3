"""Every check of runners whose workers write alone catches one that breaks its rule, and lets the honest one pass."""

from pathlib import Path

import pytest

from synth.testing import BlockRunnerContract, check

_PLUGIN = '''
import threading
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth import Spec, SynthError, hookimpl


@dataclass(frozen=True, kw_only=True)
class OneByOneConfig:
    """One after the other."""

    kind: Literal["one_by_one"] = "one_by_one"
    rows: Annotated[int, Field(ge=1, le=9, description="a number")] = 1


class OneByOne:
    """The runner."""

    workers = 1

    def __init__(self, config):
        pass

    def run(self, task, blocks):
{body}

@hookimpl
def synth_runners():
    return [Spec(OneByOneConfig, OneByOne)]
'''

HONEST = """
        for block in sorted(blocks, reverse=True):
            task(block)
            yield block
"""

#: Check → a runner that breaks it, and what the check says of it.
BROKEN = {
    "every_block_is_done": (
        HONEST.replace(
            "            task(block)\n            yield block", "            yield block\n            task(block)"
        ),
        "told before it is done",
    ),
    "no_blocks_no_work": (
        HONEST.replace("sorted(blocks, reverse=True)", "sorted(blocks) or [0]"),
        "1 blocks are told of none",
    ),
    "a_refusal_ends_the_run": (HONEST.replace("task(block)", "task.attempt(lambda: task, block)"), "it is swallowed"),
    "closing_stops_the_work": (
        """
        threads = [threading.Thread(target=task, args=(block,)) for block in blocks]
        for thread, block in zip(threads, blocks):
            thread.start()
        for thread, block in zip(threads, blocks):
            thread.join()
            yield block
""",
        "blocks are begun, or go on",
    ),
    "modules_of_plugins_come_along": (
        HONEST.replace("            task(block)", "            'plugin' in type(task.work).__module__ or task(block)"),
        "its blocks are told, and not made",
    ),
    "files_are_the_same_bytes": (
        HONEST.replace("            task(block)", "            block == 1 or task(block)"),
        "says that block 1 is done, and the store has none",
    ),
}


def made(body: str, folder: Path, name: str) -> list:
    path = folder / f"one_by_one_{name}.py"
    path.write_text(_PLUGIN.format(body=body))
    return [path]


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_catches_the_mistake(name, tmp_path):
    body, seen = BROKEN[name]
    [result] = check("runner", "one_by_one", plugin_files=made(body, tmp_path, name), only=f"test_{name}")
    assert result.ok is False, result
    assert seen in result.seen


def test_the_honest_runner_passes(tmp_path):
    results = check("runner", "one_by_one", plugin_files=made(HONEST, tmp_path, "honest"))
    assert not [result for result in results if result.ok is False]


def test_no_check_lacks_a_broken_runner():
    own = [name for name in BlockRunnerContract.checks() if not name.startswith("test_config_")]
    assert [f"test_{name}" for name in BROKEN] == own
