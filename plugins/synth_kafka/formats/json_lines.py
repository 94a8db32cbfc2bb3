"""JSON: the lines that the sink jsonl writes, each a message."""

from typing import TYPE_CHECKING

from synth import Field, JsonLines, Table, print_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from synth import Batch


class Json:
    """One JSON object a row; times as the view prints them."""

    registry_type = ""
    framing = b""

    def schema(self, table: Table) -> str:
        """None: JSON names its columns."""
        return ""

    def encode(self, batch: "Batch") -> list[bytes]:
        """No line holds a line break of its own, for JSON escapes it."""
        return JsonLines().lines(batch).tobytes().split(b"\n")[:-1]


class TextKeys:
    """Keys as the view prints them."""

    registry_type = ""

    def schema(self, field: Field) -> str:
        """None: it is a text."""
        return ""

    def encode(self, column: "pa.Array", field: Field) -> "Sequence[bytes | None]":
        """The texts."""
        import pyarrow as pa

        keys: Sequence[bytes | None] = print_column(column, field.format).cast(pa.binary()).to_pylist()
        return keys
