"""MD5 of many short messages at once, as array operations on 32-bit words (RFC 1321).

hashlib takes one message a call, which costs more than the hash itself on 40-byte messages: on one core this is about
seven times faster than a loop over hashlib.md5 (benchmarks/README.md), and it releases the interpreter lock. A message
must fit into one 64-byte block: 55 bytes at most.
"""

import math
from functools import cache

import numpy as np

from synth.arrays import Bytes, Int64, Words

MESSAGE_MAX = 55
_SINES = [np.uint32(int(abs(math.sin(i + 1)) * 2**32)) for i in range(64)]
_SHIFTS = [7, 12, 17, 22] * 4 + [5, 9, 14, 20] * 4 + [4, 11, 16, 23] * 4 + [6, 10, 15, 21] * 4
_WORD = [
    *range(16),
    *((5 * i + 1) % 16 for i in range(16)),
    *((3 * i + 5) % 16 for i in range(16)),
    *(7 * i % 16 for i in range(16)),
]
_START = [np.uint32(word) for word in (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)]


@cache
def _hex() -> Words:
    """(65536,) for two bytes, the first one the lower, the four hex digits that print them, packed."""
    one = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)
    both = np.arange(1 << 16)
    return np.stack([one[both & 0xFF], one[both >> 8]], axis=1).view(np.uint32).ravel()


def md5_hex(message: Bytes, length: Int64) -> Bytes:
    """The digests as text. Some 10,000 messages a call are fastest: the working arrays then stay in the cache.

    Args:
        message: (n, 64) uint8, each row a message, zero from its end on. Is padded in place.
        length: (n,) message lengths, at most 55.

    Returns:
        (n, 32) uint8 of lower-case hex digits.
    """
    message[np.arange(len(message)), length] = 0x80
    message[:, 56] = (length * 8) & 0xFF
    message[:, 57] = (length * 8) >> 8
    words = np.ascontiguousarray(message.view("<u4").T)
    digest = np.stack(_compress(words), axis=1).astype("<u4", copy=False)
    # By index, not by np.take: that would first widen all indices to 64 bits.
    packed: Words = _hex()[digest.view("<u2")]
    return packed.view(np.uint8)


def _compress(words: Words) -> list[Words]:
    """The four words of each digest, from (16, n) message words."""
    used = [bool(word.any()) for word in words]
    a, b, c, d = (np.full(words.shape[1], word) for word in _START)
    mix = np.empty_like(a)
    spare = np.empty_like(a)
    for step in range(64):
        _mix(step // 16, b, c, d, mix)
        np.add(mix, a, out=mix)
        if used[_WORD[step]]:
            np.add(mix, words[_WORD[step]], out=mix)
        np.add(mix, _SINES[step], out=mix)
        np.left_shift(mix, np.uint32(_SHIFTS[step]), out=spare)
        np.right_shift(mix, np.uint32(32 - _SHIFTS[step]), out=mix)
        np.bitwise_or(mix, spare, out=mix)
        np.add(mix, b, out=mix)
        a, b, c, d, mix = d, mix, b, c, a
    return [state + start for state, start in zip((a, b, c, d), _START, strict=True)]


def _mix(turn: int, b: Words, c: Words, d: Words, out: Words) -> None:
    """The function of a round: F, G, H or I."""
    if turn == 0:
        np.bitwise_xor(c, d, out=out)
        np.bitwise_and(out, b, out=out)
        np.bitwise_xor(out, d, out=out)
    elif turn == 1:
        np.bitwise_xor(b, c, out=out)
        np.bitwise_and(out, d, out=out)
        np.bitwise_xor(out, c, out=out)
    elif turn == 2:
        np.bitwise_xor(b, c, out=out)
        np.bitwise_xor(out, d, out=out)
    else:
        np.bitwise_not(d, out=out)
        np.bitwise_or(out, b, out=out)
        np.bitwise_xor(out, c, out=out)
