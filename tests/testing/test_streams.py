"""Every check of sinks of streams catches a sink that breaks its rule, and lets the honest one pass."""

from pathlib import Path

import pytest

from synth.testing import StreamSinkContract, check

_PLUGIN = '''
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from synth import SinkSpec, hookimpl
from synth.sinks.jsonl_stream import JsonlStream


@dataclass(frozen=True, kw_only=True)
class GrowingConfig:
    """Lines."""

    kind: Literal["growing"] = "growing"
    uri: Annotated[str | None, Field(description="where")] = None
    rows: Annotated[int, Field(ge=1, le=9, description="a number")] = 1


class Growing(JsonlStream):
    """The sink."""
{body}

@hookimpl
def synth_sinks():
    return [SinkSpec(GrowingConfig, Growing, place=True, streams=True)]
'''

#: Check → what is wrong with the sink, and what the check says of it.
BROKEN = {
    "check_leaves_no_trace": (
        "def check(self, *, resume):\n        self._root.mkdir()",
        "something has changed in the place",
    ),
    "what_is_sent_comes_back": (
        "def send(self, encoded, first, last, *, emit_us):\n"
        "        super().send(encoded, first, last - (last > 2_000), emit_us=emit_us)",
        "rows come back of",
    ),
    "workers_get_a_copy": (
        "def __getstate__(self):\n        return self.__dict__ | {'_files': {}, 'later': lambda: 0}",
        "it does not pickle",
    ),
    "a_stream_goes_on_at_its_mark": (
        "def mark(self, checkpoint):\n        super().mark(replace(checkpoint, row=checkpoint.row + 1))",
        "open does not tell the checkpoint that was marked",
    ),
    "another_stream_is_refused": (
        "def open(self, extra, *, fingerprint, resume):\n"
        "        kept = (self._read_state() or {}).get('checkpoint') or {}\n"
        "        return super().open(extra, fingerprint=kept.get('fingerprint', fingerprint), resume=resume)",
        "open goes on with the stream of another recipe",
    ),
    "a_second_stream_is_refused": (
        "def check(self, *, resume):\n        pass",
        "check accepts a place that holds a stream",
    ),
}


def plugin(folder: Path, body: str) -> Path:
    path = folder / "growing.py"
    path.write_text(_PLUGIN.replace("{body}", f"\n    {body}\n" if body else ""))
    return path


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_catches_the_mistake(name: str, tmp_path: Path) -> None:
    body, seen = BROKEN[name]
    [result] = check("sink", "growing", plugin_files=[plugin(tmp_path, body)], only=f"test_{name}")
    assert result.ok is False, result
    assert seen in result.seen


def test_the_honest_sink_passes(tmp_path: Path) -> None:
    results = check("sink", "growing", plugin_files=[plugin(tmp_path, "")])
    assert [result for result in results if result.ok is not True] == []


def test_no_check_lacks_a_broken_sink() -> None:
    own = {name for name in StreamSinkContract.checks() if not name.startswith("test_config_")}
    assert own == {f"test_{name}" for name in BROKEN}
