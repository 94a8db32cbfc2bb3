"""Whose card a row is of, where the view shows no card number: by the tables that list the cards."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from synth.check.verify.truth import Columns


@dataclass(frozen=True)
class CardNames:
    """How the rows of an output name their card.

    Attributes:
        source: the event column that does; empty where none does.
        number_c: (c,) card numbers by the card's index; None where no table lists them.
    """

    source: str
    number_c: pa.StringArray | None

    @classmethod
    def of(cls, shown: Mapping[str, str], tables: Mapping[str, Columns | None], *, alone: bool) -> "CardNames":
        """What the view and the tables allow.

        Args:
            shown: event column → name of the column.
            tables: all that were read whole.
            alone: whether each customer has one card, which then has the customer's index.
        """
        listed = (columns for columns in (tables.get("cards"), tables.get("holders")) if columns)
        number_c = next((columns["card_number"] for columns in listed if "card_number" in columns), None)
        names = ("card_number", "card_id", *(("customer_id",) if alone else ()))
        return cls(next((name for name in names if name in shown), ""), number_c)

    @property
    def told(self) -> set[str]:
        """The columns that ``add`` adds."""
        listed = bool(self.source) and self.number_c is not None
        numbered, indexed = listed or self.source == "card_number", listed or self.source in ("card_id", "customer_id")
        names = {"card": bool(self.source), "card_number": numbered, "card_id": indexed}
        return {name for name, known in names.items() if known}

    def add(self, columns: dict[str, pa.Array]) -> None:
        """Adds ``card``, which tells cards apart, and number and index of the card where they can be known.

        A number that no table lists has the index -1.
        """
        if not self.source:
            return
        columns["card"] = columns[self.source]
        if self.source != "card_number":
            columns["card_id"] = columns[self.source]
            if self.number_c is not None:
                columns["card_number"] = columns["card"] = self.number_c.take(columns[self.source])
        elif self.number_c is not None and "card_id" not in columns:
            columns["card_id"] = pc.index_in(columns["card_number"], self.number_c).cast("int64").fill_null(-1)
