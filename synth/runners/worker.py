"""What runs in a process of ``runner=processes``."""

import os
import sys
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue

from synth.contracts.shipment import Shipment
from synth.errors import RunError, SynthError
from synth.wording import on_one_line


def serve(descriptor: int, path: str) -> None:
    """Makes the blocks that come through a socket, and answers each with what stopped it, or None.

    Args:
        path: of the shipment.
    """
    os.dup2(sys.stderr.fileno(), 1)  # the standard output is the driver's
    connection = Connection(descriptor)
    blocks: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, blocks), daemon=True).start()
    while True:
        block = blocks.get()
        try:
            error = Shipment.load(path).attempt(block)
        except SynthError as refused:
            error = refused
        except Exception as failed:  # noqa: BLE001 — whatever it is, the driver has to hear of it
            error = RunError(on_one_line(f"{type(failed).__name__}: {failed}"))
        connection.send(error)


def _listen(connection: Connection, blocks: "SimpleQueue[int]") -> None:
    """Takes orders; ends the process, whatever it does, once nobody can give any."""
    while True:
        try:
            blocks.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)
