"""What runs in workers, which have this package installed."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import ray

from synth import Shipment, SynthError


def put(path: Path) -> list[Any]:
    """Puts a shipment's file into Ray's store; in a list, a reference to it is not followed before a task begins."""
    return [ray.put(np.fromfile(path, dtype=np.uint8))]


def shipment_of(put_there: list[Any]) -> Shipment:
    """The shipment, mapped from the store of this machine; the last one is kept."""
    return _shipment(put_there[0])


@lru_cache(maxsize=1)
def _shipment(reference: Any) -> Shipment:
    return Shipment.read(ray.get(reference))


def make_block(put_there: list[Any], block: int) -> SynthError | None:
    """Makes a block; returns what stopped it."""
    return Shipment.attempt(partial(shipment_of, put_there), block)
