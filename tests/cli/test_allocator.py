"""A command's threads share the C library's memory: asked of glibc itself, in a process of its own."""

import subprocess
import sys

import pytest

COUNT = r"""
import ctypes, re, sys, tempfile, threading
from synth.cli.allocator import share_arenas

if sys.argv[1] == "shared":
    share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
ready, asked = threading.Event(), threading.Barrier(7)

def ask():
    libc.malloc(ctypes.c_size_t(100_000))
    asked.wait()
    ready.wait()

for _ in range(6):
    threading.Thread(target=ask).start()
asked.wait()
with tempfile.NamedTemporaryFile() as told:
    file = ctypes.c_void_p(libc.fopen(told.name.encode(), b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)
    print(len(re.findall("<heap nr", told.read().decode())))
ready.set()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library is not glibc")
def test_six_threads_share_two_arenas() -> None:
    shared, alone = (
        int(subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, check=True).stdout)
        for how in ("shared", "alone")
    )
    assert shared <= 2 < alone
