"""Views that show every event column in every form: each of its formats, and times with a zone and without."""

from collections.abc import Iterator

import pyarrow as pa

from synth.tables.declared import EVENT_COLUMNS
from synth.tables.views import ColumnsConfig, FieldConfig, event_table

#: A pattern that tells a time to the second, for the formats that are any pattern.
PATTERN = "%d/%m/%Y %H.%M.%S"


def every_form(first: tuple[str, ...] = ()) -> list[FieldConfig]:
    """A field for each column, format and zone; the checks look at the first of a column, so those named come first."""
    fields = [field for column in EVENT_COLUMNS for field in _forms(column)]
    assert {*first} <= {field.name for field in fields}
    return sorted(fields, key=lambda field: field.name not in first)


def _forms(source: str) -> Iterator[FieldConfig]:
    column = EVENT_COLUMNS[source]
    for text_format in column.formats:
        shown = PATTERN if text_format == "strftime" else text_format
        yield FieldConfig(name=f"{source}_{text_format}", source=source, format=shown)
        if column.is_time:
            yield FieldConfig(name=f"{source}_{text_format}_naive", source=source, format=shown, naive=True)


def schema_of(fields: list[FieldConfig]) -> pa.Schema:
    """The columns as typed sinks hold them."""
    return event_table(ColumnsConfig(fields=[*fields])).schema


def override(fields: list[FieldConfig]) -> str:
    """The view as an override."""
    shown = (
        f"{{name: {f.name}, source: {f.source}, format: '{f.format}', naive: {str(f.naive).lower()}}}" for f in fields
    )
    return f"columns.fields=[{', '.join(shown)}]"
