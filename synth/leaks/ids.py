"""Ids: their digits, bits, beginnings and order, and what comes out where a permutation is undone.

An id of n bits that is a linear function of a number which knows the label (the number XOR a key, a xorshift, bits that
change places) has a sum of bits, modulo 2, that is the label: Gaussian elimination finds it without the key.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask, Values
from synth.leaks.columns import Column
from synth.leaks.compare import compare_all
from synth.leaks.findings import Effect, Finding, Tests
from synth.leaks.scene import Look, Scene, Subject, tags_of

#: Ids of larger numbers than this are names; smaller ones count something, and their bits say what their size says.
_NAMES_FROM = 1 << 24

#: Values, as if all were as frequent, that an id needs: one that counts something, and one that is a name.
_FEWEST_VALUES, _FEWEST_NAMES = 1000, 100

#: Rows of each label on which a sum of bits is sought, and characters of a text that are looked at.
_EQUATIONS, _CHARACTERS = 160, 12


def _times(values: "np.ndarray", factor: int, bits: int) -> "np.ndarray":
    return (values * np.uint64(pow(factor, -1, 1 << bits))) & np.uint64((1 << bits) - 1)


def _unshift(values: "np.ndarray", by: int, bits: int = 64) -> "np.ndarray":
    """Undoes ``z ^= z >> by``."""
    found = values
    for _ in range(bits // by):
        found = values ^ (found >> np.uint64(by))
    return found


def _splitmix(values: Int64) -> Int64:
    """Undoes the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = _unshift(values.astype(np.uint64), 31)
    z = _unshift(_times(z, 0x94D049BB133111EB, 64), 27)
    return _unshift(_times(z, 0xBF58476D1CE4E5B9, 64), 30).astype(np.int64)


def _murmur(values: Int64) -> Int64:
    """Undoes fmix64 of MurmurHash3 (Appleby 2011)."""
    z = _unshift(values.astype(np.uint64), 33)
    z = _unshift(_times(z, 0xC4CEB9FE1A85EC53, 64), 33)
    return _unshift(_times(z, 0xFF51AFD7ED558CCD, 64), 33).astype(np.int64)


def _knuth(values: Int64) -> Int64:
    """Undoes Knuth's multiplicative hash of 32 bits (1973, 6.4)."""
    return _times(values.astype(np.uint64), 2654435761, 32).astype(np.int64)


def _own(values: Int64) -> Int64:
    """Undoes what names sessions and devices here: three rounds of an odd factor and a fold, in 53 bits."""
    z = values.astype(np.uint64) & np.uint64((1 << 53) - 1)
    for factor in (0x14D049BB133111, 0x1F58476D1CE4E5, 0x1E3779B97F4A7D):
        z = _times(_unshift(z, 27, 53), factor, 53)
    return z.astype(np.int64)


#: Public permutations, undone; a key that was XORed in before changes all bits of what comes out alike.
UNDONE: Mapping[str, Callable[[Int64], Int64]] = {
    "as it is": lambda values: values,
    "synth's own permutation undone": _own,
    "SplitMix64 undone": _splitmix,
    "MurmurHash3 undone": _murmur,
    "Knuth's hash undone": _knuth,
}


def check(scene: Scene, family: str = "ids", stratum_n: Int64 | None = None) -> Tests:
    """Compares the ids of fraud rows with those of genuine ones.

    Args:
        stratum_n: (n,) a number from 0; rows are compared with those of the same one alone. None: with all.
    """
    tests = Tests(family)
    for column in scene.columns.values():
        if column.kind == "key" and not column.table and _tells_rows_apart(column):
            looks = (replace(look, group=column.name) for look in looks_at(scene, column))
            compare_all(scene, tests, looks, stratum_n)
            for subject in scene.subjects:
                tests.add(_sum_of_bits(scene, tests.family, column, subject))
    return tests


def _tells_rows_apart(column: Column) -> bool:
    """Whether an id has so many values that digits say nothing of whom it names: the inverse of Simpson's index."""
    _, count = np.unique(column.values_t[column.values_t >= 0], return_counts=True)
    if not len(count):
        return False
    return float(count.sum()) ** 2 / float((count.astype(np.float64) ** 2).sum()) >= (
        _FEWEST_NAMES if column.values_t.max(initial=0) >= _NAMES_FROM else _FEWEST_VALUES
    )


def looks_at(scene: Scene, column: Column) -> Iterator[Look]:
    """Everything about the digits and bits of an id."""
    if column.texts is not None:
        yield from _texts(scene, column)
        return
    value_n = column.values_t[scene.row_n].astype(np.int64)
    there = value_n >= 0
    yield scene.codes(f"last digit of {column.name}", (), np.where(there, value_n % 10, -1), 10)
    for undone, undo in UNDONE.items():
        if undone != "as it is" and value_n.max(initial=0) < _NAMES_FROM:
            continue
        bits_n = undo(np.where(there, value_n, 0))
        yield from _bits(scene, column, undone, bits_n, there)
    if _is_distinct(column.values_t):
        order = np.argsort(np.argsort(column.values_t[scene.row_n], kind="stable"), kind="stable")
        yield scene.quantiles(
            f"order of {column.name} beside that of the rows", (), (order - np.arange(len(order))).astype(np.float64)
        )


def _is_distinct(values_t: Values) -> bool:
    return len(np.unique(values_t)) == len(values_t)


def _bits(scene: Scene, column: Column, undone: str, bits_n: Int64, there: Mask) -> Iterator[Look]:
    """The bits of an id: one by one, their parity, and the low ones together."""
    large = bits_n.max(initial=0) >= _NAMES_FROM
    name = column.name if undone == "as it is" else f"{column.name}, {undone}"
    for bit in range(_length(bits_n) if large else 1):
        yield scene.codes(f"bit {bit} of {name}", (), np.where(there, bits_n >> bit & 1, -1), 2)
    parity_n = np.bitwise_count(bits_n.view(np.uint64)).astype(np.int64) % 2
    yield scene.codes(f"parity of the bits of {name}", (), np.where(there, parity_n, -1), 2)
    if large:
        yield scene.codes(f"{name}, modulo 64", (), np.where(there, bits_n & 63, -1), 64)
        yield scene.quantiles(f"size of {name}", (), np.where(there, bits_n, np.nan).astype(np.float64))


def _length(bits_n: Int64) -> int:
    """Bits of the longest of some numbers."""
    return 64 if bits_n.min(initial=0) < 0 else int(bits_n.max(initial=1)).bit_length()


def _texts(scene: Scene, column: Column) -> Iterator[Look]:
    """Characters and lengths of ids that are texts."""
    assert column.texts is not None
    code_n = column.values_t[scene.row_n].astype(np.int64)
    used, place_n = np.unique(code_n, return_inverse=True)
    texts = column.texts.take(pa.array(np.maximum(used, 0)))
    there = code_n >= 0
    for feature, of_k, bins in _letters(texts):
        seen = np.where(there, of_k[place_n], -1)
        tags = tags_of(column) if column.name == "card_number" else ()
        yield scene.codes(f"{feature} of {column.name}", tags, seen, bins)


def _letters(texts: pa.Array) -> Iterator[tuple[str, Int64, int]]:
    """Features of texts: name, code of each text, number of codes."""
    length_k = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    yield "length", np.minimum(length_k, 99), 100
    most = int(min(length_k.max(initial=0), _CHARACTERS))
    for place in range(most):
        for end, start in ((f"character {place + 1}", place), (f"character {place + 1} from the end", -place - 1)):
            stop = start + 1 if start != -1 else None
            coded = pc.utf8_slice_codeunits(texts, start, stop).dictionary_encode()
            yield end, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(coded.dictionary)


def _sum_of_bits(scene: Scene, family: str, column: Column, subject: Subject) -> Finding | None:
    """A sum of bits that is the label of every row, where there is one."""
    if column.texts is not None:
        return None
    value_t = column.values_t.astype(np.int64)
    if value_t.max(initial=0) < _NAMES_FROM:
        return None
    chosen, fraud_n = scene.mine(subject)
    value_n = value_t[scene.row_n[chosen]]
    distinct_f, distinct_g = np.unique(value_n[fraud_n]), np.unique(value_n[~fraud_n])
    split = _linear(distinct_f, distinct_g, scene, subject)
    if split is None:
        return None
    return _undone(family, column, subject, len(distinct_f), len(distinct_g))


def _undone(family: str, column: Column, subject: Subject, fraud: int, genuine: int) -> Finding:
    message = f"a sum of bits of {column.name}, modulo 2, is the label: the permutation of the id can be undone"
    effect = Effect("share", 1.0, 1 - 3 / fraud, 1.0)
    odds = -0.69 * (fraud + genuine - 64)
    return Finding(
        family,
        subject.scenario,
        f"bits of {column.name}",
        (column.name,),
        message,
        effect,
        odds,
        fraud,
        fraud,
        0,
        certain=True,
    )


def _linear(fraud: Int64, genuine: Int64, scene: Scene, subject: Subject) -> Int64 | None:
    """The bits whose sum, modulo 2, tells all of the first from all of the others; None where no sum does.

    Solved on some of them, tried on the rest: with many more rows than bits chance finds nothing.
    """
    if min(len(fraud), len(genuine)) < 20:
        return None
    rng = scene.streams.draw(f"bits/{subject.scenario}")
    some_f, some_g = (rng.permutation(each)[:_EQUATIONS] for each in (fraud, genuine))
    values = np.concatenate([some_f, some_g])
    bits = ((values[:, None] >> np.arange(63)) & 1).astype(np.uint8)
    system = np.column_stack([bits, np.ones(len(values), np.uint8), np.repeat([1, 0], [len(some_f), len(some_g)])])
    solution = _solve(system.astype(np.uint8))
    if solution is None or not solution[:63].any():
        return None
    mask = int((solution[:63].astype(np.int64) << np.arange(63)).sum())
    side_f, side_g = (np.bitwise_count(each & mask) % 2 for each in (fraud, genuine))
    whole = len(np.unique(side_f)) == len(np.unique(side_g)) == 1 and side_f[0] != side_g[0]
    return np.array([mask]) if whole and len(values) > 63 + 20 else None


def _solve(system: "np.ndarray") -> "np.ndarray | None":
    """A solution of linear equations modulo 2, the right side last; None where there is none."""
    system, row, pivots = system.copy(), 0, []
    for column in range(system.shape[1] - 1):
        hit = np.flatnonzero(system[row:, column])
        if not len(hit):
            continue
        system[[row, row + hit[0]]] = system[[row + hit[0], row]]
        others = np.flatnonzero(system[:, column])
        system[others[others != row]] ^= system[row]
        pivots.append(column)
        row += 1
        if row == len(system):
            break
    if system[row:, -1].any():
        return None
    solution = np.zeros(system.shape[1] - 1, dtype=np.uint8)
    solution[pivots] = system[: len(pivots), -1]
    return solution
