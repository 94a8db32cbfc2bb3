"""Tables by their names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from synth.errors import RefusedError
from synth.wording import nearest

if TYPE_CHECKING:
    from synth.tables.arrow_table import ArrowTable


class Tables(Mapping[str, "ArrowTable"]):
    """The tables of a plan or of an output; nothing is made or read before one is gone through.

    Args:
        names: what they are called.
        make: a table of its name.
        holder: what has them, for a message: ``out holds``.
    """

    def __init__(self, names: Iterable[str], make: Callable[[str], "ArrowTable"], holder: str) -> None:
        self._names, self._make, self._holder = tuple(names), make, holder

    def __getitem__(self, name: str) -> "ArrowTable":
        if name not in self._names:
            message = f"{self._holder} no table {name!r}, only {', '.join(self._names)}"
            raise RefusedError(message, hint=nearest(name, self._names))
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<tables {', '.join(self._names)}>"

    def _repr_html_(self) -> str:
        return "".join(self[name]._repr_html_() for name in self._names)
