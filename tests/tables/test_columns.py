"""Output views: names, types, prints and what is wrong with them."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.tables.batch import Batch, print_column
from synth.tables.declared import EVENT_COLUMNS, LABEL_COLUMNS
from synth.tables.table import Table, episode_table, holder_table, label_table
from synth.tables.views import ColumnsConfig, FieldConfig, event_table

TIMES = st.lists(st.none() | st.integers(0, 7_258_118_400).map(lambda s: datetime.fromtimestamp(s, UTC)))


def view(*fields: tuple[str, str] | tuple[str, str, str]) -> ColumnsConfig:
    return ColumnsConfig(
        fields=[FieldConfig(name=f[0], source=f[1], format=f[2] if len(f) > 2 else None) for f in fields]
    )


def problems(config: ColumnsConfig) -> dict[str, str]:
    return {each.path: f"{each.line} / {each.allowed_in_words}" for each in config.problems_with((), {})}


def names(table: Table) -> list[str]:
    return [field.name for field in table.fields]


class TestTables:
    def test_a_view_keeps_its_order_and_names(self) -> None:
        table = event_table(view(("b", "time"), ("a", "tid"), ("c", "time", "epoch_s")))
        assert table.schema.names == ["b", "a", "c"]
        assert [str(t) for t in table.schema.types] == ["timestamp[us, tz=UTC]", "string", "timestamp[us, tz=UTC]"]
        assert [field.format for field in table.fields] == ["iso", "plain", "epoch_s"]

    def test_every_event_column_can_be_shown(self) -> None:
        table = event_table(view(*((name, name) for name in EVENT_COLUMNS)))
        assert table.schema.names == list(EVENT_COLUMNS)
        for arrow, column in zip(table.schema, EVENT_COLUMNS.values(), strict=True):
            told = {key.decode(): value.decode() for key, value in arrow.metadata.items()}
            assert told == {"unit": column.unit, "role": column.role, "doc": column.doc}
            assert arrow.nullable == (column.name in ("scenario", "episode_id", "role"))

    def test_only_truth_columns_are_empty_for_genuine_events(self) -> None:
        assert all(column.role == "truth" for column in EVENT_COLUMNS.values() if column.nullable)

    def test_labels_go_by_the_views_own_transaction_id(self) -> None:
        renamed = label_table(event_table(view(("TRANSACTION_ID", "tid"), ("t", "time"))))
        assert names(renamed) == [
            "event_id",
            "TRANSACTION_ID",
            "scenario",
            "episode_id",
            "role",
            "amount_before_minor",
            "reported_at",
        ]
        without = label_table(event_table(view(("t", "time"))))
        assert names(without) == [name for name in LABEL_COLUMNS if name != "tid"]

    def test_holders_go_by_the_views_own_card_number(self) -> None:
        assert names(holder_table(event_table(view(("cc_num", "card_number")))))[:3] == [
            "card_id",
            "cc_num",
            "holder_id",
        ]
        assert "card_number" in names(holder_table(event_table(view(("t", "time")))))

    def test_episodes(self) -> None:
        shown = names(episode_table())
        assert {"episode_id", "scenario", "card_number", "first_time", "last_time", "events", "amount_minor"} == set(
            shown
        )

    def test_only_holders_hold_texts_that_may_need_quotes(self) -> None:
        events = event_table(view(*((name, name) for name in EVENT_COLUMNS)))
        assert [t.quoted for t in (events, label_table(events), episode_table())] == [False] * 3
        assert holder_table(events).quoted


class TestPrinting:
    @pytest.mark.parametrize(
        ("text_format", "pattern"),
        [
            ("iso", "%Y-%m-%dT%H:%M:%SZ"),
            ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S"),
            ("%d.%m.%y %I%p %j", "%d.%m.%y %I%p %j"),
        ],
    )
    @given(times=TIMES)
    def test_times_print_as_python_prints_them(
        self, text_format: str, pattern: str, times: list[datetime | None]
    ) -> None:
        array = pa.array(times, pa.timestamp("us", tz="UTC"))
        assert print_column(array, text_format).to_pylist() == [t and t.strftime(pattern) for t in times]

    @given(TIMES)
    def test_epochs(self, times: list[datetime | None]) -> None:
        array = pa.array(times, pa.timestamp("us", tz="UTC"))
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        micros = [None if t is None else (t - epoch) // (datetime.resolution) for t in times]
        for text_format, per_us in (("epoch_us", 1), ("epoch_ms", 1_000), ("epoch_s", 1_000_000)):
            printed = [None if m is None else str(m // per_us) for m in micros]
            assert print_column(array, text_format).to_pylist() == printed

    @given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
    def test_whole_numbers(self, values: list[int | None]) -> None:
        printed = print_column(pa.array(values, pa.int64()), "plain").to_pylist()
        assert printed == [None if value is None else str(value) for value in values]

    def test_dates(self) -> None:
        assert print_column(pa.array([date(2024, 2, 29), None]), "plain").to_pylist() == ["2024-02-29", None]

    def test_a_batch_prints_every_field_and_keeps_its_nulls(self) -> None:
        table = event_table(view(("when", "time", "epoch_s"), ("id", "event_id"), ("why", "role")))
        made: list[str] = []

        def shout() -> pa.Array:
            made.append("id")
            return pa.array(["ONE", "TWO"])

        columns: dict[str, Any] = {
            "id": pa.array([1, 2]),
            "why": pa.array(["head", None]),
            "when": pa.array([0, 1_000_000]),
        }
        batch = Batch.of(table, columns, {"id": shout})
        assert batch.native.schema.equals(table.schema, check_metadata=True)
        assert made == []
        assert batch.text.to_pydict() == {"when": ["0", "1"], "id": ["ONE", "TWO"], "why": ["head", None]}


class TestProblems:
    def test_every_column_in_each_of_its_formats_has_none(self) -> None:
        fields = [
            (f"{column.name}_{i}", column.name, "%H:%M" if text_format == "strftime" else text_format)
            for column in EVENT_COLUMNS.values()
            for i, text_format in enumerate(column.formats)
        ]
        assert len(fields) > len(EVENT_COLUMNS)
        assert problems(view(*fields)) == {}

    def test_all_are_told_at_once(self) -> None:
        found = problems(view(("a", "time", "fixed2"), ("a", "tid"), ("b", "amout"), ("c", "tid", "%Y")))
        assert sorted(found) == ["fields.0.format", "fields.1.name", "fields.2.source", "fields.3.format"]
        assert "two columns are named 'a'" in found["fields.1.name"]
        assert "did you mean 'amount'?" in found["fields.2.source"]
        assert "epoch_s" in found["fields.0.format"]

    def test_the_message_lists_every_source(self) -> None:
        told = problems(view(("a", "nothing_like_it")))["fields.0.source"]
        assert all(name in told for name in EVENT_COLUMNS)
        assert "did you mean" not in told
