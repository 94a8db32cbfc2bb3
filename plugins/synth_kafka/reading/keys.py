"""Where keys belong: Java's default partitioner, https://github.com/apache/kafka Utils.murmur2, for many at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_SEED, _FACTOR, _SHIFT = 0x9747B28C, 0x5BD1E995, 24
_WORD = 4


def partitions_of(keys: Sequence[bytes], partitions: int) -> npt.NDArray[np.int64]:
    """(k,) int64 partition of each key."""
    length_k = np.array([len(key) for key in keys], dtype=np.int64)
    found_k = np.empty(len(keys), dtype=np.int64)
    for length in np.unique(length_k):
        same = np.flatnonzero(length_k == length)
        text = np.frombuffer(b"".join(keys[k] for k in same), dtype=np.uint8).reshape(len(same), int(length))
        found_k[same] = (_murmur2(text) & 0x7FFFFFFF) % partitions
    return found_k


def _murmur2(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """(k,) uint32 hash of each row of bytes."""
    rows, length = text.shape
    factor, whole = np.uint32(_FACTOR), length - length % _WORD
    hash_k = np.full(rows, _SEED ^ length, dtype=np.uint32)
    for word_k in np.ascontiguousarray(text[:, :whole]).view("<u4").T if whole else ():
        word_k = word_k * factor
        word_k ^= word_k >> np.uint32(_SHIFT)
        hash_k = hash_k * factor ^ word_k * factor
    for place in reversed(range(whole, length)):
        hash_k ^= text[:, place].astype(np.uint32) << np.uint32(8 * (place - whole))
    if length % _WORD:
        hash_k *= factor
    hash_k ^= hash_k >> np.uint32(13)
    hash_k *= factor
    return hash_k ^ hash_k >> np.uint32(15)
