"""What runs in a process of ``runner=processes``."""

import os
import sys
import threading
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue

from synth.contracts.shipment import Shipment


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
        connection.send(Shipment.attempt(partial(Shipment.load, path), blocks.get()))


def _listen(connection: Connection, blocks: "SimpleQueue[int]") -> None:
    """Takes orders; ends the process, whatever it does, once nobody can give any."""
    while True:
        try:
            blocks.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)
