"""Times, amounts and card numbers as text: byte matrices in, Arrow strings out, no Python string in between."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from synth.arrays import Bytes, Int64, Mask, UInt64, Words
from synth.tables.arrow import texts_of

DAY_S = 86_400


@dataclass(frozen=True)
class Texts:
    """n short ASCII texts.

    Attributes:
        chars: (n, w) uint8, each row a text, zero from its end on.
        length: (n,) int64 text lengths; None where every text fills the width.
    """

    chars: Bytes
    length: Int64 | None = None

    @classmethod
    def from_arrow(cls, column: pa.StringArray) -> "Texts":
        """The texts of an Arrow column; nulls as empty texts."""
        lengths, data = texts_of(column)
        chars = np.frombuffer(data, dtype=np.uint8)
        width = int(lengths.max(initial=0))
        if len(lengths) and int(lengths.min()) == width:
            return cls(chars.reshape(len(lengths), width))
        padded = np.zeros((len(lengths), width), dtype=np.uint8)
        padded[np.arange(width) < lengths[:, None]] = chars
        return cls(padded, lengths.astype(np.int64))

    @classmethod
    def padded(cls, chars: Bytes, length: Int64) -> "Texts":
        """Texts of given lengths, which are forgotten where they all fill the width."""
        return cls(chars, None if bool((length == chars.shape[1]).all()) else length)

    def __len__(self) -> int:
        return len(self.chars)

    def lengths(self) -> Int64:
        """(n,) text lengths."""
        n, width = self.chars.shape
        return np.full(n, width, dtype=np.int64) if self.length is None else self.length

    def __getitem__(self, rows: slice) -> "Texts":
        return Texts(self.chars[rows], None if self.length is None else self.length[rows])

    def take(self, index: Int64) -> "Texts":
        """The texts at the given positions."""
        # take moves a row as a whole, an index its bytes
        return Texts(self.chars.take(index, axis=0), None if self.length is None else self.length[index])

    def replaced(self, rows: Mask, text: bytes) -> "Texts":
        """The same texts, but this one in the rows of a mask."""
        chars = np.zeros((len(self.chars), max(len(text), self.chars.shape[1])), dtype=np.uint8)
        chars[:, : self.chars.shape[1]] = self.chars
        chars[rows] = np.frombuffer(text.ljust(chars.shape[1], b"\0"), dtype=np.uint8)
        return Texts(chars, np.where(rows, len(text), self.lengths()))

    def to_arrow(self) -> pa.StringArray:
        """The same texts as an Arrow string column; zero-copy where they all fill the width."""
        n, width = self.chars.shape
        if self.length is None:
            offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32) if width else np.zeros(n + 1, dtype=np.int32)
            chars = np.ascontiguousarray(self.chars)
        else:
            offsets = np.zeros(n + 1, dtype=np.int32)
            np.cumsum(self.length, out=offsets[1:])
            chars = self.chars[np.arange(width) < self.length[:, None]]
        return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(chars))


#: The 19 bytes of ``2022-01-31 23:59:59`` as three numbers, so that rows are not moved byte by byte; the eighth byte
#: of the day is in two of them.
_PACKED_TIME = np.dtype(
    {"names": ["head", "tail", "clock"], "formats": ["<u8", "<u4", "<u8"], "offsets": [0, 7, 11], "itemsize": 19}
)


def _days(first: int, last: int) -> tuple[UInt64, Words]:
    """The texts of some days, each with a space behind it, packed: the first eight bytes and the last four."""
    days = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[D]")).astype("S10")
    chars = np.full((len(days), 11), ord(" "), dtype=np.uint8)
    chars[:, :10] = days.view(np.uint8).reshape(-1, 10)
    return chars[:, :8].copy().view("<u8").ravel(), chars[:, 7:].copy().view("<u4").ravel()


@cache
def _clock() -> UInt64:
    """(86400,) the texts 00:00:00 to 23:59:59, packed."""
    second = np.arange(DAY_S)
    two = _digits(100, 2)
    clock = np.full((DAY_S, 8), ord(":"), dtype=np.uint8)
    clock[:, 0:2] = two[second // 3600]
    clock[:, 3:5] = two[second // 60 % 60]
    clock[:, 6:8] = two[second % 60]
    return clock.view("<u8").ravel()


@cache
def _digits(count: int, width: int) -> Bytes:
    """(count, width) the numbers below ``count``, with leading zeros."""
    number = np.arange(count)
    return np.stack([number // 10**place % 10 + ord("0") for place in reversed(range(width))], axis=1).astype(np.uint8)


def divide(number: Int64, by: int) -> tuple[Int64, Int64]:
    """Quotient and remainder, as ``np.divmod``; three times faster, since NumPy vectorises only the division."""
    quotient = number // by
    return quotient, number - quotient * by


def time_texts(second_t: Int64) -> Texts:
    """``2022-01-31 23:59:59`` for each second since 1970-01-01 UTC.

    Args:
        second_t: (t,) int64, years 1 to 9999.
    """
    day_t, clock_t = divide(second_t, DAY_S)
    first = int(day_t.min()) if len(day_t) else 0
    last = int(day_t.max()) if len(day_t) else 0
    head, tail = _days(first, last)
    day_t -= first
    rows = np.empty(len(second_t), _PACKED_TIME)
    rows["head"], rows["tail"], rows["clock"] = head.take(day_t), tail.take(day_t), _clock().take(clock_t)
    return Texts(rows.view(np.uint8).reshape(len(rows), 19))


def iso_texts(time: Texts, *, naive: bool = False) -> Texts:
    """``2022-01-31T23:59:59Z`` from what ``time_texts`` made; naive: without the Z."""
    chars = np.full((len(time.chars), 19 if naive else 20), ord("Z"), dtype=np.uint8)
    chars[:, :19] = time.chars
    chars[:, 10] = ord("T")
    return Texts(chars)


#: Texts of whole numbers below this are packed into one 64-bit word.
WHOLE_LIMIT = 100_000_000


@cache
def _cents(fixed: bool) -> tuple[UInt64, Int64]:
    """For each number of cents, the packed text after the whole units, .0 (fixed: .00), .01, ..., and its length."""
    return _pack([f".{cents:02d}" if fixed or cents % 10 else f".{cents // 10}" for cents in range(100)])


@cache
def _wholes() -> tuple[UInt64, Int64]:
    """The numbers below 10,000 without leading zeros, packed, and their lengths."""
    return _pack([str(whole) for whole in range(10_000)])


@cache
def _tails() -> UInt64:
    """The numbers below 10,000 with leading zeros, packed."""
    return _pack([f"{whole:04d}" for whole in range(10_000)])[0]


def _pack(texts: list[str]) -> tuple[UInt64, Int64]:
    packed = np.array([int.from_bytes(text.encode(), "little") for text in texts], dtype=np.uint64)
    return packed, np.array([len(text) for text in texts], dtype=np.int64)


def amount_texts(minor_t: Int64, *, fixed: bool = False) -> Texts:
    """Amounts in major units as Python prints the float: 604.26, 0.3, 100.0; or, fixed, with two decimals: 0.30,
    100.00.

    Whole units and cents are looked up as packed bytes and joined by a shift.

    Args:
        minor_t: (t,) int64 minor units, 0 <= minor < 10^10.
    """
    whole_t, cents_t = divide(minor_t, 100)
    cents, cents_length = _cents(fixed)
    wholes, wholes_length = _wholes()
    if int(whole_t.max(initial=0)) < len(wholes):
        low_t, length_t = wholes[whole_t], wholes_length[whole_t]
    else:
        if int(whole_t.max()) >= WHOLE_LIMIT:
            raise ValueError(f"an amount reaches {WHOLE_LIMIT:,} major units")
        head_t, tail_t = divide(whole_t, len(wholes))
        length_t = np.where(head_t > 0, wholes_length[head_t] + 4, wholes_length[tail_t])
        long_t = wholes[head_t] | (_tails()[tail_t] << (wholes_length[head_t].astype(np.uint64) * np.uint64(8)))
        low_t = np.where(head_t > 0, long_t, wholes[tail_t])
    shift_t = length_t.astype(np.uint64) * np.uint64(8)
    fraction_t = cents[cents_t]
    words = np.zeros((len(minor_t), 2), dtype="<u8")
    words[:, 0] = low_t | np.left_shift(fraction_t, shift_t)
    words[:, 1] = np.right_shift(fraction_t, np.uint64(64) - shift_t)
    length_t = length_t + cents_length[cents_t]
    width = int(length_t.max(initial=0))
    return Texts(words.view(np.uint8)[:, :width], length_t)


#: Where the 32 hex digits of 128 bits stand in a UUID's 8-4-4-4-12.
_UUID_PLACES = [place for place, sign in enumerate("00000000-0000-0000-0000-000000000000") if sign != "-"]
_VERSION_PLACE, _VARIANT_PLACE = 14, 19


def uuid_texts(digits: Bytes) -> Texts:
    """``00112233-4455-6677-8899-aabbccddeeff`` for each row of (n, 32) hex digits."""
    chars = np.full((len(digits), 36), ord("-"), dtype=np.uint8)
    chars[:, _UUID_PLACES] = digits
    return Texts(chars)


def uuid4_texts(digits: Bytes) -> Texts:
    """As ``uuid_texts``, with the version 4 and the variant of RFC 9562 in the six bits that it keeps for these."""
    texts = uuid_texts(digits)
    variant = texts.chars[:, _VARIANT_PLACE]
    value = np.where(variant >= ord("a"), variant - ord("a") + 10, variant - ord("0"))
    texts.chars[:, _VERSION_PLACE] = ord("4")
    texts.chars[:, _VARIANT_PLACE] = np.frombuffer(b"89ab", dtype=np.uint8)[value & 3]
    return texts


def join_texts(parts: list[Texts], width: int) -> Texts:
    """Each row's texts one after the other, in rows of ``width`` bytes.

    Only the last part's lengths may differ freely; an earlier part with varying lengths is joined group by group.
    """
    n = len(parts[0].chars)
    chars = np.zeros((n, width), dtype=np.uint8)
    start: int | Int64 = 0
    for part in parts:
        w = part.chars.shape[1]
        if isinstance(start, int):
            chars[:, start : start + w] = part.chars
        else:
            for offset in np.unique(start):
                rows = np.flatnonzero(start == offset)
                chars[rows, int(offset) : int(offset) + w] = part.chars[rows]
        start = start + w if part.length is None else start + part.length
    return Texts(chars, np.full(n, start, dtype=np.int64) if isinstance(start, int) else start)
