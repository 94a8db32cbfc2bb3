"""A connection that breaks: a proxy that lets some of it through, and then hangs up or falls silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 4096


@contextmanager
def cut_after(port: int, most: int, *, silent: bool = False) -> Iterator[int]:
    """A port that leads to another one until so many bytes have been sent through it; then every connection is cut.

    Args:
        port: of a server on the loopback.
        most: bytes from the clients, all connections together.
        silent: whether connections stay open instead, and nothing comes or goes any more.
    """
    with _serving(Proxy(port, most=most, silent=silent)) as here:
        yield here


@contextmanager
def losing_the_answer(port: int, request: bytes, *, for_good: bool) -> Iterator[int]:
    """A port that leads to another one; the answer to a request is lost, and its connection with it.

    Args:
        port: of a server on the loopback.
        request: what the request begins with; of several, the first one is meant.
        for_good: whether every connection is cut from then on, the next ones too.
    """
    with _serving(Proxy(port, request=request, for_good=for_good)) as here:
        yield here


@contextmanager
def standing(here: int, port: int) -> Iterator["Proxy"]:
    """Stands on one port before another one, and lets everything through until it is told otherwise."""
    proxy = Proxy(port)
    with _serving(proxy, here):
        yield proxy


@dataclass
class Proxy:
    """What stands before a server.

    Attributes:
        port: of the server.
        broken: whether nothing comes through any more.
    """

    port: int
    most: int | None = None
    silent: bool = False
    request: bytes = b""
    for_good: bool = False
    broken: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> int:
        """Hangs up all that is connected, and returns how many sockets that were; who calls again is let through."""
        found = 0
        for each in [*self.sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
                found += 1
        return found

    def lead(self, client: socket.socket) -> None:
        """Leads a connection to the server, or not where all is broken."""
        self.sockets.append(client)
        if self.broken.is_set():
            self._break(client)
            return
        server = socket.create_connection(("127.0.0.1", self.port))
        self.sockets.append(server)
        lost = threading.Event()
        threading.Thread(target=self._ask, args=(client, server, lost), daemon=True).start()
        threading.Thread(target=self._answer, args=(server, client, lost), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(_PIECE):
                with self._lock:
                    if self.most is not None:
                        self.most -= len(data)
                        if self.most < 0:
                            self.broken.set()
                    if self.request and data.startswith(self.request):
                        self.request = b""
                        lost.set()
                if self.broken.is_set():
                    break
                server.sendall(data)
        self._break(client, server)

    def _answer(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(_PIECE):
                if lost.is_set() and not data.startswith(b"HTTP/1.1 100 "):
                    if self.for_good:
                        self.broken.set()
                    break
                if self.broken.is_set():
                    break
                client.sendall(data)
        self._break(client, server)

    def _break(self, *sockets: socket.socket) -> None:
        if self.silent and self.broken.is_set():
            self.ended.wait()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def _serving(proxy: Proxy, here: int = 0) -> Iterator[int]:
    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=proxy.lead, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", here)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            proxy.ended.set()
            listener.shutdown(socket.SHUT_RDWR)
    proxy.cut()  # a socket in which another thread waits is not closed before it is shut down
    for each in proxy.sockets:
        each.close()
