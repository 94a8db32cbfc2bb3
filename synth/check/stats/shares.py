"""Counts the values of a column of few values, whatever the column is called."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from synth.check.stats.rows import Codes, CountedRows, Section, added, figure, share

if TYPE_CHECKING:
    from synth.arrays import Int64

#: A column of more values than this is left out.
MOST = 100

#: The channel of standing orders.
RECURRING = "recurring"


class Shares(Section):
    """Shares of a column's values among the genuine rows, and among fraud."""

    def __init__(self, column: str, recipe: Mapping[str, float]) -> None:
        """``recipe`` holds the share that the recipe asks for of each value; empty where it cannot be told."""
        self.name, self.needs = f"shares of {column}", (column,)
        self.column, self.recipe, self.codes = column, recipe, Codes()
        self.count_i: Int64 = np.zeros(0, dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Counts values; a missing one counts as a value."""
        self.codes, code_t = rows.coded(self.column)
        if len(self.codes) > MOST:
            self.problem = f"it has more than {MOST} values"
            return
        self.count_i = added(self.count_i, 2 * (code_t + 1) + rows.fraud_t)

    def result(self) -> dict[str, Any]:
        """Value → its shares, by name; a missing value is called ``null``."""
        names = ["null", *self.codes.names]
        count_vk = np.pad(self.count_i, (0, 2 * len(names) - len(self.count_i))).reshape(-1, 2)
        genuine, fraud = count_vk.sum(axis=0)
        found: dict[str, dict[str, Any]] = {
            name: {
                "rows": int(count_k.sum()),
                "genuine": figure(share(count_k[0], genuine), self.recipe.get(name)),
                "fraud": figure(share(count_k[1], fraud)),
            }
            for name, count_k in zip(names, count_vk, strict=True)
            if count_k.sum()
        }
        return dict(sorted(found.items()))


def use_of_cards(channels: Mapping[str, Any]) -> dict[str, Any]:
    """How cards are used, from the shares of the channels, genuine rows only; empty where none of them is the web."""
    if "online" not in channels:
        return {}
    genuine = {name: value["genuine"] for name, value in channels.items()}
    found, recipe = (_uses({name: share[side] for name, share in genuine.items()}) for side in ("found", "recipe"))
    return {name: figure(found[name], recipe[name]) for name in found if name != RECURRING or RECURRING in channels}


def _uses(share: Mapping[str, float | None]) -> dict[str, float | None]:
    """What is neither on the web nor a standing order happens at a terminal."""
    online, recurring, contactless = (share.get(name, 0.0) for name in ("online", RECURRING, "contactless"))
    present = None if online is None or recurring is None else 1 - online - recurring
    tapped = contactless / present if contactless and present else None
    return {"online": online, "card_present": present, "contactless_of_card_present": tapped, RECURRING: recurring}


class Web(Section):
    """How much of each category is bought on the web, of the genuine rows that are no standing orders."""

    name, needs = "web", ("channel", "category")

    def __init__(self, online: Mapping[str, float]) -> None:
        """``online`` is the share that the recipe asks for of each category."""
        self.online, self.codes = online, Codes()
        self.web_k: Int64 = np.zeros(0, dtype=np.int64)
        self.all_k: Int64 = np.zeros(0, dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Counts rows."""
        self.codes, code_t = rows.coded("category")
        if len(self.codes) > MOST:
            self.problem = f"category has more than {MOST} values"
            return
        web_t, due_t = (
            np.asarray(pc.equal(rows.columns["channel"], name).fill_null(False)).astype(np.bool_)
            for name in ("online", RECURRING)
        )
        known_t = (code_t >= 0) & ~rows.fraud_t & ~due_t
        self.all_k = added(self.all_k, code_t[known_t])
        self.web_k = added(self.web_k, code_t[known_t & web_t])

    def result(self) -> dict[str, Any]:
        """Category → share on the web."""
        web_k = np.pad(self.web_k, (0, len(self.all_k) - len(self.web_k)))
        return {
            name: figure(share(web, total), self.online.get(name))
            for name, web, total in sorted(zip(self.codes.names, web_k, self.all_k, strict=False))
            if total
        }
