"""JSON: the lines that the sink jsonl writes, each a message."""

from typing import TYPE_CHECKING

from synth import JsonLines, Table

if TYPE_CHECKING:
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
