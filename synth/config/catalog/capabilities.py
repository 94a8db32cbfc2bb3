"""Whether a plugin's classes can do what it says of them, and whether what they offer beside is spelt as it is read."""

import inspect
from collections.abc import Iterable
from typing import Any

from synth.contracts.hookspecs import SinkSpec
from synth.contracts.preflight import Preflight
from synth.contracts.run_events import StreamSubscriber, Subscriber
from synth.contracts.sink import Sink
from synth.contracts.stream_sink import StreamSink
from synth.errors import PluginError, nearest


def refuse_misfit(spec: SinkSpec) -> None:
    """Holds a sink to what its SinkSpec says.

    Raises:
        PluginError: its class is of another kind, lacks a method, or has one of another signature or spelling.
    """
    named = f"sink {spec.name!r}"
    schemes: Any = spec.schemes
    if not isinstance(schemes, tuple) or not all(isinstance(each, str) and each.islower() for each in schemes):
        raise PluginError(f"the schemes of {named} are {schemes!r}, not a tuple of words in small letters")
    if bool(spec.schemes) != (spec.opens is not None):
        raise PluginError(f"{named} says only one of schemes and opens, which need each other")
    if not spec.streams and spec.parts:
        raise PluginError(f"{named} says parts=True without streams=True: only a stream has parts")
    for name, function, arguments in (("reads", spec.reads, 3), ("opens", spec.opens, 1)):
        if function is not None:
            _refuse_signature(f"{name} of {named}", function, arguments)
    if isinstance(spec.factory, type):
        _refuse_class(spec, named, spec.factory)


def _refuse_class(spec: SinkSpec, named: str, cls: type[Any]) -> None:
    if spec.streams != issubclass(cls, StreamSink):
        fault = "says streams=True, but its class is no" if spec.streams else "leaves out streams=True of a"
        raise PluginError(f"{named} {fault} synth.StreamSink")
    contract: type[Any] = StreamSink if spec.streams else Sink
    _refuse_lacking(named, cls, () if spec.streams else _methods(contract))
    _refuse_misspelt(named, cls, {*_methods(contract), *_methods(Preflight)})
    for method, keyword in (("read", "reads"), ("open_source", "opens")):
        if method in _methods(cls) and not {"reads": spec.reads, "opens": spec.opens}[keyword]:
            fault = f"has a method {method!r} that its SinkSpec does not name"
            raise PluginError(f"the class of {named} {fault}: {keyword}={cls.__name__}.{method}")
    if issubclass(cls, Preflight):
        _refuse_signature(f"preflight of {named}", cls.preflight, 2)


def refuse_odd_subscriber(factory: object) -> None:
    """Holds the class of a subscriber to its contract; what a function makes is only seen in a run.

    Raises:
        PluginError: it lacks a method, or misspells one.
    """
    if isinstance(factory, type):
        named = f"subscriber {factory.__name__!r}"
        _refuse_lacking(named, factory, _methods(Subscriber))
        _refuse_misspelt(named, factory, _methods(StreamSubscriber))


def _methods(cls: type[Any]) -> set[str]:
    """The public methods of a class, its ancestors' included."""
    return {name for name, _ in inspect.getmembers(cls, callable) if not name.startswith("_")}


def _refuse_lacking(named: str, cls: type[Any], wanted: Iterable[str]) -> None:
    lacking = sorted({*wanted} - _methods(cls))
    if lacking:
        raise PluginError(f"the class of {named} has no method {', '.join(lacking)}")


def _refuse_misspelt(named: str, cls: type[Any], known: set[str]) -> None:
    """Refuses a method of the class's own that is almost one that it does not define itself."""
    own = {name for name in _methods(cls) if not _home(cls, name).startswith("synth.")}
    for name in sorted(own - known):
        if meant := nearest(name, sorted(known - own)):
            raise PluginError(f"the class of {named} has a method {name!r}, which nobody calls ({meant})")


def _home(cls: type[Any], name: str) -> str:
    """The module of the class that defines an attribute."""
    return next(each.__module__ for each in cls.__mro__ if name in vars(each))


def _refuse_signature(what: str, function: Any, arguments: int) -> None:
    try:
        taken = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{what} is {function!r}, which cannot be called") from error
    try:
        taken.bind(*[None] * arguments)
    except TypeError as error:
        raise PluginError(f"{what} is called with {arguments} arguments, and takes {taken}") from error
