"""Checks of clicks: every online transaction has its purchase, every purchase its transaction, and the labels agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.check.verify.noise import Dropped
from synth.check.verify.rows import Check, ReadRows, RowCheck, int64_of
from synth.check.verify.tables import Found, one_piece, sources_of
from synth.check.verify.truth import Columns
from synth.contracts.output import Output
from synth.contracts.sessions import ACCOUNT_STEPS, ACCOUNT_TYPES, START, follows
from synth.timeline import US_PER_S

_NONE = np.empty(0, dtype=np.int64)


@dataclass
class ClickRows:
    """What is kept of the clicks, block by block; whole sessions lie in a block.

    Attributes:
        shown: click column → its name.
        label_c: (c,) click ids that have a label, sorted.
        problem: what is wrong with the table itself.
        event_p, time_us_p, customer_p: (p,) int64 of purchases.
        bought_l, click_l: (l,) int64 transactions of the labelled purchases, and their clicks.
    """

    shown: dict[str, str]
    label_c: Int64
    problem: str = ""
    found: int = 0
    last: tuple[int, int] = (-1, -(2**62))
    parts: list[tuple[Int64, Int64, Int64, Int64]] = field(default_factory=list)

    def __call__(self, first: int, block: pa.Table) -> None:
        """Takes the next block."""
        columns = {source: one_piece(block.column(name)) for source, name in self.shown.items()}
        id_t, time_us_t, session_t = (int64_of(columns[name]) for name in ("click_id", "time", "session_id"))
        ids, times = np.append(self.last[0], id_t), np.append(self.last[1], time_us_t)
        self.last = int(ids[-1]), int(times[-1])
        for wrong, message in ((np.diff(ids) <= 0, "an id that is not above"), (np.diff(times) < 0, "a time before")):
            if wrong.any():
                self._note(f"click {id_t[np.argmax(wrong)]:,} has {message} that of the click before it")
        labelled_t = np.isin(id_t, self.label_c)
        self.found += int(labelled_t.sum())
        halved_t = np.isin(session_t, session_t[labelled_t]) & ~labelled_t
        if halved_t.any():
            self._note(f"click {id_t[np.argmax(halved_t)]:,} has no label, but its session has")
        _, first_s, place_t = np.unique(session_t, return_index=True, return_inverse=True)
        for name in ("customer_id", "merchant_id", "device_id"):
            value_t = int64_of(columns[name])
            mixed_t = value_t != value_t[first_s][place_t]
            if mixed_t.any():
                self._note(f"click {id_t[np.argmax(mixed_t)]:,} has another {name} than its session")
        self._note_steps(id_t, place_t, columns["event_type"])
        buys = pc.equal(columns["event_type"], "purchase")
        if not buys.equals(columns["event_id"].is_valid()):
            self._note("a purchase names no transaction, or another click does")
        bought = np.flatnonzero(buys.to_numpy(zero_copy_only=False))
        event_t = int64_of(columns["event_id"].fill_null(-1))
        values = event_t, time_us_t, int64_of(columns["customer_id"]), id_t
        event_p, time_us_p, customer_p, id_p = (each[bought] for each in values)
        self.parts.append((event_p, time_us_p, customer_p, np.where(labelled_t[bought], id_p, -1)))

    def _note_steps(self, id_t: Int64, place_t: Int64, types: pa.Array) -> None:
        """Every session walks through the shop as sessions do.

        Args:
            place_t: (t,) session of each click, whole sessions in order of time.
        """
        order = np.argsort(place_t, kind="stable")
        known = pc.index_in(types, pa.array(ACCOUNT_TYPES)).fill_null(-1)
        type_i = int64_of(known)[order]
        before_i = np.where(np.diff(place_t[order], prepend=-1) > 0, START, np.append(START, type_i[:-1]))
        wrong_i = (type_i < 0) | ~follows(ACCOUNT_STEPS, before_i, type_i)
        if wrong_i.any():
            at = int(np.argmax(wrong_i))
            told = f"{types[int(order[at])]} follows {ACCOUNT_TYPES[before_i[at]] if before_i[at] >= 0 else 'nothing'}"
            self._note(f"click {id_t[order[at]]:,} is a step that nobody makes: {told}")

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem

    def purchases(self) -> tuple[Int64, Int64, Int64, Int64]:
        """(p,) each: transaction, time, customer, and click where it has a label, else -1; by transaction."""
        event_p, *others = (np.concatenate(part) for part in zip((_NONE,) * 4, *self.parts, strict=True))
        order = np.argsort(event_p, kind="stable")
        time_us_p, customer_p, click_p = (each[order] for each in others)
        return event_p[order], time_us_p, customer_p, click_p


class Purchases(RowCheck):
    """Every online transaction has exactly one purchase, of its customer and second, and there are no others."""

    name, needs = "purchases", ("time", "customer_id", "channel")

    def __init__(self, clicks: ClickRows, dropped: Dropped) -> None:
        """Purchases of transactions that never came are left out."""
        super().__init__()
        event_p, *others = clicks.purchases()
        came_p = dropped.came(event_p)
        self.event_p = dropped.places(event_p[came_p])
        self.time_us_p, self.customer_p = (each[came_p] for each in others[:2])
        self.seen = 0
        twice = np.flatnonzero(np.diff(self.event_p) == 0)
        if twice.size:
            self.problem = f"transaction {self.event_p[twice[0]]:,} has two purchases"

    def see(self, rows: ReadRows) -> None:
        """Compares with the purchases."""
        online = pc.equal(rows.columns["channel"], "online").to_numpy(zero_copy_only=False)
        row_p = np.flatnonzero(online)
        start, end = np.searchsorted(self.event_p, [rows.first, rows.first + rows.count])
        here = slice(start, end)
        self.seen += int(end - start)
        odd = np.setxor1d(row_p + rows.first, self.event_p[here])
        if odd.size:
            has = "a purchase, but is not online" if odd[0] in self.event_p[here] else "no purchase"
            self.problem = f"transaction {odd[0]:,} has {has}"
            return
        for message, these, those in (
            ("second", rows.time_us[row_p] // US_PER_S, self.time_us_p[here] // US_PER_S),
            ("customer", int64_of(rows.columns["customer_id"])[row_p], self.customer_p[here]),
        ):
            wrong = np.flatnonzero(these != those)
            if wrong.size:
                self.problem = f"transaction {row_p[wrong[0]] + rows.first:,} and its purchase have another {message}"

    def finish(self) -> str:
        """How many."""
        if self.seen != len(self.event_p):
            self.problem = "a purchase names a transaction that does not exist"
        return f"{self.seen:,}, one for each online transaction, of its customer and second"


def read_clicks(output: Output, labels: Columns | None) -> tuple[Found, ClickRows]:
    """The clicks, read block by block.

    Args:
        labels: the labels of clicks.
    """
    label_c = np.sort(int64_of(labels["click_id"])) if labels else _NONE
    rows = ClickRows(sources_of(output, "clicks"), label_c)
    return Found.of(output, "clicks", rows), rows


def check_clicks(rows: ClickRows, click_labels: Columns | None, labels: Columns | None) -> Iterator[Check]:
    """The clicks' own order, and their labels against those of the transactions."""
    yield Check(
        "clicks",
        not rows.problem,
        rows.problem
        or "in order of time; sessions of one customer, shop and device and of known steps, labelled or not as a whole",
    )
    if click_labels is None or labels is None:
        yield Check("click labels", None, "the labels cannot be read")
        return
    problem = _wrong_labels(rows, click_labels, labels)
    yield Check("click labels", not problem, problem or f"{rows.found:,}, with the episodes of their transactions")


def _wrong_labels(rows: ClickRows, click_labels: Columns, labels: Columns) -> str:
    """What is wrong with the labels of clicks; empty for nothing."""
    click_c = int64_of(click_labels["click_id"])
    if (np.diff(click_c) <= 0).any() or rows.found != len(click_c):
        return "they are out of order, or name clicks that do not exist"
    event_p, _, _, click_p = rows.purchases()
    label_p = np.searchsorted(click_c, click_p[click_p >= 0])
    bought_p = event_p[click_p >= 0]
    event_f = int64_of(labels["event_id"])
    missing = np.setxor1d(bought_p, np.intersect1d(event_p, event_f))
    if missing.size:
        return f"of transaction {missing[0]:,} and its purchase only one has a label"
    place_p = np.searchsorted(event_f, bought_p)
    for name in ("scenario", "episode_id", "role"):
        these, those = click_labels[name].take(pa.array(label_p)), labels[name].take(pa.array(place_p))
        wrong = np.flatnonzero(~pc.equal(these, those).to_numpy(zero_copy_only=False))
        if wrong.size:
            return f"the purchase of transaction {bought_p[wrong[0]]:,} has another {name} than its label"
    unknown = np.setdiff1d(int64_of(click_labels["episode_id"]), int64_of(labels["episode_id"]))
    return f"episode {unknown[0]:,} has clicks, but no transaction" if unknown.size else ""
