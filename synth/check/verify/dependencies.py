"""Checks that rows agree with what they name: columns with the entities that decide them, and the generator's rules."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from synth.check.verify.rows import Check, ReadRows, RowCheck, int64_of
from synth.check.verify.truth import Columns, differing
from synth.contracts.generator import Generator
from synth.contracts.output import ColumnEntry


class Follows(RowCheck):
    """A column says in every row what the entity has that the row names."""

    def __init__(self, column: str, source: str, by: str, values: pa.Array) -> None:
        super().__init__()
        self.name, self.needs = f"{column} of rows", (column, by)
        self.column, self.by, self.values = column, by, values
        self.said = f"{source}[{by}]"

    def see(self, rows: ReadRows) -> None:
        """Looks each row's entity up."""
        entity_t = int64_of(rows.columns[self.by])
        outside = np.flatnonzero((entity_t < 0) | (entity_t >= len(self.values)))
        if outside.size:
            row = int(outside[0])
            self.problem = (
                f"row {rows.first + row:,} has {self.by} {entity_t[row]}, of {len(self.values):,} that there are"
            )
            return
        shown = rows.columns[self.column]
        expected = self.values.take(pa.array(entity_t))
        wrong = differing(shown, expected.cast(shown.type))
        if wrong.size:
            row = int(wrong[0])
            self.problem = (
                f"row {rows.first + row:,} has {self.column} {shown[row]}, but {self.said} is {expected[row]}"
            )

    def finish(self) -> str:
        """All of them."""
        return f"{self.said} in every row"


class Decided(RowCheck):
    """A column says the same in all rows that agree in another one."""

    def __init__(self, column: str, by: str) -> None:
        super().__init__()
        self.name, self.needs, self.column, self.by = f"{column} of rows", (column, by), column, by
        self.code_k = np.empty(0, dtype=np.int64)
        self.names: dict[str, int] = {}

    def see(self, rows: ReadRows) -> None:
        """Holds each row against the first one of its kind."""
        key_t, texts = int64_of(rows.columns[self.by]), rows.columns[self.column].cast(pa.string()).dictionary_encode()
        codes = [self.names.setdefault(str(text), len(self.names)) for text in texts.dictionary.to_pylist()]
        code_t = np.array([*codes, -1])[np.asarray(texts.indices.fill_null(len(codes)))]
        if not len(key_t):
            return
        most = int(key_t.max()) + 1
        self.code_k = np.concatenate([self.code_k, np.full(max(0, most - len(self.code_k)), -2)])
        new = np.flatnonzero(self.code_k[key_t] == -2)
        key, first = np.unique(key_t[new], return_index=True)
        self.code_k[key] = code_t[new[first]]
        wrong = np.flatnonzero(self.code_k[key_t] != code_t)
        if wrong.size:
            row = int(wrong[0])
            other = f"an earlier row with {self.by} {key_t[row]} has another one"
            self.problem = f"row {rows.first + row:,} has {self.column} {rows.columns[self.column][row]}; {other}"

    def finish(self) -> str:
        """All of them."""
        return f"one for each {self.by}"


class GeneratorRules(RowCheck):
    """The rules of the generator, by its own words."""

    name, needs = "rules of the generator", ()

    def __init__(self, generator: Generator, tables: Mapping[str, Columns]) -> None:
        super().__init__()
        self.generator, self.tables = generator, tables

    def see(self, rows: ReadRows) -> None:
        """Asks it about the next rows."""
        try:
            columns = {**rows.columns, **({"amount_minor": pa.array(rows.minor)} if rows.priced else {})}
            self.problem = next(iter(self.generator.check(columns, self.tables)), "")
        except Exception as error:  # noqa: BLE001 — a generator may come from a plugin
            self.problem = f"its check failed with {type(error).__name__}: {error}"
        if self.problem:
            self.problem = f"rows {rows.first:,} to {rows.first + rows.count - 1:,}: {self.problem}"

    def finish(self) -> str:
        """All of them."""
        return "every row keeps them"


def dependencies(
    columns: Sequence[ColumnEntry], tables: Mapping[str, Columns], shown: Collection[str]
) -> Iterator[RowCheck | Check]:
    """A check for each column that something else in its row decides without chance.

    Args:
        columns: of the transactions.
        tables: those that were read whole; their rows are the entities, by index.
        shown: event columns that are known of each row.
    """
    for column in columns:
        given, name = column.get("given"), column["source"]
        if given is None or given["drawn"] or given["by"][0] not in shown:
            continue
        table, _, source = given["source"].partition(".")
        if not table:
            yield Decided(name, given["by"][0])
        elif table in tables and source in tables[table]:
            yield Follows(name, given["source"], given["by"][0], tables[table][source])
        else:
            yield Check(f"{name} of rows", None, f"there is no table {table} to look it up in")
