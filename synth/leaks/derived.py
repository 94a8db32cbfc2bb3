"""What a reader makes of the columns: hours, gaps, distances, how often something comes.

Each is made of the rows that would be there without fraud, claimed ones among them, and of one row of each episode, by
the same rule for all, so that labels make no difference to it; the other rows of an episode are left out, but where a
function says that they count.

Legend: ``_t`` a transaction, ``_k`` a row of those in order of card and time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from synth.arrays import Float, Int64, Mask, Values
from synth.leaks.columns import Column, coordinates
from synth.leaks.scene import Scene

US_PER_S = 1_000_000
_HOUR_S, _DAY_S = 3600, 86_400

#: At this pace anybody goes through a town; a minute passes in any case.
_IN_REACH_KMH = 50.0

#: What a card does again, or for the first time.
REPEATED = ("merchant_id", "terminal_id", "category", "channel", "amount_minor", "product_id", "device_id", "merchant")

#: Keys of those who may be used more than others.
EXPOSED = ("card_id", "card_number", "customer_id", "merchant_id", "terminal_id", "device_id", "product_id")

#: What a channel is called where no card is present.
REMOTE = ("online", "recurring", "web", "internet", "ecommerce", "card_not_present", "cnp", "moto", "standing_order")


@dataclass(frozen=True)
class Derived:
    """Columns that are made of others."""

    scene: Scene

    @cached_property
    def second_t(self) -> Int64 | None:
        """(t,) seconds since 1970; None where the rows have no times."""
        column = self.scene.columns.get("time")
        return None if column is None else column.values_t.astype(np.int64) // US_PER_S

    @cached_property
    def order_k(self) -> Int64:
        """The sampled rows in order of card and time."""
        return self._in_order(np.flatnonzero(self.scene.sampled_t))

    def _in_order(self, rows: Int64) -> Int64:
        card, second_t = self.scene.card, self.second_t
        if card is None or second_t is None:
            return rows[:0]
        card_t = card.values_t.astype(np.int64)
        return rows[np.lexsort((rows, second_t[rows], card_t[rows]))]

    @cached_property
    def every_k(self) -> Int64:
        """All rows in order of card and time."""
        return self._in_order(np.arange(len(self.scene.genuine_t)))

    @cached_property
    def made(self) -> "dict[str, tuple[Column, ...]]":
        """Every kind of derived column, by the name of what makes it."""
        kinds = (
            self._times,
            self._gaps,
            self._distances,
            self._speeds,
            self._exposures,
            self._repeats,
            self._differences,
        )
        return {make.__name__.strip("_"): tuple(make()) for make in kinds}

    def of(self, *kinds: str) -> "list[Column]":
        """The derived columns of some kinds."""
        return [column for kind in kinds for column in self.made[kind]]

    def _times(self) -> Iterator[Column]:
        """Hour of the day, weekday, and the time itself."""
        if self.second_t is None:
            return
        hour, day = self.second_t // _HOUR_S % 24, (self.second_t // _DAY_S + 3) % 7
        yield Column("hour", "number", hour.astype(np.float64), root="hour")
        yield Column("weekday", "code", day.astype(np.int64), root="weekday")

    def _gaps(self) -> Iterator[Column]:
        """Seconds from the card's row before, and to that behind, both within the sampled rows."""
        if self.second_t is None:
            return
        before_k, behind_k = self._neighbours(self.order_k)
        for name, there, step in (
            ("seconds since the card's last row", before_k, -1),
            ("seconds to the card's next row", behind_k, 1),
        ):
            values = self._spread(self.order_k, self._gap(self.order_k, there, step))
            yield Column(name, "number", values, root="time")

    def _neighbours(self, rows: Int64) -> tuple[Mask, Mask]:
        """Which rows, in order, have one of the same card before them, and behind them."""
        card = self.scene.card
        card_k = card.values_t[rows] if card is not None else rows
        same = card_k[1:] == card_k[:-1]
        return np.concatenate([[False], same]), np.concatenate([same, [False]])

    def _gap(self, rows: Int64, there: Mask, step: int) -> Float:
        assert self.second_t is not None
        second_k = self.second_t[rows].astype(np.float64)
        return np.where(there, np.abs(second_k - np.roll(second_k, -step)), np.nan)

    def _spread(self, rows: Int64, values_k: Values) -> Values:
        """Values of some rows, as those of all of them."""
        spread = np.full(len(self.scene.genuine_t), np.nan, dtype=np.float32)
        spread[rows] = values_k
        return spread

    def before(self, column: Column) -> Column:
        """What a column said in the card's row before."""
        there, _ = self._neighbours(self.order_k)
        said = np.where(
            there, np.roll(column.values_t[self.order_k], 1), -1 if column.values_t.dtype.kind == "i" else np.nan
        )
        values = (
            np.full(len(self.scene.genuine_t), -1, dtype=np.int64)
            if column.values_t.dtype.kind == "i"
            else np.full(len(self.scene.genuine_t), np.nan)
        )
        values[self.order_k] = said
        return replace(column, name=f"{column.name} before", values_t=values, empty_t=None)

    def _distances(self) -> Iterator[Column]:
        """Kilometres between any two entities of a row that have a place."""
        places = list(coordinates(self.scene.columns))
        for at, (table, x, y) in enumerate(places):
            for other, x2, y2 in places[at + 1 :]:
                if {table, other} == {"merchants", "terminals"}:
                    continue
                km = np.hypot(x.values_t - x2.values_t, y.values_t - y2.values_t).astype(np.float32)
                tags = f"km from {table} to {other}"
                yield Column(tags, "number", km, unit="km", root=x2.root if table in ("customers", "cards") else x.root)

    def _speeds(self) -> Iterator[Column]:
        """Of each row where the card is present: km/h from the card's row before that is, which all rows count for.

        Where that is of the same episode, and near enough, there is nothing to see: that a thief who comes again within
        minutes is still about says what an episode is, not a row.
        """
        places = {each[0]: each for each in coordinates(self.scene.columns)}
        place = places.get("terminals", places.get("merchants"))  # a merchant may have shops in many places
        if place is None or self.second_t is None or self.scene.card is None:
            return
        present = np.isfinite(place[1].values_t) & ~self._remote_t()
        rows = self.every_k[present[self.every_k]]
        before_k, _ = self._neighbours(rows)
        x_k, y_k = place[1].values_t[rows], place[2].values_t[rows]
        km_k = np.where(before_k, np.hypot(x_k - np.roll(x_k, 1), y_k - np.roll(y_k, 1)), np.nan)
        kmh_k = km_k / np.maximum(self._gap(rows, before_k, -1) / 3600, 1 / 60)
        episode_k = self.scene.records.episode_t[rows]
        again_k = (episode_k >= 0) & (episode_k == np.roll(episode_k, 1)) & (kmh_k <= _IN_REACH_KMH)
        yield Column(
            "km/h since the card's last row in a shop",
            "number",
            self._spread(rows, np.where(again_k, np.nan, kmh_k)),
            root="speed",
        )

    def _remote_t(self) -> Mask:
        """Rows where no card is present, as far as a column says so."""
        remote = np.zeros(len(self.scene.genuine_t), dtype=bool)
        channel, online = self.scene.columns.get("channel"), self.scene.columns.get("merchants.online")
        if channel is not None and channel.texts is not None:
            codes = [code for code, text in enumerate(channel.texts.to_pylist()) if str(text).lower() in REMOTE]
            remote |= np.isin(channel.values_t, codes)
        if online is not None:
            remote |= online.values_t == 1
        return remote

    def _exposures(self) -> Iterator[Column]:
        """How many other sampled rows the card, the customer, the shop has."""
        rows = np.flatnonzero(self.scene.sampled_t)
        for name in EXPOSED:
            column = self.scene.columns.get(name)
            if column is None:
                continue
            _, code_k, rows_c = np.unique(column.values_t[rows], return_inverse=True, return_counts=True)
            if rows_c.max(initial=0) > 1:
                whose = name.removesuffix("_id").removesuffix("_number")
                yield Column(f"rows of the {whose}", "number", self._spread(rows, rows_c[code_k] - 1.0), root=name)

    def _repeats(self) -> Iterator[Column]:
        """How many other rows of the card say the same, and days since the first one, by column of ``REPEATED``."""
        if self.scene.card is None or self.second_t is None:
            return
        for name in REPEATED:
            column = self.scene.columns.get(name)
            if column is not None and not column.table:
                yield from self._repeated([column])
        shop, amount = self.scene.columns.get("merchant_id"), self.scene.columns.get("amount_minor")
        if shop is not None and amount is not None:
            yield from self._repeated([shop, amount])

    def _repeated(self, columns: list[Column]) -> Iterator[Column]:
        assert self.second_t is not None
        rows = self.order_k
        group_k = self._groups([self.scene.card, *columns], rows)
        size = np.bincount(group_k)
        first = np.full(len(size), np.iinfo(np.int64).max)
        np.minimum.at(first, group_k, self.second_t[rows])
        name = " and ".join(column.name for column in columns)
        root = columns[0].root if len(columns) == 1 else "repeats"
        yield Column(
            f"other rows of the card with this {name}", "number", self._spread(rows, size[group_k] - 1.0), root=root
        )
        since = (self.second_t[rows] - first[group_k]) / _DAY_S
        yield Column(
            f"days since the card's first row with this {name}", "number", self._spread(rows, since), root=root
        )
        begin = (first[group_k] - self.second_t.min()) / _DAY_S
        yield Column(
            f"days into the data of the card's first row with this {name}",
            "number",
            self._spread(rows, begin),
            root=root,
        )

    def _groups(self, columns: "list[Column | None]", rows: Int64) -> Int64:
        """A number for each combination of values."""
        code = np.zeros(len(rows), dtype=np.int64)
        for column in columns:
            if column is not None:
                _, more = np.unique(column.values_t[rows], return_inverse=True)
                _, code = np.unique(code * (int(more.max(initial=0)) + 1) + more, return_inverse=True)
        return code

    def _differences(self) -> Iterator[Column]:
        """Columns of one unit beside each other: amount by limit, the hour beside opening hours, days since a day."""
        columns = self.scene.columns
        amount = columns.get("amount_minor")
        for column in list(columns.values()):
            if column.table and column.kind == "number" and column.unit.startswith("minor") and amount is not None:
                ratio = amount.values_t / np.where(column.values_t > 0, column.values_t, np.nan)
                yield Column(f"amount by {column.name}", "number", ratio.astype(np.float32), root="amount")
            if column.table and column.kind == "time" and self.second_t is not None:
                days = self.second_t / _DAY_S - column.values_t / US_PER_S / _DAY_S
                yield Column(f"days since {column.name}", "number", days.astype(np.float32), root=column.root)
            if column.table and column.unit == "hour of the day" and self.second_t is not None:
                hour = self.second_t // _HOUR_S % 24
                yield Column(
                    f"hours after {column.name}",
                    "number",
                    ((hour - column.values_t) % 24).astype(np.float32),
                    root="hour",
                )
        yield from self._opening()

    def _opening(self) -> Iterator[Column]:
        """Whether a shop is open."""
        opens, closes = (
            next((c for c in self.scene.columns.values() if c.leaf == name), None)
            for name in ("opens_hour", "closes_hour")
        )
        if opens is None or closes is None or self.second_t is None:
            return
        hour = self.second_t // _HOUR_S % 24
        after, span = (hour - opens.values_t) % 24, (closes.values_t - opens.values_t) % 24
        is_open = (after < span) | (span == 0)
        known = np.isfinite(opens.values_t) & np.isfinite(closes.values_t)
        yield Column(
            "the shop is open",
            "code",
            np.where(known, is_open, -1).astype(np.int64),
            pa.array(["no", "yes"]),
            root="hour",
        )
