"""What a process of its own makes: it maps a file, as the workers of runners do, and may write to no array in it."""

import pickle
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.contracts.shipment import Shipment
from synth.errors import SynthError
from synth.runners.processes import ProcessesConfig, ProcessesRunner
from synth.testing.contract import Broken


@dataclass(frozen=True)
class _Leaving:
    """Work that leaves what it makes in a folder."""

    work: Callable[[int], Any]
    folder: str

    def __call__(self, block: int) -> None:
        (Path(self.folder) / f"{block}").write_bytes(pickle.dumps(self.work(block), protocol=5))


def made_elsewhere(work: Callable[[int], Any], blocks: Iterable[int], what: str) -> dict[int, Any]:
    """Block → what another process makes of it, which has the modules of plugins from the file alone.

    Args:
        what: is made of the blocks, for messages.

    Raises:
        Broken: the work does not pickle, or fails there.
    """
    with tempfile.TemporaryDirectory(prefix="synth-testing-") as folder:
        runner = ProcessesRunner(ProcessesConfig(workers=1))
        try:
            done = list(runner.run(Shipment(_Leaving(work, folder)), blocks))
        except SynthError as error:
            raise Broken(f"in another process {error}") from error
        except Exception as error:
            raise Broken(f"{what} does not pickle: {type(error).__name__}: {error}") from error
        return {block: pickle.loads((Path(folder) / f"{block}").read_bytes()) for block in sorted(done)}
