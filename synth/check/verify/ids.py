"""Checks of the transaction ids."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import UInt64
from synth.check.verify.rows import ReadRows, RowCheck
from synth.contracts.output import ColumnEntry

#: Of this many transaction ids, one is hashed anew, besides those of all fraud rows.
SAMPLED = 50


class UniqueIds(RowCheck):
    """No transaction id comes twice.

    All ids as texts would take gigabytes. An md5 is as good as random, so that its first 8 bytes tell nearly all ids
    apart: of n ids, two agree there by chance with probability n^2 / 2^65, one in a million for 5.4 M. Only ids that
    agree there are compared in full, in a second pass.
    """

    name, needs = "ids unique", ("tid",)

    def __init__(self, rows: int, again: Callable[[], Iterator[pa.Array]], form: "IdForm") -> None:
        super().__init__()
        self.form = form
        self.prefix = np.empty(rows, dtype=np.uint64)
        self.count = 0
        self.again = again

    def see(self, rows: ReadRows) -> None:
        """Keeps the prefixes."""
        prefix = self.form.prefixes(rows.columns["tid"])
        if prefix is None:
            where = f"rows {rows.first:,} to {rows.first + rows.count - 1:,}"
            self.problem = f"an id in {where} is not {self.form.said}"
            return
        prefix = prefix[: len(self.prefix) - self.count]
        self.prefix[self.count : self.count + len(prefix)] = prefix
        self.count += len(prefix)

    def finish(self) -> str:
        """Sorts, and compares what agrees in the prefix."""
        ordered = self.prefix[: self.count]
        ordered.sort()
        suspects = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        found: Counter[str] = Counter()
        for tids in self.again() if suspects.size else ():
            prefix = self.form.prefixes(tids)
            found.update(tids.filter(pa.array(np.isin(prefix, suspects))).to_pylist() if prefix is not None else ())
        tid, times = next(iter(found.most_common(1)), ("", 0))
        if times > 1:
            self.problem = f"id {tid} comes {times} times"
        return f"{self.count:,} ids, all different"


_NIBBLE = np.full(256, 255, dtype=np.uint8)
_NIBBLE[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = np.arange(16)


@dataclass(frozen=True)
class IdForm:
    """How an md5 is written.

    Attributes:
        said: in words.
        parts: how many hex digits stand between its dashes.
        version: of a UUID that says so, in its 13th digit, and the variant of RFC 9562 in its 17th; None: any digits.
    """

    said: str
    parts: tuple[int, ...]
    version: int | None = None

    def write(self, digits: str) -> str:
        """An md5 of 32 hex digits in this form."""
        if self.version is not None:
            variant = f"{int(digits[16], 16) & 0b0011 | 0b1000:x}"
            digits = f"{digits[:12]}{self.version}{digits[13:16]}{variant}{digits[17:]}"
        ends = list(accumulate(self.parts))
        return "-".join(digits[end - part : end] for part, end in zip(self.parts, ends, strict=True))

    def prefixes(self, tids: pa.StringArray) -> UInt64 | None:
        """(t,) uint64 of the first 16 hex digits; None when a text has another form."""
        if not len(tids):
            return np.empty(0, dtype=np.uint64)
        width = len(self.write("0" * 32))
        if pc.min_max(pc.binary_length(tids)).as_py() != {"min": width, "max": width}:
            return None
        chars = np.frombuffer(tids.buffers()[2], dtype=np.uint8)[
            tids.offset * width : (tids.offset + len(tids)) * width
        ]
        chars = chars.reshape(-1, width)
        dash = np.frombuffer(self.write("0" * 32).encode(), dtype=np.uint8) == ord("-")
        nibble = _NIBBLE[chars[:, ~dash] if dash.any() else chars]
        if nibble.max() > 15 or (chars[:, dash] != ord("-")).any():
            return None
        if self.version is not None and ((nibble[:, 12] != self.version) | (nibble[:, 16] >> 2 != 0b10)).any():
            return None
        return np.ascontiguousarray(nibble[:, 0:16:2] << 4 | nibble[:, 1:16:2]).view(">u8").ravel().astype(np.uint64)


PLAIN_ID = IdForm("32 hex digits", (32,))
_UUID = (8, 4, 4, 4, 12)
ID_FORMS = {
    "plain": PLAIN_ID,
    "uuid": IdForm("a UUID of lower-case hex digits", _UUID),
    "uuid4": IdForm("a UUID of version 4, of lower-case hex digits", _UUID, 4),
}
"""Format of a view's column of ids → how they are written."""


def form_of(columns: Sequence[ColumnEntry], name: str) -> IdForm:
    """How the ids of a column are written."""
    return ID_FORMS.get(next((column["format"] for column in columns if column["name"] == name), ""), PLAIN_ID)


class HashedIds(RowCheck):
    """An id is the md5 of time, card number and amount as the notebook prints them."""

    name, needs = "ids hashed", ("tid", "time", "card_number", "amount|amount_minor")

    def __init__(self, form: IdForm) -> None:
        super().__init__()
        self.form, self.hashed = form, 0

    def see(self, rows: ReadRows) -> None:
        """Hashes a sample and all fraud rows."""
        chosen = np.union1d(np.arange(-rows.first % SAMPLED, rows.count, SAMPLED), rows.fraud)
        index = pa.array(chosen)
        seconds = rows.columns["time"].take(index).cast(pa.timestamp("s", tz="UTC"), safe=False)
        texts = pc.strftime(seconds, format="%Y-%m-%d %H:%M:%S").to_pylist()
        cards, tids = (rows.columns[name].take(index).to_pylist() for name in ("card_number", "tid"))
        for row, time, card, minor, tid in zip(chosen, texts, cards, rows.minor[chosen].tolist(), tids, strict=True):
            message = f"{time}{card}{minor / 100!r}"
            if self.form.write(hashlib.md5(message.encode(), usedforsecurity=False).hexdigest()) != tid:
                self.problem = f"the id of row {rows.first + row:,} is not the md5 of {message!r}"
                return
        self.hashed += len(chosen)

    def finish(self) -> str:
        """How many."""
        return f"{self.hashed:,} ids hashed anew: every {SAMPLED}th row and all fraud rows"
