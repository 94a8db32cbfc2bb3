"""What runs in the Python processes of executors, which have this package installed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark import AccumulatorParam, SparkFiles

from synth import Shipment, SynthError

#: A block, and what stopped it; None where it is done.
Done = tuple[int, SynthError | None]


class Lists(AccumulatorParam[list[Done]]):
    """Gathers what tasks say, each when it ends."""

    def zero(self, value: list[Done]) -> list[Done]:
        """Nothing yet."""
        return []

    def addInPlace(self, value1: list[Done], value2: list[Done]) -> list[Done]:  # noqa: N802 — Spark's name
        """One after the other."""
        value1 += value2
        return value1


@dataclass(frozen=True)
class MakeBlocks:
    """A task: makes its blocks.

    Attributes:
        name: of the shipment's file, which Spark has copied to each machine.
        done: takes what became of each.
    """

    name: str
    done: Any

    def __call__(self, blocks: Iterator[int]) -> None:
        for block in blocks:
            self.done.add([(block, Shipment.attempt(partial(shipment_at, self.name), block))])


def shipment_at(name: str) -> Shipment:
    """A shipment that Spark has copied to this machine."""
    return Shipment.load(SparkFiles.get(name))
