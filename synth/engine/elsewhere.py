"""Blocks that the workers of a runner write to the store, while the driver takes them from there, in block order."""

import os
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

from synth.contracts.runner import BlockRunner, Runner
from synth.contracts.shipment import Shipment
from synth.contracts.sink import Sink
from synth.contracts.store import Staging
from synth.engine.keeping import AT_ONCE, Keeper
from synth.engine.prepare import Prepared
from synth.errors import RefusedError, SynthError, blaming
from synth.runners.order import HasIndex, run_elsewhere

#: The entries by which a worker knows a place again.
_PROBES = "probes"

Done = TypeVar("Done", bound=HasIndex, covariant=True)


class Errand(Protocol[Done]):
    """The work on blocks as ``synth.engine.write.Work`` does it."""

    @property
    def keepers(self) -> Mapping[str, Keeper]:
        """Of all sinks."""

    @property
    def first(self) -> int:
        """The block that counts as the first."""

    def __call__(self, index: int) -> Done:
        """Makes a block that is not there, and keeps it."""

    def recall(self, index: int) -> Done | None:
        """A block that is there."""

    def has(self, index: int) -> bool:
        """Whether it is."""

    def trusting(self) -> "Errand[Done]":
        """The same for whoever need not read staged files again."""


def runs_elsewhere(runner: object, sinks: Mapping[str, Sink], keepers: Mapping[str, Keeper]) -> bool:
    """Whether a runner's workers write alone: they can, and every sink keeps its blocks, each in files of its own."""
    alone = bool(keepers) and len(keepers) == len(sinks) and not any(keeper.sink.grows for keeper in keepers.values())
    return isinstance(runner, BlockRunner) and (alone or not isinstance(runner, Runner))


def make_elsewhere(
    runner: BlockRunner, prepared: Prepared, work: Errand[Done], blocks: int
) -> Generator[Done, None, None]:
    """Has the blocks made that no sink, or not every sink, has; yields all of them from the store, in block order.

    Raises:
        RefusedError: a worker would make other bytes, or does not see a place.
        RunError: a block cannot be made.
    """
    todo = _todo(work, blocks)
    look_up(prepared.plan, prepared.make_block.clicks)
    with _probing(work.keepers) as arrive:
        task = Shipment(work, arrive, tuple(sorted(_libraries(work.keepers))))
        yield from run_elsewhere(runner, task, work.trusting().recall, blocks, todo)


def look_up(*parts: object) -> None:
    """Works out what blocks look up of the whole run: what is in the shipment, no process works out for itself."""
    for part in parts:
        for name, member in vars(type(part)).items():
            if isinstance(member, cached_property):
                getattr(part, name)


def _todo(work: Errand[Any], blocks: int) -> list[int]:
    """The blocks that a sink lacks; those that are there are looked at, and what is damaged is forgotten."""
    each = [{block - work.first for block in keeper.found()} for keeper in work.keepers.values()]
    found = sorted(set.intersection(*each).intersection(range(blocks)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        good = {block for block, there in zip(found, pool.map(work.has, found), strict=True) if there}
    return [block for block in range(blocks) if block not in good]


def _libraries(keepers: Mapping[str, Keeper]) -> set[str]:
    """The libraries that receipts speak of, beside those that every shipment does."""
    named = {name for keeper in keepers.values() for name in keeper.identity.versions}
    return {name for name in named if name not in ("synth", "python") and not name.startswith("plugin ")}


@dataclass(frozen=True)
class _Arrival:
    """Looks whether a worker sees the places of a run.

    Attributes:
        entries: sink name → its uri, its staging and the entry that the driver has put there.
    """

    entries: Mapping[str, tuple[str, Staging, str]]

    def __call__(self) -> None:
        for name, (uri, staging, entry) in self.entries.items():
            with blaming(f"sink {name!r}"):
                if staging.read(entry) is None:
                    message = f"a worker does not see what the driver has written to {uri}"
                    raise RefusedError(f"{message}: choose a place that all machines share, such as s3://")


@contextmanager
def _probing(keepers: Mapping[str, Keeper]) -> Iterator[_Arrival]:
    """Puts an entry into each place for as long as workers write there."""
    entry = f"{_PROBES}/{os.urandom(8).hex()}"
    entries = {name: (keeper.sink.uri, keeper.staging, entry) for name, keeper in keepers.items()}
    for keeper in keepers.values():
        keeper.staging.put(entry, b"here\n")
    try:
        yield _Arrival(entries)
    finally:
        for keeper in keepers.values():
            try:
                keeper.staging.drop([entry])
            except SynthError:
                continue  # the staging goes, or is somebody's who goes on: then it is one entry more
