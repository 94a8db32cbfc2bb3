"""The contract of runners whose workers write to the store."""

import hashlib
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, cast

from synth.config.catalog.loading import load_module
from synth.contracts.runner import BlockRunner
from synth.contracts.shipment import Shipment
from synth.errors import RefusedError
from synth.testing.bench import Size
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, rule
from synth.testing.runners import Work
from synth.testing.runs import written

_BLOCKS = 9
#: How long after the end work that still runs would show itself.
_PATIENCE_S = 0.3

_MODULE = """
from pathlib import Path

class Work:
    def __init__(self, folder):
        self.folder = folder

    def __call__(self, block):
        (Path(self.folder) / str(block)).touch()
"""


@dataclass(frozen=True)
class Refusing:
    """Work that cannot make one block."""

    work: Work
    block: int

    def __call__(self, block: int) -> None:
        if block == self.block:
            raise RefusedError(f"block {block} is refused")
        self.work(block)


class BlockRunnerContract(ConfigChecks):
    """What synth asks of a runner whose workers write to the store. They have to be on this machine."""

    group: ClassVar[str] = "runner"

    def runner(self) -> BlockRunner:
        """A fresh runner."""
        runner: BlockRunner = self.bench.own(self.bench.recipe(Size())).make()
        return runner

    def run(self, work: Any, blocks: range) -> "Generator[int, None, None]":
        """The blocks as a fresh runner tells that they are done.

        Raises:
            Broken: what it returns cannot be closed.
        """
        finished = self.runner().run(Shipment(work), blocks)
        if not hasattr(finished, "close"):
            raise Broken(f"the blocks are a {type(finished).__name__}, which cannot be closed")
        return cast("Generator[int, None, None]", finished)

    @rule
    def test_every_block_is_done(self) -> None:
        """Every block that is asked for is done, no other one, and each is told once it is done."""
        wanted = range(3, 3 + _BLOCKS)
        with _working() as work:
            told = []
            for block in self.run(work, wanted):
                told.append(block)
                if block in wanted and block not in work.times("ended"):
                    raise Broken("it is told before it is done", f"block {block}")
            if {*told} != {*wanted} or {*work.times("begun")} != {*wanted}:
                raise Broken(f"blocks {sorted(told)} are told and {sorted(work.times('begun'))} made, not 3 to 11")

    @rule
    def test_no_blocks_no_work(self) -> None:
        """No blocks give no work."""
        with _working() as work:
            if told := list(self.run(work, range(0))):
                raise Broken(f"{len(told)} blocks are told of none")

    @rule
    def test_a_refusal_ends_the_run(self) -> None:
        """A ``SynthError`` of a task is raised as it is, and the work stops."""
        with _working() as work:
            try:
                told = list(self.run(Refusing(work, 2), range(200)))
            except RefusedError as error:
                if "block 2 is refused" not in str(error):
                    raise Broken(f"it is raised as {error}") from error
            else:
                raise Broken(f"it is swallowed, and {len(told)} blocks are told", "block 2")
            _require_quiet(work)

    @rule
    def test_closing_stops_the_work(self) -> None:
        """No block begins or runs once the iterator was closed."""
        with _working(seconds=0.1) as work:
            finished = self.run(work, range(200))
            next(finished)
            finished.close()
            _require_quiet(work)

    @rule
    def test_modules_of_plugins_come_along(self) -> None:
        """Work of a plugin that was given by file is done by workers that could not import it."""
        with tempfile.TemporaryDirectory(prefix="synth-testing-") as folder:
            module = Path(folder) / "carried.py"
            module.write_text(_MODULE)
            work = load_module(module, "synth_plugin_carried_of_the_kit").Work(folder)
            list(self.run(work, range(2)))
            if not all((Path(folder) / str(block)).exists() for block in range(2)):
                raise Broken("its blocks are told, and not made")

    @rule
    def test_files_are_the_same_bytes(self) -> None:
        """A run's files are those that threads write, byte for byte."""
        with written(self.bench, Size()) as place, _local(self) as other:
            if _digests(place) != _digests(other):
                raise Broken(
                    "files differ", str(next(iter({*_digests(place).items()} ^ {*_digests(other).items()}))[0])
                )


@contextmanager
def _local(contract: BlockRunnerContract) -> Iterator[Path]:
    """The same run on threads."""
    from synth.config.recipe import load_recipe
    from synth.engine.run import execute

    recipe = contract.bench.recipe(Size())
    threads = load_recipe(["runner=local"])[0].runner
    with tempfile.TemporaryDirectory(prefix="synth-testing-") as folder:
        place = Path(folder) / "run"
        execute(replace(recipe, runner=threads), contract.bench.catalog, started=time.perf_counter(), directory=place)
        yield place


def _digests(place: Path) -> dict[str, str]:
    files = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def _working(**changes: Any) -> Iterator[Work]:
    with tempfile.TemporaryDirectory(prefix="synth-testing-") as folder:
        yield Work(folder, **changes)


def _require_quiet(work: Work) -> None:
    """Nothing begins any more, nor ends."""
    before = work.times("begun"), work.times("ended")
    time.sleep(_PATIENCE_S)
    if (work.times("begun"), work.times("ended")) != before:
        raise Broken("blocks are begun, or go on, although nobody waits for them")
