"""Some transactions with their truth, and what makes a part of the report of them."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, SupportsFloat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.check.verify.rows import ReadRows

#: What tells cards, people and shops apart, in the order of preference.
CARD = "card_id|card_number|customer_id"
CUSTOMER = "customer_id|card_id|card_number"
SHOP = "merchant_id|terminal_id"
AMOUNT = "amount|amount_minor"


@dataclass(frozen=True)
class CountedRows(ReadRows):
    """Some transactions that follow each other.

    Attributes:
        seen: how many fraud rows came before these.
        codes: event column → the numbers of its values; shared by all rows of an output.
    """

    seen: int = 0
    codes: "defaultdict[str, Codes]" = field(default_factory=lambda: defaultdict(Codes))
    _coded: dict[str, Int64] = field(default_factory=dict)

    @cached_property
    def fraud_t(self) -> Mask:
        """(t,) whether a row is fraud."""
        fraud_t = np.zeros(self.count, dtype=np.bool_)
        fraud_t[self.fraud] = True
        return fraud_t

    def coded(self, source: str) -> tuple["Codes", Int64]:
        """The numbers of a column's values, and (t,) which one each row has; -1 for null."""
        if source not in self._coded:
            self._coded[source] = self.codes[source].of(self.columns[source])
        return self.codes[source], self._coded[source]


def named(need: str, columns: Mapping[str, Any]) -> str:
    """The first of the alternatives that there is; empty where there is none."""
    return next((name for name in need.split("|") if name in columns), "")


class Section(ABC):
    """A part of the report; ``needs`` names the event columns without which there is none, alternatives after a bar."""

    name: str
    needs: tuple[str, ...]
    problem = ""

    @abstractmethod
    def see(self, rows: CountedRows) -> None:
        """Counts the next rows; may note a ``problem``, for which the section is left out."""

    @abstractmethod
    def result(self) -> dict[str, Any]:
        """The figures, ready for JSON."""


class Codes:
    """A number for each value of a column, from 0 in the order in which they come.

    Attributes:
        values: the values so far.
    """

    def __init__(self) -> None:
        self.values: pa.Array | None = None

    def __len__(self) -> int:
        return 0 if self.values is None else len(self.values)

    @property
    def names(self) -> list[str]:
        """The values as texts."""
        return [] if self.values is None else [str(value) for value in self.values.to_pylist()]

    def of(self, column: pa.Array) -> Int64:
        """(t,) int64 codes; -1 for null."""
        encoded = column.dictionary_encode()
        here = encoded.dictionary
        if self.values is None:
            self.values = here.slice(0, 0)
        code_v = pc.index_in(here, value_set=self.values)
        new = code_v.is_null()
        self.values = pa.concat_arrays([self.values, here.filter(new)])
        numbers_v = np.asarray(code_v.fill_null(-1)).astype(np.int64)
        numbers_v[numbers_v < 0] = np.arange(len(self.values) - int((numbers_v < 0).sum()), len(self.values))
        codes: Int64 = np.append(numbers_v, -1)[np.asarray(encoded.indices.fill_null(-1))]
        return codes


def figure(found: float | None, recipe: float | None = None) -> dict[str, float | None]:
    """What was found, beside what the recipe asks for; None where it cannot be told."""
    return {"found": found, "recipe": recipe}


def share(part: SupportsFloat, whole: SupportsFloat) -> float | None:
    """A part of a whole; None of nothing."""
    return float(part) / float(whole) if float(whole) else None


def added(total_i: Int64, code_t: Int64) -> Int64:
    """(i,) the counts with one more for each code; as long as the largest code asks for."""
    count_i = np.bincount(code_t, minlength=len(total_i))
    count_i[: len(total_i)] += total_i
    return count_i
