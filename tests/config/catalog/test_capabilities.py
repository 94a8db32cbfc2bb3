"""What a plugin says that its sink can do is held to its class when the plugin is loaded."""

from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.contracts.hookspecs import SinkSpec
from synth.errors import PluginError
from tests.config.catalog.plugins import write

SINK = '''
from dataclasses import dataclass
from typing import Literal
import synth
from synth.sinks.jsonl import JsonlSink
from synth.sinks.jsonl_stream import JsonlStream

@dataclass(frozen=True, kw_only=True)
class Config:
    """A sink of my own."""

    kind: Literal["mine"] = "mine"

def read(stream, table, columns):
    yield

class Mine(BASE):
    """The sink."""

    BODY

@synth.hookimpl
def synth_sinks():
    return [synth.SPEC]
'''

WATCHER = """
import synth

class Watcher:
    def run_started(self, event): ...
    def block_done(self, event): ...
    def run_ended(self, event): ...
    BODY

@synth.hookimpl
def synth_subscribers():
    return [Watcher]
"""

#: What is wrong → base, body, spec, and what is said of it.
WRONG = {
    "a plain spec": ("JsonlSink", "", "Spec(Config, Mine)", "instead of synth.SinkSpec(config, factory, …)"),
    "an unknown keyword": (
        *("JsonlSink", "", "SinkSpec(Config, Mine, plaice=True)"),
        "TypeError: SinkSpec.__init__() got an unexpected keyword argument 'plaice' (",
    ),
    "no class for streams": (
        "JsonlSink",
        "",
        "SinkSpec(Config, Mine, streams=True)",
        "its class is no synth.StreamSink",
    ),
    "streams that are not told": (
        "JsonlStream",
        "",
        "SinkSpec(Config, Mine)",
        "leaves out streams=True of a synth.Str",
    ),
    "no sink at all": (
        "object",
        "",
        "SinkSpec(Config, Mine)",
        "has no method abort, check, collect, commit, finish, me",
    ),
    "parts without streams": ("JsonlSink", "", "SinkSpec(Config, Mine, parts=True)", "only a stream has parts"),
    "a preflight of two": (
        *("JsonlSink", "def preflight(self, context, more): ...", "SinkSpec(Config, Mine)"),
        "preflight of sink 'mine' is called with 2 arguments, and takes (self, context, more)",
    ),
    "a misspelt preflight": (
        *("JsonlSink", "def preflihgt(self, prospect): ...", "SinkSpec(Config, Mine)"),
        "has a method 'preflihgt', which nobody calls (did you mean 'preflight'?)",
    ),
    "a misspelt default": (
        *("JsonlStream", "def pol(self, seconds): ...", "SinkSpec(Config, Mine, streams=True)"),
        "has a method 'pol', which nobody calls (did you mean 'poll'?)",
    ),
    "a reader that is not named": (
        *("JsonlSink", "read = staticmethod(read)", "SinkSpec(Config, Mine)"),
        "has a method 'read' that its SinkSpec does not name: reads=Mine.read",
    ),
    "a reader of one": ("JsonlSink", "", "SinkSpec(Config, Mine, reads=lambda stream: ())", "reads of sink 'mine' is"),
    "schemes that nothing opens": ("JsonlSink", "", "SinkSpec(Config, Mine, schemes=('my',))", "need each other"),
    "a scheme for schemes": ("JsonlSink", "", "SinkSpec(Config, Mine, schemes='my')", "not a tuple of words"),
}


def load(path: Path, text: str, **words: str) -> None:
    for old, new in words.items():
        text = text.replace(old.upper(), new)
    load_catalog([write(path, text)])


@pytest.mark.parametrize("name", WRONG)
def test_a_sink_that_cannot_do_what_it_says_is_refused(name: str, tmp_path: Path) -> None:
    base, body, spec, told = WRONG[name]
    with pytest.raises(PluginError) as refused:
        load(tmp_path / "mine.py", SINK, base=base, body=body, spec=spec)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_failing_hook_says_where(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as refused:
        load(tmp_path / "mine.py", SINK, base="JsonlSink", body="", spec="SinkSpec(Config, Mine, plaice=True)")
    line = 1 + SINK.splitlines().index("    return [synth.SPEC]")
    assert str(refused.value).endswith(f"({tmp_path / 'mine.py'}:{line})")


def test_a_sink_that_can_is_taken(tmp_path: Path) -> None:
    spec = "SinkSpec(Config, Mine, place=True, streams=True, resumes=False, reads=read, schemes=('my',), opens=open)"
    load(tmp_path / "mine.py", SINK, base="JsonlStream", body="def preflight(self, context): return []", spec=spec)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "def stream_progres(self, event): ...",
            "'stream_progres', which nobody calls (did you mean 'stream_progress'?)",
        ),
        ("block_done = None", "has no method block_done"),
        ("def stream_progress(self, event): ...", ""),
    ],
)
def test_a_subscriber_is_held_to_its_methods(body: str, told: str, tmp_path: Path) -> None:
    if not told:
        load(tmp_path / "mine.py", WATCHER, body=body)
        return
    with pytest.raises(PluginError) as refused:
        load(tmp_path / "mine.py", WATCHER, body=body)
    assert told in str(refused.value)


def test_every_sink_that_is_installed_is_declared() -> None:
    catalog = load_catalog([*sorted(Path(__file__).parents[3].glob("synth/cli/scaffold/my_sink.py"))])
    specs = [catalog.find("sink", name) for name in catalog.names("sink")]
    assert len(specs) > 5
    assert all(isinstance(spec, SinkSpec) for spec in specs)
