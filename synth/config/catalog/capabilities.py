"""Holds the classes of plugins to what their specs declare, and optional methods to their spelling."""

import inspect
from collections.abc import Iterable
from typing import Any

from synth.config.catalog.locating import line_of
from synth.contracts.hookspecs import SinkSpec, Spec
from synth.contracts.overridable import Overridable, overridables
from synth.contracts.preflight import Preflight
from synth.contracts.run_events import StreamSubscriber, Subscriber
from synth.contracts.sink import KeptSink, Sink
from synth.contracts.stream_sink import StreamSink
from synth.errors import PluginError
from synth.wording import nearest


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
    if spec.receipts and (spec.streams or not spec.place):
        raise PluginError(f"{named} says receipts=True, which is for a place that takes whole runs")
    for name, function, arguments in (("reads", spec.reads, 3), ("opens", spec.opens, 1), ("takes", spec.takes, 1)):
        if function is not None:
            _refuse_signature(f"{name} of {named}", function, arguments)
    if isinstance(spec.factory, type):
        _refuse_class(spec, named, spec.factory)


def _refuse_class(spec: SinkSpec, named: str, cls: type[Any]) -> None:
    if spec.streams != issubclass(cls, StreamSink):
        fault = "says streams=True, but its class is no" if spec.streams else "leaves out streams=True of a"
        raise PluginError(f"{named} {fault} synth.StreamSink")
    contract: type[Any] = StreamSink if spec.streams else KeptSink if spec.receipts else Sink
    _refuse_lacking(named, cls, () if spec.streams else _methods(contract))
    _refuse_misspelt(named, cls, contract, Preflight)
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
        _refuse_misspelt(named, factory, Subscriber, StreamSubscriber)


def refuse_odd_attributes(spec: Spec, group: str) -> None:
    """Holds a class to the attributes of its contract; those that it makes for itself are seen in a run.

    Raises:
        PluginError: it lacks one, or one is of a type that it cannot be, such as a text where a comma was forgotten.
    """
    if isinstance(spec.factory, type):
        for each in overridables(spec.factory):
            _refuse_odd_attribute(each, spec.factory, f"{group} {spec.name!r}")


def _refuse_odd_attribute(declared: Overridable, cls: type[Any], named: str) -> None:
    name, wanted, value = declared.name, declared.wanted, inspect.getattr_static(cls, declared.name)
    if value is declared:
        if declared.required and not _makes(cls, name):
            raise PluginError(f"the class of {named} has no {name}, {wanted}{line_of(cls, name)}")
    elif isinstance(value, str) and str not in declared.of:
        message = f"{name} of {named} is the text {value!r}, not {wanted}"
        raise PluginError(f"{message}; is a comma missing?{line_of(cls, name)}")
    elif not isinstance(value, declared.of) and value is not declared.default and not hasattr(value, "__get__"):
        raise PluginError(f"{name} of {named} is {value!r}, not {wanted}{line_of(cls, name)}")


def _makes(cls: type[Any], name: str) -> bool:
    """Whether a class sets an attribute of its instances, or has it as a field."""
    begun = [vars(each).get("__init__") for each in cls.__mro__]
    names = [name for each in begun for name in getattr(getattr(each, "__code__", None), "co_names", ())]
    return name in names or name in getattr(cls, "__dataclass_fields__", ())


def _methods(cls: type[Any]) -> set[str]:
    """The public methods of a class, its ancestors' included."""
    return {name for name, _ in inspect.getmembers(cls, callable) if not name.startswith("_")}


def _refuse_lacking(named: str, cls: type[Any], wanted: Iterable[str]) -> None:
    lacking = sorted({*wanted} - _methods(cls))
    if lacking:
        raise PluginError(f"the class of {named} has no method {', '.join(lacking)}")


def _refuse_misspelt(named: str, cls: type[Any], contract: type[Any], beside: type[Any]) -> None:
    """Refuses a method of nobody's contract that is almost one which the class leaves out or leaves as it is."""
    ours = {name for each in cls.__mro__ if each.__module__.startswith("synth.") for name in vars(each)}
    left = {name for name in _methods(contract) | _methods(beside) if _home(cls, name) in (None, contract)}
    for name in sorted(_methods(cls) - ours):
        if meant := nearest(name, sorted(left)):
            raise PluginError(f"the class of {named} has a method {name!r}, which nobody calls ({meant})")


def _home(cls: type[Any], name: str) -> type[Any] | None:
    """The class that defines an attribute."""
    return next((each for each in cls.__mro__ if name in vars(each)), None)


def _refuse_signature(what: str, function: Any, arguments: int) -> None:
    try:
        taken = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{what} is {function!r}, which cannot be called") from error
    try:
        taken.bind(*[None] * arguments)
    except TypeError as error:
        raise PluginError(f"{what} is called with {arguments} arguments, and takes {taken}") from error
