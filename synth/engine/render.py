"""Rows as the output shows them: native Arrow columns, and beside them the texts that were made on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from synth.arrays import Bytes, Int64, Mask, Values
from synth.contracts.entities import Entities
from synth.contracts.events import Events
from synth.contracts.generator import is_null
from synth.engine.episodes import SEVERAL, EpisodeRows
from synth.engine.facts import ADDED, Truth
from synth.engine.lookups import Lookups
from synth.reporting import NEVER, Reports
from synth.tables.arrow import decimals_to_arrow, names_to_arrow, to_arrow
from synth.tables.batch import Batch
from synth.tables.column import NAIVE_TIME, Column
from synth.tables.md5 import md5_hex
from synth.tables.table import Field, Table, plain_table
from synth.tables.texts import Texts, amount_texts, iso_texts, join_texts, time_texts, uuid4_texts, uuid_texts
from synth.tables.types import arrow_type
from synth.timeline import US_PER_S, Timeline


@dataclass(frozen=True)
class BlockRows:
    """The finished rows of a block, and their texts.

    Attributes:
        first_event_id: id of the first row.
        cards: card numbers as text, by card index.
        lookups: columns of entities that the view shows.
        timeline: the window.
    """

    first_event_id: int
    events: Events
    truth: Truth
    reports: Reports
    cards: Texts
    lookups: Lookups
    timeline: Timeline

    def __len__(self) -> int:
        return len(self.events.time_us_t)

    @cached_property
    def time_text(self) -> Texts:
        """The notebook's time format."""
        return time_texts(self.events.time_us_t // US_PER_S)

    @cached_property
    def amount_text(self) -> Texts:
        """Amounts as Python prints the float."""
        return amount_texts(self.events.amount_minor_t)

    @cached_property
    def card_text(self) -> Texts:
        """Card numbers."""
        return self.cards.take(self.events.card_t)

    def truth_column(self, value_f: pa.Array) -> pa.Array:
        """A nullable column that has values on fraud rows only."""
        position = np.full(len(self), -1)
        position[self.truth.row_f] = np.arange(len(self.truth.row_f))
        return value_f.take(to_arrow(position, position >= 0))


def render_events(rows: BlockRows, table: Table) -> Batch:
    """The transactions of a block."""
    native, text = {}, {}
    for field in table.fields:
        native[field.name] = _shown(rows, field)
        printed = _printed(rows, field)
        if printed is not None:
            text[field.name] = printed
    return Batch.of(table, native, text)


def _shown(rows: BlockRows, field: Field) -> pa.Array:
    """The values of one column."""
    name = field.column.name
    if field.column.constant is not None:
        return pa.repeat(pa.scalar(field.column.constant, field.column.arrow), len(rows))
    if name in rows.events.own:
        return _own(field.column, rows.events.own[name])
    if name in rows.lookups.native:
        return rows.lookups.show(field, rows.events)
    return _SHOWN_AS[name, field.format](rows, field) if (name, field.format) in _SHOWN_AS else _EVENT[name](rows)


def render_labels(rows: BlockRows, table: Table, transactions: Batch) -> Batch:
    """The truth of a block's fraud rows; the transaction ids are those of the transactions."""
    truth = rows.truth
    names, roles = names_to_arrow(truth.scenarios), names_to_arrow(truth.roles)
    columns: dict[str, pa.Array] = {
        "event_id": to_arrow(truth.row_f + rows.first_event_id),
        "scenario": names.take(to_arrow(truth.facts.scenario_f)),
        "episode_id": to_arrow(truth.facts.episode_id_f),
        "role": roles.take(to_arrow(truth.facts.role_f)),
        "reported_at": to_arrow(rows.reports.fraud_us_f, rows.reports.fraud_us_f != NEVER),
        "amount_before_minor": to_arrow(truth.facts.before_minor_f, truth.facts.before_minor_f != ADDED),
    }
    claimed_f = truth.facts.before_minor_f != ADDED
    for column in (f.column for f in table.fields if f.column.name not in {*columns, "tid"}):
        columns[column.name] = _before(column, truth.facts.before.get(column.name.removesuffix("_before")), claimed_f)
    return _naming_rows(table, columns, truth.row_f, transactions)


def _before(column: Column, value_f: Values | None, claimed_f: Mask) -> pa.Array:
    """What a column said of claimed rows before; of none where a block has none."""
    if value_f is None:
        return pa.nulls(len(claimed_f), arrow_type(column.arrow))
    valid_f = claimed_f & ~is_null(column, value_f)
    if column.categories:
        return names_to_arrow(column.categories).take(to_arrow(value_f, valid_f))
    return to_arrow(value_f, valid_f)


def render_reports(rows: BlockRows, table: Table, transactions: Batch) -> Batch:
    """The reports of a block's rows; the transaction ids are those of the transactions."""
    row_r, known_us_r = rows.reports.events(rows.truth.row_f)
    columns: dict[str, pa.Array] = {
        "event_id": to_arrow(row_r + rows.first_event_id),
        "known_at": to_arrow(known_us_r),
    }
    return _naming_rows(table, columns, row_r, transactions)


def _naming_rows(table: Table, columns: dict[str, pa.Array], row: Int64, transactions: Batch) -> Batch:
    """A table whose rows name transactions: by their ids, too, where the view shows those."""
    for field in table.fields:
        if field.column.name == "tid":
            shown = transactions.table.shown["tid"]
            columns["tid"] = transactions.native.column(shown).take(to_arrow(row))
    return Batch.of(table, {field.name: columns[field.column.name] for field in table.fields}, {})


def render_episodes(episodes: EpisodeRows, table: Table, cards: Texts) -> Batch:
    """Episodes as a table."""
    columns = {
        "episode_id": to_arrow(episodes.episode_id_e),
        "scenario": names_to_arrow(episodes.scenarios).take(to_arrow(episodes.scenario_e)),
        "card_number": _victims(episodes, cards),
        "first_time": to_arrow(episodes.first_us_e),
        "last_time": to_arrow(episodes.last_us_e),
        "events": to_arrow(episodes.events_e),
        "amount_minor": to_arrow(episodes.amount_minor_e),
    }
    return Batch.of(table, columns, {})


def _victims(episodes: EpisodeRows, cards: Texts) -> pa.Array:
    """The card number of each episode; null where there are several."""
    one = np.flatnonzero(episodes.card_e != SEVERAL)
    place = np.full(len(episodes), -1)
    place[one] = np.arange(len(one))
    return cards.take(episodes.card_e[one]).to_arrow().take(to_arrow(place, place >= 0))


def render_entities(entities: Entities, shown: Mapping[str, str] | None = None) -> Batch:
    """A table that comes once a run.

    Args:
        shown: column → its name, where that is another.
    """
    table, columns = plain_table(entities.name, entities.columns, entities.facts, shown), {}
    for field in table.fields:
        values = entities.values[field.column.name]
        if isinstance(values, np.ndarray):
            columns[field.name] = _own(field.column, values)
        else:
            columns[field.name] = values if isinstance(values, pa.Array) else names_to_arrow(tuple(values))
    return Batch.of(table, columns, {})


def _own(column: Column, values: Values) -> pa.Array:
    """Values of a generator's own column; see ``is_null`` for the empty ones."""
    valid = ~is_null(column, values) if column.nullable else None
    if column.categories:
        return names_to_arrow(column.categories).take(to_arrow(values, valid))
    return to_arrow(values, valid)


#: Messages hashed at a time: the working arrays of the hash then stay in the processor's cache.
_HASHED_ROWS = 32_768


def _hash_ids(rows: BlockRows) -> Bytes:
    """(t, 32) hex digits of the md5 of time, card number and amount as the notebook prints them."""
    digests = np.empty((len(rows), 32), dtype=np.uint8)
    for start in range(0, len(rows), _HASHED_ROWS):
        part = slice(start, start + _HASHED_ROWS)
        message = join_texts([rows.time_text[part], rows.card_text[part], rows.amount_text[part]], 64)
        digests[part] = md5_hex(message.chars, message.lengths())
    return digests


def _scenario_number(rows: BlockRows) -> pa.Array:
    number_t = np.zeros(len(rows), dtype=np.int8)
    number_t[rows.truth.row_f] = rows.truth.facts.scenario_f + 1
    return to_arrow(number_t)


def _since_start(rows: BlockRows, unit_s: int) -> pa.Array:
    """Full units since the start of the window."""
    return to_arrow((rows.events.time_us_t // US_PER_S - rows.timeline.start_s) // unit_s)


def _observed(rows: BlockRows) -> pa.Array:
    return to_arrow(rows.reports.known_before(rows.timeline.end_s * US_PER_S, len(rows), rows.truth.row_f))


def _label(rows: BlockRows) -> pa.Array:
    label_t = np.zeros(len(rows), dtype=np.int8)
    label_t[rows.truth.row_f] = 1
    return to_arrow(label_t)


_EVENT: dict[str, Callable[[BlockRows], pa.Array]] = {
    "event_id": lambda rows: to_arrow(np.arange(len(rows)) + rows.first_event_id),
    "tid": lambda rows: Texts(_hash_ids(rows)).to_arrow(),
    "time": lambda rows: to_arrow(rows.events.time_us_t),
    "card_id": lambda rows: to_arrow(rows.events.card_t),
    "card_number": lambda rows: rows.card_text.to_arrow(),
    "amount_minor": lambda rows: to_arrow(rows.events.amount_minor_t),
    "amount": lambda rows: to_arrow(rows.events.amount_minor_t / 100),
    "fraud_label": _label,
    "scenario": lambda rows: rows.truth_column(
        names_to_arrow(rows.truth.scenarios).take(to_arrow(rows.truth.facts.scenario_f))
    ),
    "episode_id": lambda rows: rows.truth_column(to_arrow(rows.truth.facts.episode_id_f)),
    "scenario_number": _scenario_number,
    "unix_time": lambda rows: to_arrow(rows.events.time_us_t // US_PER_S),
    "time_s": lambda rows: _since_start(rows, 1),
    "time_days": lambda rows: _since_start(rows, 86_400),
    "observed_label": _observed,
    "role": lambda rows: rows.truth_column(names_to_arrow(rows.truth.roles).take(to_arrow(rows.truth.facts.role_f))),
}


#: Column and format → its values, where the format changes more than what text sinks print.
_SHOWN_AS: dict[tuple[str, str], Callable[[BlockRows, Field], pa.Array]] = {
    ("tid", "uuid"): lambda rows, _: uuid_texts(_hash_ids(rows)).to_arrow(),
    ("tid", "uuid4"): lambda rows, _: uuid4_texts(_hash_ids(rows)).to_arrow(),
    ("amount", "decimal"): lambda rows, field: decimals_to_arrow(
        rows.events.amount_minor_t, arrow_type(field.column.arrow)
    ),
}


def _printed(rows: BlockRows, field: Field) -> Callable[[], pa.Array] | None:
    """How to print a column from texts that exist anyway, or that Arrow would print otherwise."""
    if field.name in rows.lookups.text:
        return lambda: rows.lookups.print(field, rows.events)
    if field.column.name == "time" and field.format == "%Y-%m-%d %H:%M:%S":
        return lambda: rows.time_text.to_arrow()
    if field.column.name == "time" and field.format == "iso":
        return lambda: iso_texts(rows.time_text, naive=field.column.arrow == NAIVE_TIME).to_arrow()
    if field.column.name == "amount":
        if field.format == "float":
            return lambda: rows.amount_text.to_arrow()
        return lambda: amount_texts(rows.events.amount_minor_t, fixed=True).to_arrow()
    if field.column.name == "fraud_label":
        return lambda: _label_text(rows)
    return None


def _label_text(rows: BlockRows) -> pa.Array:
    text = np.full((len(rows), 1), ord("0"), dtype=np.uint8)
    text[rows.truth.row_f] = ord("1")
    return Texts(text).to_arrow()
