"""synth: a declarative simulator of labelled payment events, with exact ground truth."""

from typing import Any

import lazy_loader

__version__ = "0.1.0"

# The public names stand in __init__.pyi alone; each is imported when it is first used: ``import synth`` stays light.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    from synth.errors import refuse_other_systems
    from synth.wording import nearest

    if name in __all__:
        refuse_other_systems()
        return _load(name)

    hint = nearest(name, __all__)
    raise AttributeError(f"module 'synth' has no attribute {name!r}" + (f" ({hint})" if hint else ""))
