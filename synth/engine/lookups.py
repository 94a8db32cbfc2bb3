"""Columns of entities that a view shows: looked up by the card, customer, merchant or terminal of the row."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from synth.arrays import Int64
from synth.contracts.events import Events
from synth.errors import RunError
from synth.tables.arrow import to_arrow
from synth.tables.batch import Batch, print_column
from synth.tables.people import LOOKUP_KEYS
from synth.tables.table import Field, Table


@dataclass(frozen=True)
class Lookups:
    """What a view shows of entities, once for every entity.

    Attributes:
        native: source, e.g. ``merchants.name`` → (n,) values.
        text: name of the view's column → (n,) texts, where printing is more than copying.
        customer_c: (c,) int64 the customer of each card; empty where there are no customers.
    """

    native: Mapping[str, pa.Array]
    text: Mapping[str, pa.Array]
    customer_c: Int64

    @classmethod
    def of(cls, view: Table, entities: Mapping[str, Batch], customer_c: Int64) -> "Lookups":
        """Picks what a view looks up.

        Args:
            entities: the tables that it names.
        """
        native, text = {}, {}
        for field in view.fields:
            table, dot, name = field.column.name.partition(".")
            if dot:
                found = next(f.name for f in entities[table].table.fields if f.column.name == name)
                native[field.column.name] = array = entities[table].native.column(found)
                if not pa.types.is_string(array.type):
                    text[field.name] = print_column(array, field.format)
        return cls(native, text, customer_c)

    def show(self, field: Field, events: Events) -> pa.Array:
        """(t,) values of a column.

        Raises:
            RunError: the generator names an entity that there is not.
        """
        return self.native[field.column.name].take(self._entity(field, events))

    def print(self, field: Field, events: Events) -> pa.Array:
        """(t,) texts of a column that is in ``text``."""
        return self.text[field.name].take(self._entity(field, events))

    def _entity(self, field: Field, events: Events) -> pa.Array:
        """(t,) the entity of each event."""
        source = field.column.name
        table = source.partition(".")[0]
        if LOOKUP_KEYS[table] == "card_id":
            return to_arrow(self.customer_c[events.card_t] if table == "customers" else events.card_t)
        entity_t = events.own[LOOKUP_KEYS[table]]
        wrong = entity_t[(entity_t < 0) | (entity_t >= len(self.native[source]))]
        if len(wrong):
            known = f"none of the {len(self.native[source]):,} {table} that {source} is looked up in"
            raise RunError(f"the generator's {LOOKUP_KEYS[table]} {wrong[0]} is {known}")
        return to_arrow(entity_t)
