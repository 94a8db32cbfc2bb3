"""Within a card: a row against the other rows of its card; and how much the card, the customer, the shop is used.

A row is given its rank among the rows of its card, ties in random order: where nothing leaks, all ranks are equally
likely, however many rows the card has.
"""

from collections.abc import Iterator

import numpy as np

from synth.arrays import Float, Int64
from synth.leaks.columns import Column
from synth.leaks.compare import compare_all
from synth.leaks.derived import Derived
from synth.leaks.findings import Tests
from synth.leaks.scene import Look, Scene, tags_of

#: Rows that are ranked; more of them say no more.
_MOST_ROWS = 200_000


def check(scene: Scene, derived: Derived) -> Tests:
    """Compares ranks within cards."""
    tests = Tests("within cards")
    compare_all(scene, tests, _looks(scene, derived))
    return tests


def check_exposure(scene: Scene, derived: Derived) -> Tests:
    """Compares how many rows those have whom a row names."""
    tests = Tests("exposure")
    compare_all(scene, tests, (scene.look_at(column) for column in derived.of("exposures")))
    return tests


def _looks(scene: Scene, derived: Derived) -> Iterator[Look]:
    if scene.card is None:
        return
    rows, amount = _of_victims(scene, derived), scene.columns.get("amount_minor")
    ranked = [*([amount] if amount else []), *derived.of("gaps", "distances", "repeats")]
    numbers = [c for c in scene.columns.values() if c.kind == "number" and c.root not in ("", c.name)]
    own = [c for c in numbers if c.root not in ("card_id", "card_number", "customer_id", "amount")]
    for column in [*ranked, *own]:
        rank_t = ranks(scene, rows, column)
        yield scene.ranks(f"{column.name}, among the rows of its card", tags_of(column), rank_t[scene.row_n])


def _of_victims(scene: Scene, derived: Derived) -> Int64:
    """The rows of the cards of which there is fraud; of some of them, where these are many."""
    assert scene.card is not None
    card_t = scene.card.values_t.astype(np.int64)
    victims = np.unique(card_t[scene.row_n[scene.fraud_n]])
    rows = derived.order_k[np.isin(card_t[derived.order_k], victims)]
    if len(rows) <= _MOST_ROWS:
        return rows
    some = scene.streams.draw("victims").permutation(victims)[: len(victims) * _MOST_ROWS // len(rows)]
    return rows[np.isin(card_t[rows], some)]


def ranks(scene: Scene, rows_k: Int64, column: Column) -> Float:
    """(t,) in (0, 1): where a row stands among those of its card, by a column; NaN where it says nothing."""
    assert scene.card is not None
    known = rows_k[np.isfinite(column.values_t[rows_k])]
    return ranked(scene, known, scene.card.values_t[known].astype(np.int64), column.values_t[known], column.name)


def ranked(scene: Scene, rows: Int64, group_k: Int64, value_k: Float | Int64, name: str) -> Float:
    """(t,) in (0, 1): where rows stand within their groups; ties stand in random order. NaN for other rows."""
    lot_k = scene.streams.draw(f"ties/{name}").random((2, len(rows)))
    order = np.lexsort((lot_k[0], value_k, group_k))
    grouped = group_k[order]
    edge = np.flatnonzero(np.concatenate([[True], grouped[1:] != grouped[:-1]])) if len(grouped) else grouped
    size = np.diff(np.append(edge, len(grouped)))
    place = np.arange(len(grouped)) - np.repeat(edge, size)
    found = np.full(len(scene.genuine_t), np.nan)
    found[rows[order]] = (place + lot_k[1][order]) / np.repeat(size, size)
    return found
