"""A loaded module in, a provider out: its API range, its hooks, and whether they return what they should."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any, TypeVar

import pluggy

from synth.config.catalog.capabilities import refuse_misfit, refuse_odd_attributes, refuse_odd_subscriber
from synth.config.catalog.defaults import as_yaml, defaults_of
from synth.config.catalog.locating import line_of, raised_in
from synth.config.catalog.provider import BUILT_IN, HOOKS, Provider
from synth.config.compose.roots import find_directory
from synth.config.later import LaterSinkSpec, LaterSpec
from synth.contracts import hookspecs
from synth.contracts.hookspecs import API_VERSION, PROJECT, CheckSpec, SinkSpec, Spec, View
from synth.errors import PluginError
from synth.tables.column import PLAIN_NAME
from synth.wording import nearest

T = TypeVar("T")

_OTHERS = ("synth_views", "synth_checks", "synth_subscribers", "synth_config_roots")


def ask_installed(module: ModuleType, provider: Provider) -> Provider:
    """The same as ``ask``, of an installed module: asked once a process, and anew once it has other functions."""
    functions = tuple(value for value in vars(module).values() if isinstance(value, FunctionType))
    return replace(_ask_once(module, functions, provider), point=provider.point)


@lru_cache(maxsize=64)
def _ask_once(module: ModuleType, _: tuple[FunctionType, ...], provider: Provider) -> Provider:
    return ask(module, provider)


def ask(module: ModuleType, provider: Provider) -> Provider:
    """What the hooks of a module return, each asked once, by a manager of its own.

    Args:
        provider: its name, version, source and API range.

    Raises:
        PluginError: it needs another API, misspells a hook, fails in one, or returns what a hook does not take.
    """
    if provider.api:
        _refuse_other_api(provider.api)
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    _refuse_unknown_hooks(manager, module)
    try:
        manager.register(module, provider.name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"pluggy refuses a hook: {str(error).splitlines()[-1].strip()}") from error

    def call(hook: str, check: Callable[[Any, str], T]) -> list[T]:
        try:
            answers = getattr(manager.hook, hook)()
        except (Exception, SystemExit) as error:
            message = f"hook {hook!r} failed: {type(error).__name__}: {error}"
            raise PluginError(message + raised_in(error, module)) from error
        if len(answers) < len(getattr(manager.hook, hook).get_hookimpls()):
            raise PluginError(f"hook {hook!r} returned nothing: is its 'return' missing?" + line_of(module, hook))
        return [check(item, hook) for answer in answers for item in _as_list(answer, hook)]

    specs = [(group, spec) for group, hook in HOOKS.items() for spec in call(hook, _spec)]
    for _, spec in specs if provider.source != BUILT_IN else ():
        as_yaml(defaults_of(spec.config))
    views, checks = call("synth_views", _view), call("synth_checks", _check)
    _refuse_repeated([f"{group} kind {spec.name!r}" for group, spec in specs])
    _refuse_repeated([f"view {view.name!r}" for view in views])
    _refuse_repeated([f"check {check.name!r}" for check in checks])
    return replace(
        provider,
        specs=tuple(specs),
        views=tuple(views),
        checks=tuple(checks),
        subscribers=tuple(call("synth_subscribers", _subscriber)),
        roots=tuple(call("synth_config_roots", _root)),
    )


def _refuse_other_api(wanted: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    ours = Version(API_VERSION)
    try:
        unmet = [each for each in SpecifierSet(wanted) if not each.contains(ours, prereleases=True)]
        too_new = any(Version(each.version.removesuffix(".*")) > ours for each in unmet)
    except (InvalidSpecifier, InvalidVersion) as error:
        raise PluginError(f"its synth_api is {wanted!r}, not a range of versions such as '>=1.0,<2'") from error
    if unmet:
        newer, older = "update synth, or install an older version of the plugin", "update the plugin"
        message = f"it needs synth's plugin API {wanted}, this is {API_VERSION}"
        raise PluginError(f"{message}: {newer if too_new else older}")


def _refuse_unknown_hooks(manager: pluggy.PluginManager, module: ModuleType) -> None:
    known = [*HOOKS.values(), *_OTHERS]
    marked = {name: manager.parse_hookimpl_opts(module, name) for name in dir(module)}
    hooks = {name: options.get("specname") or name for name, options in marked.items() if options is not None}
    for name, hook in hooks.items():
        if hook not in known:
            meant = nearest(hook, known)
            raise PluginError(f"there is no hook {hook!r}" + (f" ({meant})" if meant else ""))
        wanted = [
            each.name
            for each in inspect.signature(getattr(module, name)).parameters.values()
            if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        ]
        if wanted:
            raise PluginError(f"hook {hook!r} takes no arguments, but the function wants {', '.join(wanted)}")
    if not hooks:
        raise PluginError("it marks no function with @synth.hookimpl")


def _refuse_repeated(names: Sequence[str]) -> None:
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice:
        raise PluginError(f"it provides {twice} twice")


def _as_list(answer: object, hook: str) -> Sequence[Any]:
    if isinstance(answer, list | tuple):
        return answer
    raise PluginError(f"hook {hook!r} returned {answer!r} instead of a list")


def _spec(spec: object, hook: str) -> Spec:
    wanted, shown = (
        (SinkSpec, "SinkSpec(config, factory, …)") if hook == HOOKS["sink"] else (Spec, "Spec(config, factory)")
    )
    if isinstance(spec, LaterSpec | LaterSinkSpec):
        return spec  # a built-in; tests hold all of them to what follows
    if not isinstance(spec, wanted):
        raise PluginError(f"hook {hook!r} returned {spec!r} instead of synth.{shown}")
    kind = getattr(spec.config, "__dataclass_fields__", {}).get("kind")
    if kind is None or not isinstance(kind.default, str):
        name = getattr(spec.config, "__name__", spec.config)
        raise PluginError(f"config class {name!r} of hook {hook!r} has no field kind: Literal['…'] = '…'")
    _refuse_odd_name("kind", kind.default, hook)
    if not callable(spec.factory):
        raise PluginError(f"the factory of kind {kind.default!r} is {spec.factory!r}, which cannot be called")
    if isinstance(spec, SinkSpec):
        refuse_misfit(spec)
    refuse_odd_attributes(spec, next(group for group, name in HOOKS.items() if name == hook))
    return spec


def _view(view: object, hook: str) -> View:
    if not isinstance(view, View):
        raise PluginError(f"hook {hook!r} returned {view!r} instead of synth.View(name, doc, fields)")
    _refuse_odd_name("view", view.name, hook)
    for field in _as_list(view.fields, f"{hook}: fields of {view.name}") or [()]:
        texts = isinstance(field, list | tuple) and all(isinstance(text, str) for text in field)
        if not texts or len(field) not in (2, 3):
            message = (
                f"view {view.name!r} has the field {field!r}" if field != () else f"view {view.name!r} has no fields"
            )
            raise PluginError(f"{message}; a field is (name, event column) or (name, event column, format)")
    return view


def _check(check: object, hook: str) -> CheckSpec:
    if not isinstance(check, CheckSpec):
        raise PluginError(f"hook {hook!r} returned {check!r} instead of synth.CheckSpec(name, function, needs)")
    if not check.name or not str(check.name).isprintable():
        raise PluginError(f"hook {hook!r} returned a check whose name is {check.name!r}, not a line of text")
    if not callable(check.function):
        raise PluginError(f"the function of check {check.name!r} is {check.function!r}, which cannot be called")
    if not isinstance(check.needs, list | tuple):
        raise PluginError(f"check {check.name!r} needs {check.needs!r}, which is no tuple of columns and tables")
    return check


def _subscriber(factory: Any, hook: str) -> Any:
    if not callable(factory):
        raise PluginError(f"hook {hook!r} returned {factory!r} instead of a class or function that makes a subscriber")
    refuse_odd_subscriber(factory)
    return factory


def _root(root: object, hook: str) -> str:
    """The folder itself: another plugin may be loaded under the package's name later."""
    folder = find_directory(str(root))
    if folder is None:
        raise PluginError(f"its configuration root {str(root)!r} does not exist")
    return str(folder)


def _refuse_odd_name(what: str, name: object, hook: str) -> None:
    if not PLAIN_NAME.fullmatch(str(name)):
        message = f"hook {hook!r} returned a {what} named {name!r}"
        raise PluginError(f"{message}; allowed: letters, digits, _ and -, not beginning with a digit")
