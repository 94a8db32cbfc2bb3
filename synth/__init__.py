"""synth: a declarative simulator of labelled payment events, with exact ground truth."""

from __future__ import annotations

TYPE_CHECKING = False  # what typing says, too; to import it takes longer than all else here
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """A public name, imported when it is first used: ``import synth`` stays light, and the command starts at once.

    The names stand in ``__init__.pyi`` alone.
    """
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'synth' has no attribute {name!r}")
    from synth.errors import refuse_other_systems
    from synth.wording import nearest

    load, names = _stub()
    if name == "__all__":
        return names
    if name in names:
        refuse_other_systems()
        return load(name)

    hint = nearest(name, names)
    raise AttributeError(f"module 'synth' has no attribute {name!r}" + (f" ({hint})" if hint else ""))


def __dir__() -> list[str]:
    return sorted(_stub()[1])


def _stub() -> tuple[Any, list[str]]:
    """What loads a public name, and all of them, as the stub has them; read once."""
    if "_read" not in globals():
        import lazy_loader

        load, _, names = lazy_loader.attach_stub(__name__, __file__)
        globals()["_read"] = load, names
    return globals()["_read"]
