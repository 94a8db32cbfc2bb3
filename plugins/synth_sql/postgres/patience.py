"""A connection to a server that may fall silent: whoever waits for it is told in the end."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

SILENT_S = 120.0
"""Seconds without a byte after which a server that is to answer at once is given up."""


class Patient(psycopg.Connection):
    """A connection that is given up where its server says nothing for too long, though the network is there."""

    _for_ever = False

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Waits for ever within the ``with`` block: what is asked there takes time in proportion to the rows."""
        self._for_ever = True
        try:
            yield
        finally:
            self._for_ever = False

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """As psycopg's, which every call goes through.

        Raises:
            psycopg.OperationalError: the server was silent; the connection is closed.
        """
        return super().wait(gen if self._for_ever else self._hurried(gen), *arguments, **named)

    def _hurried(self, gen: Any) -> Generator[Any, Any, Any]:
        """Does what a generator of psycopg does, which is told now and then that nothing has come yet."""
        heard = time.monotonic()
        try:
            asked = next(gen)
            while True:
                ready = yield asked
                heard = time.monotonic() if ready else heard
                if time.monotonic() - heard > SILENT_S:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server has said nothing for {SILENT_S:g} s")
                asked = gen.send(ready)
        except StopIteration as ended:
            return ended.value
