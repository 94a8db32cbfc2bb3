"""A connection that breaks: a proxy that lets some bytes through and then hangs up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 4096


@contextmanager
def cut_after(port: int, most: int) -> Iterator[int]:
    """A port that leads to another one until so many bytes have been sent through it; then every connection is cut.

    Args:
        port: of a server on the loopback.
        most: bytes from the clients, all connections together.
    """
    left, lock = [most], threading.Lock()
    open_now: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_PIECE):
                with lock:
                    left[0] -= len(data) if counted else 0
                if left[0] < 0:
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                if left[0] < 0:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", port))
                open_now.extend((client, server))
                threading.Thread(target=pump, args=(client, server), kwargs={"counted": True}, daemon=True).start()
                threading.Thread(target=pump, args=(server, client), kwargs={"counted": False}, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    for each in open_now:
        each.close()
