"""Work that runs ahead on a thread of its own, by a bounded number of results."""

import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import TypeVar

Made = TypeVar("Made")

#: How often the thread looks whether anybody still wants its results.
_LOOK_S = 0.1


def ahead(made: Iterator[Made], results: int, name: str) -> Generator[Made, None, None]:
    """The same results in the same order, made on another thread that is at most ``results`` + 1 ahead.

    Closing the generator ends the thread, and closes ``made`` there. An exception of ``made`` comes in its turn.
    """
    queue: Queue[tuple[Made | None, BaseException | None]] = Queue(results)
    unwanted = threading.Event()

    def put(result: Made | None, error: BaseException | None) -> None:
        while not unwanted.is_set():
            with suppress(Full):
                queue.put((result, error), timeout=_LOOK_S)
                break

    def work() -> None:
        try:
            for result in made:
                put(result, None)
                if unwanted.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:  # noqa: BLE001 — it is raised where the result would have been
            put(None, error)
        finally:
            if isinstance(made, Generator):
                made.close()

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        while True:
            try:
                result, error = queue.get(timeout=_LOOK_S)
            except Empty:
                continue
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            assert result is not None
            yield result
    finally:
        unwanted.set()
        thread.join()
