"""Plugins for tests, written into a folder."""

from pathlib import Path

#: A fraud pattern called NAME: the built-in one under another name, with defaults.
PATTERN = '''
from dataclasses import dataclass
from typing import Literal
import synth
from synth.injectors.card_chain import CardChain, CardChainConfig

@dataclass(frozen=True, kw_only=True)
class PatternConfig(CardChainConfig):
    """A pattern of my own."""

    kind: Literal["NAME"] = "NAME"
    ratio: float = 0.01
    chain_length: synth.Length = synth.Length(min=3, max=10)
    interval_s: synth.Seconds = synth.Seconds(min=30, max=120)
    follower_amount: Literal["small_first", "run"] = "run"

@synth.hookimpl
def synth_injectors():
    return [synth.Spec(PatternConfig, CardChain)]
'''

#: A pattern whose key has no default.
DEMANDING = '''
from dataclasses import dataclass
from typing import Literal
import synth
from synth.injectors.card_chain import CardChain

@dataclass(frozen=True, kw_only=True)
class DemandingConfig:
    """It wants a level."""

    kind: Literal["demanding"] = "demanding"
    level: int

@synth.hookimpl
def synth_injectors():
    return [synth.Spec(DemandingConfig, CardChain)]
'''


def hook(name: str, returned: str, before: str = "") -> str:
    """A module with one hook."""
    return f"import synth\n{before}\n@synth.hookimpl\ndef {name}():\n    return {returned}\n"


def write(path: Path, text: str, name: str = "") -> Path:
    """Writes a file, NAME in it replaced by the file's own name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("NAME", name or path.stem), encoding="utf-8")
    return path
