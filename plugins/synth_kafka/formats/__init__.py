"""Rows of a table as messages: what a format is, and which there are."""

from typing import TYPE_CHECKING, Literal, Protocol

from synth import Table

if TYPE_CHECKING:
    from synth import Batch

FormatName = Literal["json", "avro", "protobuf"]


class Format(Protocol):
    """How a row becomes the value of a message. Pickles, and may be used by several threads at a time.

    Attributes:
        registry_type: what a schema registry calls it; empty when it needs no schema.
        framing: what follows magic byte and schema id in a registry's wire format.
    """

    registry_type: str
    framing: bytes

    def schema(self, table: Table) -> str:
        """What a reader has to know, as such schemas are written; empty when it needs nothing.

        Raises:
            RefusedError: the format cannot have a column of that name.
        """

    def encode(self, batch: "Batch") -> list[bytes]:
        """One value a row."""


def make_format(name: FormatName) -> Format:
    """The format of a name."""
    if name == "avro":
        from synth_kafka.formats.avro import Avro

        return Avro()
    if name == "protobuf":
        from synth_kafka.formats.protobuf import Protobuf

        return Protobuf()
    from synth_kafka.formats.json_lines import Json

    return Json()
