"""What a plugin's class says of itself: as an attribute of the class or of its instances, or as a property.

Neither way to declare it leaves both open in both type checkers: mypy lets no property stand for an attribute, pyright
no attribute for a property. An override of what has no annotation and is Any is held to nothing, and each checker takes
the type from the override itself. In place of the checkers, the catalog holds every class to ``of``.
"""

from collections.abc import Iterator
from typing import Any

_NONE_YET = object()


class Overridable:
    """One attribute of a contract; reading it gives the default, or fails where there is none.

    Attributes:
        of: the types that a value may have.
        default: what holds where a class says nothing.
        wanted: what a value has to be, in words.
    """

    def __init__(self, of: tuple[type, ...], default: object, wanted: str) -> None:
        self.of, self.default, self.wanted, self.name = of, default, wanted, ""

    @property
    def required(self) -> bool:
        """Whether a class has to say it."""
        return self.default is _NONE_YET

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        if self.required:
            raise AttributeError(f"{owner.__name__} does not say its {self.name}", name=self.name, obj=instance)
        return self.default


def overridable(*of: type, default: object = _NONE_YET, wanted: str = "") -> Any:
    """Declares an attribute that the classes of plugins may override in any way.

    Args:
        of: the types that a value may have.
        default: what holds where a class says nothing; without it every class has to.
        wanted: what a value has to be, in words; by default the first type.
    """
    return Overridable(of, default, wanted or f"a value of type {of[0].__name__}")


def overridables(cls: type) -> Iterator[Overridable]:
    """Yields what the contracts that a class derives from let it say."""
    for each in cls.__mro__:
        yield from (member for member in vars(each).values() if isinstance(member, Overridable))
