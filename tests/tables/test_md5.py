"""MD5 of many messages at once, against hashlib."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.tables.md5 import MESSAGE_MAX, md5_hex

# RFC 1321, appendix A.5: those of the test suite's messages that fit into one block.
RFC_1321 = {
    b"": "d41d8cd98f00b204e9800998ecf8427e",
    b"a": "0cc175b9c0f1b6a831c399e269772661",
    b"abc": "900150983cd24fb0d6963f7d28e17f72",
    b"message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    b"abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
}


def digests(messages: list[bytes]) -> list[str]:
    chars = np.zeros((len(messages), 64), dtype=np.uint8)
    for row, message in enumerate(messages):
        chars[row, : len(message)] = np.frombuffer(message, dtype=np.uint8)
    length = np.array([len(message) for message in messages], dtype=np.int64)
    return [bytes(row).decode() for row in md5_hex(chars, length)]


@pytest.mark.parametrize(("message", "digest"), RFC_1321.items())
def test_the_published_digests(message: bytes, digest: str) -> None:
    assert digests([message]) == [digest]


@given(st.lists(st.binary(max_size=MESSAGE_MAX), min_size=1, max_size=40))
def test_every_message_has_the_digest_that_hashlib_gives(messages: list[bytes]) -> None:
    assert digests(messages) == [hashlib.md5(message).hexdigest() for message in messages]


def test_every_length_up_to_the_longest() -> None:
    messages = [b"\xff" * length for length in range(MESSAGE_MAX + 1)]
    assert digests(messages) == [hashlib.md5(message).hexdigest() for message in messages]


def test_no_message_changes_its_neighbour() -> None:
    together = digests([b"one", b"two", b"three" * 11])
    assert together == [digests([message])[0] for message in (b"one", b"two", b"three" * 11)]


def test_no_messages() -> None:
    assert md5_hex(np.zeros((0, 64), dtype=np.uint8), np.zeros(0, dtype=np.int64)).shape == (0, 32)
