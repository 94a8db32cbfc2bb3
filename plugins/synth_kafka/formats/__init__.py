"""Rows of a table as messages: what a format is, and which there are."""

from typing import TYPE_CHECKING, Literal, Protocol

from synth import Field, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from synth import Batch

FormatName = Literal["json", "avro", "protobuf"]
KeyFormatName = Literal["text", "avro"]


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


class KeyFormat(Protocol):
    """How the value of a column becomes the key of a message. Pickles, and may be used by several threads at a time.

    Attributes:
        registry_type: as that of a ``Format``.
    """

    registry_type: str

    def schema(self, field: Field) -> str:
        """What a reader has to know of the keys; empty when it needs nothing."""

    def encode(self, column: "pa.Array", field: Field) -> "Sequence[bytes | None]":
        """One key a row; None where the column is null."""


def make_key_format(name: KeyFormatName) -> KeyFormat:
    """The format of a name."""
    if name == "avro":
        from synth_kafka.formats.avro import AvroKeys

        return AvroKeys()
    from synth_kafka.formats.json_lines import TextKeys

    return TextKeys()


def make_format(name: FormatName, optional: "Iterable[str]" = ()) -> Format:
    """The format of a name.

    Args:
        optional: columns that its schemas let be missing, beside those that may be null.
    """
    may_lack = frozenset(optional)
    if name == "avro":
        from synth_kafka.formats.avro import Avro

        return Avro(may_lack)
    if name == "protobuf":
        from synth_kafka.formats.protobuf import Protobuf

        return Protobuf(may_lack)
    from synth_kafka.formats.json_lines import Json

    return Json()
