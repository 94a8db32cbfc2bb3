"""Work that travels: saved once to a file, mapped by any number of processes on any machine that has a copy.

The file is a size and JSON of that size, the sources of modules that no worker could import, a pickle, and the buffers
of its arrays, aligned: they are never copied into a process. It is read by the processes that its writer starts, and by
nobody else.
"""

import io
import json
import mmap
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from typing_extensions import Buffer

from synth import __version__
from synth.contracts.arithmetic import fingerprint_arithmetic
from synth.contracts.carried import carried_modules, import_carried
from synth.errors import RefusedError, SynthError, blaming
from synth.libraries import versions_of

#: Vector instructions like their operands so; it is the size of a cache line.
_ALIGNED = 64


#: Before the JSON stands how long it is.
_SIZE = struct.Struct("<Q")


def _arrives() -> None:
    """Nothing has to be there."""


@dataclass(frozen=True)
class Shipment:
    """Work on blocks that other processes can do.

    Attributes:
        work: makes a block.
        arrive: is called before each block in another process; raises a ``SynthError`` where it could not work there.
        libraries: packages that decide bytes, beside those of every run; a worker needs the same versions.
    """

    work: Callable[[int], object]
    arrive: Callable[[], None] = _arrives
    libraries: tuple[str, ...] = ()

    def __call__(self, block: int) -> None:
        """Makes a block. It is safe to do so twice, at once, too.

        Raises:
            SynthError: it cannot be made; to try again is of no use.
        """
        self.arrive()
        self.work(block)

    @staticmethod
    def attempt(load: "Callable[[], Shipment]", block: int) -> SynthError | None:
        """Loads a shipment, makes a block of it, and returns what stopped either.

        It is for engines that try again where something is raised, which is of no use where the worker survives it.
        """
        try:
            with blaming("a worker"):
                load()(block)
        except SynthError as error:
            return error
        return None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it to a file.

        Raises:
            RefusedError: a part of it is of a module that no other process can import.
        """
        stream, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
        pickler = _Pickler(stream, protocol=5, buffer_callback=buffers.append)
        pickler.dump(self)
        carried = carried_modules(pickler.modules)
        sources = [content for files in carried.values() for content in files.values()]
        views = [buffer.raw() for buffer in buffers]
        head = {
            "versions": _versions(self.libraries),
            "arithmetic": fingerprint_arithmetic(),
            "modules": {name: {file: len(text) for file, text in files.items()} for name, files in carried.items()},
            "pickle": stream.getbuffer().nbytes,
            "buffers": [view.nbytes for view in views],
        }
        with Path(path).open("wb") as file:
            line = json.dumps(head).encode()
            file.write(_SIZE.pack(len(line)) + line)
            for source in sources:
                file.write(source)
            file.write(stream.getbuffer())
            for view in views:
                file.write(bytes(-file.tell() % _ALIGNED))
                file.write(view)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Shipment":
        """Maps a file; of one that this process has loaded last it gives the same again.

        Raises:
            RefusedError: this process has other versions or another arithmetic than the one that saved it, or lacks a
                module.
        """
        there = Path(path).stat()
        return _load(os.fspath(path), there.st_ino, there.st_mtime_ns, there.st_size)

    @staticmethod
    def read(content: Buffer) -> "Shipment":
        """A file's content, for whoever has it in memory that processes share; it has to stay there.

        Raises:
            RefusedError: as ``load``.
        """
        return _read(memoryview(content).cast("B").toreadonly())


@lru_cache(maxsize=1)
def _load(path: str, *_stamp: int) -> Shipment:
    with Path(path).open("rb") as file:
        return _read(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _read(view: memoryview) -> Shipment:
    at = _SIZE.size + _SIZE.unpack_from(view)[0]
    head: dict[str, Any] = json.loads(bytes(view[_SIZE.size : at]))
    _refuse_others(head)
    modules: dict[str, dict[str, bytes]] = {}
    for name, files in head["modules"].items():
        modules[name] = {}
        for each, size in files.items():
            modules[name][each] = bytes(view[at : at + size])
            at += size
    import_carried(modules)
    body = view[at : at + head["pickle"]]
    at += head["pickle"]
    buffers = []
    for size in head["buffers"]:
        at += -at % _ALIGNED
        buffers.append(view[at : at + size])
        at += size
    try:
        return cast("Shipment", pickle.loads(body, buffers=buffers))
    except (ImportError, AttributeError) as error:
        message = f"a worker cannot import what the run is made of: {error}; install there what is installed here"
        raise RefusedError(message) from error


def _versions(libraries: tuple[str, ...]) -> dict[str, str]:
    return {"synth": __version__, **versions_of(libraries)}


def _refuse_others(head: Mapping[str, Any]) -> None:
    """Holds this process to the one that saved a shipment."""
    there: dict[str, str] = head["versions"]
    here = _versions(tuple(name for name in there if name not in ("synth", "python")))
    told = [
        f"{name} {here.get(name) or 'none'}, and the run {version}"
        for name, version in there.items()
        if here.get(name) != version
    ]
    if not told and head["arithmetic"] != fingerprint_arithmetic():
        told = ["a processor or a C library that rounds exp, log, power or a sampler otherwise"]
    if told:
        raise RefusedError(f"a worker would not make the same bytes: it has {'; '.join(told)}")


class _Pickler(pickle.Pickler):
    """Notes the modules of classes and functions, and lays strided arrays out so that they need not be copied later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        """Changes nothing but the layout of arrays."""
        if isinstance(obj, type) or type(obj).__name__ == "function":
            self.modules.add(obj.__module__ or "builtins")
        elif type(obj) is np.ndarray and not (obj.flags.c_contiguous or obj.flags.f_contiguous):
            return np.ascontiguousarray(obj).__reduce_ex__(5)
        return NotImplemented
