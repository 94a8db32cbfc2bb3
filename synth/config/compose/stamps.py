"""What a sink's place may say of its run, and data may not: the number of the job, and the time of day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omegaconf import DictConfig, ListConfig

_JOB = re.compile(r"\$\{\s*hydra\s*:\s*job\.num\s*\}")
_NOW = re.compile(r"\$\{\s*now\s*:([^{}]*)\}")

#: The resolvers that have a meaning in a sink's place alone → what to say of them elsewhere.
PLACED = {
    "hydra": "data know no job: ${hydra:job.num} may stand in a sink's place alone",
    "now": "data know no time of day: it may stand in a sink's place alone",
}


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One job of a sweep, or a single run.

    Attributes:
        number: what ``${hydra:job.num}`` stands for; 0 outside of a sweep.
        now: what ``${now:…}`` formats, in UTC: one and the same for all jobs of a sweep.
    """

    number: int = 0
    now: datetime

    def fill(self, text: str) -> str:
        """The text with both filled in."""
        return _JOB.sub(str(self.number), with_time(text, self.now))


def with_time(text: str, now: datetime) -> str:
    """The text with ``${now:<strftime format>}`` filled in."""
    return _NOW.sub(lambda found: now.strftime(found[1].strip()), text)


def tells_number(text: str) -> bool:
    """Whether each job has a text of its own."""
    return _JOB.search(text) is not None


def sink_texts(config: DictConfig) -> Iterator[tuple[str, Any, str]]:
    """(path, node, text as it was written) of each text below a sink."""
    sinks = config._get_node("sink") if "sink" in config else None
    if isinstance(sinks, DictConfig) and not (sinks._is_none() or sinks._is_missing() or sinks._is_interpolation()):
        yield from _texts(sinks, "sink")


def _texts(node: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(node, DictConfig | ListConfig):
        if node._is_none() or node._is_missing() or node._is_interpolation():
            return
        keys: list[Any] = list(node.keys()) if isinstance(node, DictConfig) else list(range(len(node)))
        for key in keys:
            yield from _texts(node._get_node(key), f"{path}.{key}")
    elif isinstance(node._value(), str):
        yield path, node, node._value()
