"""``python -m synth``, and the command ``synth``."""

import sys

_INTERRUPTED = 130

try:
    import gc
    from collections.abc import Callable, Mapping
    from importlib import import_module
    from importlib.util import find_spec, module_from_spec
    from threading import RLock
    from types import ModuleType
except KeyboardInterrupt:
    sys.stderr.write("interrupted\n")
    raise SystemExit(_INTERRUPTED) from None


class Deferred(ModuleType):
    """A module that is executed once something in it is asked for; commands that only read a recipe never do.

    An import statement by itself asks for nothing, but of a submodule for ``__path__``, which is therefore left out of
    a package whose submodules need the whole.
    """

    @classmethod
    def put(cls, name: str, known: Mapping[str, Callable[[], object]] | None = None) -> None:
        """Lets later imports find it in the place of a module that nobody has imported.

        Args:
            known: of a package whose submodules do without it: attribute → what makes it without the package.
        """
        spec = find_spec(name) if name not in sys.modules else None
        if spec is None:
            return
        module = module_from_spec(spec)
        module.__class__ = cls
        vars(module).update(_lock=RLock(), _begun=False, _known=known or {})
        if known is None:
            vars(module).pop("__path__")
        sys.modules[name] = module

    def __getattr__(self, name: str) -> object:
        own = vars(self)
        if name in own["_known"] and not own["_begun"]:
            return own["_known"][name]()
        with own["_lock"]:
            if self.__class__ is Deferred:
                if own["_begun"]:  # by this thread, in the middle of it: a module without the attribute, as any other
                    raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
                own["_begun"] = True
                assert self.__spec__
                assert self.__spec__.loader
                own["__path__"] = self.__spec__.submodule_search_locations
                self.__spec__.loader.exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]
        return getattr(self, name)


def _version_of_hydra() -> str:
    from importlib.metadata import version

    return version("hydra-core")


#: What the modules that compose ask of Hydra's package while they are loaded, when it is too late to load the package.
_KNOWN_OF_HYDRA: Mapping[str, Callable[[], object]] = {
    "__version__": _version_of_hydra,
    "version": lambda: import_module("hydra.version"),
    "MissingConfigException": lambda: import_module("hydra.errors").MissingConfigException,
}


def main() -> int:
    """Carries out the command that the process was started with; interrupted while it is loaded, it ends as later."""
    try:
        from synth.errors import UnsupportedSystem, refuse_other_systems

        try:
            refuse_other_systems()
        except UnsupportedSystem as error:
            sys.stderr.write(f"error: {error}\n")
            return error.exit_code
        gc.set_threshold(200_000)  # to load a hundred modules makes many objects, and no garbage to look for
        Deferred.put("numpy")
        Deferred.put("hydra", _KNOWN_OF_HYDRA)  # which loads all of Hydra, of which to compose needs a third
        from synth.cli import main as carry_out

        return carry_out()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
