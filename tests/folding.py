"""The permutation of ids of an earlier release, multiplying and folding, which anybody can undo."""

import numpy as np

from synth.arrays import Int64
from synth.contracts.sessions import ID_BITS

#: Odd factors by which finalisers multiply.
FACTORS = (0x1E3779B97F4A7D, 0x1F58476D1CE4E5, 0x14D049BB133111)


def folded(code: Int64) -> Int64:
    z = code.astype(np.uint64)
    for factor in FACTORS:
        with np.errstate(over="ignore"):
            z = z * np.uint64(factor) & np.uint64((1 << ID_BITS) - 1)
        z ^= z >> np.uint64(ID_BITS // 2 + 1)
    return z.astype(np.int64)
