"""Blocks made by the executors of a Spark cluster, a task a block."""

import os
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from synth import RefusedError, RunError, Shipment, on_one_line

if TYPE_CHECKING:
    import threading

    from pyspark import SparkContext

    from synth_spark.tasks import Done

#: How often the driver looks what is done.
_LOOKING_S = 0.1
#: How long tasks may take to end once their job is cancelled: Spark kills their Python processes after two seconds.
_ENDING_S = 60


@dataclass(frozen=True, kw_only=True)
class SparkConfig:
    """Executors of an Apache Spark cluster."""

    kind: Literal["spark"] = "spark"
    master: Annotated[
        str | None, Field(description="url of the cluster; null: the session that is there, or Spark's own settings")
    ]


class SparkRunner:
    """One job of as many tasks as blocks; Spark makes those of a lost executor again."""

    workers = 1

    def __init__(self, config: SparkConfig) -> None:
        self._master = config.master

    def run(self, task: Shipment, blocks: Iterable[int]) -> Generator[int, None, None]:
        """Yields the blocks as they are done."""
        todo = list(blocks)
        with _session(self._master) as context, tempfile.TemporaryDirectory(prefix="synth-shipment-") as folder:
            self.workers = context.defaultParallelism
            path = Path(folder) / f"synth-shipment-{os.urandom(8).hex()}"
            task.save(path)
            context.addFile(str(path))
            yield from _Job(context, path.name, todo).run()


class _Job:
    """A job under way.

    Attributes:
        done: the blocks that are done, each with what stopped it; grows while tasks end.
    """

    def __init__(self, context: "SparkContext", name: str, todo: list[int]) -> None:
        from synth_spark.tasks import Lists

        self._context, self._name, self._todo = context, name, todo
        self._failure: Exception | None = None
        nothing: list[Done] = []
        self.done = context.accumulator(nothing, Lists())

    def run(self) -> Generator[int, None, None]:
        """Yields the blocks as they are done."""
        from pyspark import InheritableThread

        thread: threading.Thread = InheritableThread(target=self._submit, daemon=True)
        thread.start()
        told = 0
        try:
            while told < len(self._todo):
                ended = not thread.is_alive()
                done = self.done.value[told:]
                for block, error in done:
                    if error is not None:
                        raise error
                    yield block
                told += len(done)
                if ended and not done:
                    raise RunError(f"Spark could not make all blocks: {_reason(self._failure)}")
                thread.join(0 if done else _LOOKING_S)
        finally:
            if thread.is_alive():
                self._cancel()

    def _submit(self) -> None:
        from synth_spark.tasks import MakeBlocks

        context = self._context
        context.setJobGroup(self._name, "blocks of synth", interruptOnCancel=True)
        try:
            context.parallelize(self._todo, len(self._todo)).foreachPartition(MakeBlocks(self._name, self.done))
        except Exception as error:  # noqa: BLE001 — whatever it is, it is told by the other thread
            self._failure = error

    def _cancel(self) -> None:
        """Ends the tasks that still run, and waits until they have ended."""
        self._context.cancelJobGroup(self._name)
        tracker, until = self._context.statusTracker(), time.monotonic() + _ENDING_S
        while time.monotonic() < until:
            jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(self._name)]
            stages = [tracker.getStageInfo(int(stage)) for job in jobs if job for stage in job.stageIds]
            if not any(stage and stage.numActiveTasks for stage in stages):
                return
            time.sleep(_LOOKING_S)


def _reason(failure: Exception | None) -> str:
    """What Spark says of a job that failed, without its stack."""
    said = str(getattr(failure, "java_exception", None) or failure or "the job ended without them")
    return on_one_line(said)[:500]


@contextmanager
def _session(master: str | None) -> Iterator["SparkContext"]:
    """The context of the session that is there; otherwise one for this run alone."""
    from pyspark.sql import SparkSession

    there: Any = SparkSession.getActiveSession()
    if there is not None:
        yield there.sparkContext
        return
    builder: Any = SparkSession.builder
    builder = (builder.master(master) if master else builder).appName("synth")
    try:
        session: Any = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    except Exception as error:
        where = f"at {master}" if master else "with its own settings"
        raise RefusedError(f"Spark cannot be reached {where}: {_reason(error)}") from error
    try:
        yield session.sparkContext
    finally:
        session.stop()
