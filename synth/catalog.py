"""Plugins in, one catalog of components out; the only user of pluggy's PluginManager.

A plugin that cannot be loaded, misspells a hook or claims a taken name breaks nobody but the recipe that needs it:
what went wrong is kept here and told when it matters, and by ``synth plugins list``.
"""

import importlib.metadata
import importlib.util
import inspect
import json
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from synth import __version__, builtin, hookspecs
from synth.errors import PluginError, nearest
from synth.hookspecs import PROJECT, Spec

ENTRY_POINTS = "synth"
BUILT_IN = "built in"

#: Config group → the hook that fills it.
HOOKS = {
    "generator": "synth_generators",
    "amount": "synth_amounts",
    "scenario": "synth_injectors",
    "sink": "synth_sinks",
    "runner": "synth_runners",
}


@dataclass(frozen=True)
class Provider:
    """One plugin, loaded or not.

    Attributes:
        source: ``built in``, ``entry point`` or the file that ``--plugin`` named.
        provides: group → kinds.
        error: why it cannot be used; empty when it can.
    """

    name: str
    version: str
    source: str
    provides: Mapping[str, list[str]] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Catalog:
    """What recipes can name.

    Attributes:
        kinds: group → kind → its owners and specs; more than one is a clash.
    """

    kinds: Mapping[str, Mapping[str, list[tuple[str, Spec]]]]
    providers: tuple[Provider, ...]

    @cached_property
    def config_roots(self) -> list[tuple[str, str]]:
        """(provider, folder) of the plugins' YAML choices.

        A plugin that ships none gets a file a kind, written from the defaults of its config class.
        """
        roots = [(provider.name, root) for provider in self.providers for root in provider.roots]
        bare = [p for p in self.providers if p.provides and not p.roots and p.source != BUILT_IN]
        if bare:
            folder = Path(tempfile.mkdtemp(prefix="synth-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            roots += [(provider.name, str(self._write_options(provider, folder))) for provider in bare]
        return roots

    def _write_options(self, provider: Provider, folder: Path) -> Path:
        root = folder / provider.name / "kinds"
        for group, kinds in provider.provides.items():
            (root / group).mkdir(parents=True)
            for kind in kinds:
                spec = next(spec for owner, spec in self.kinds[group][kind] if owner == provider.name)
                package = f"# @package {group}.{kind}\n" if group in ("scenario", "sink") else ""
                (root / group / f"{kind}.yaml").write_text(package + _defaults_as_yaml(spec.config))
        return root

    def names(self, group: str) -> list[str]:
        """The kinds of a group."""
        return sorted(self.kinds[group])

    def owner(self, group: str, kind: str) -> str:
        """The plugin that provides a kind."""
        return self.kinds[group][kind][0][0]

    def find(self, group: str, kind: str) -> Spec | None:
        """The spec of a kind, None when nobody provides it.

        Raises:
            PluginError: several plugins claim it.
        """
        claims = self.kinds[group].get(kind, [])
        if len(claims) > 1:
            owners = " and ".join(repr(owner) for owner, _ in claims)
            raise PluginError(
                f"{group} kind {kind!r} is claimed by {owners}: "
                "rename one, or leave its plugin out (SYNTH_DISABLE_PLUGINS=<name> if it is installed)"
            )
        return claims[0][1] if claims else None

    def broken(self) -> list[Provider]:
        """The plugins that cannot be used."""
        return [provider for provider in self.providers if provider.error]


def load_catalog(plugin_files: Sequence[Path] = ()) -> Catalog:
    """Loads the built-ins, the entry points of group ``synth`` and the given module files.

    ``SYNTH_PLUGINS=a,b`` allows only these entry points, ``SYNTH_DISABLE_PLUGINS=a,b`` leaves these out.

    Raises:
        PluginError: one of ``plugin_files`` cannot be used; the user asked for it.
    """
    loaded = [_register("synth", builtin, __version__, BUILT_IN)]
    loaded += [_load_entry_point(point) for point in _entry_points()]
    for path in {path.absolute(): path for path in plugin_files}.values():
        provider, claims = _load_file(path)
        if provider.error:
            raise PluginError(f"plugin {path} cannot be used: {provider.error}")
        namesake = next((other for other, _ in loaded if other.name == provider.name), None)
        if namesake:
            raise PluginError(f"two plugins are named {provider.name!r}: {namesake.source} and {path}; rename the file")
        loaded.append((provider, claims))
    kinds: dict[str, dict[str, list[tuple[str, Spec]]]] = {group: {} for group in HOOKS}
    for provider, specs in loaded:
        for group, spec in specs:
            kinds[group].setdefault(spec.name, []).append((provider.name, spec))
    return Catalog(kinds, tuple(provider for provider, _ in loaded))


def _defaults_as_yaml(config: type[Any]) -> str:
    """A config class as an option file: its doc as the comment, ``???`` where a key has no default."""
    lines = ["# " + (inspect.getdoc(config) or "").partition("\n")[0]]
    for each in fields(config):
        value: Any = "???" if each.default is MISSING else each.default
        if each.default_factory is not MISSING:
            value = each.default_factory()
        if is_dataclass(value) and not isinstance(value, type):
            value = asdict(value)
        lines.append(f"{each.name}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


Loaded = tuple[Provider, list[tuple[str, Spec]]]


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    allowed, refused = _listed("SYNTH_PLUGINS"), _listed("SYNTH_DISABLE_PLUGINS")
    points = sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return [p for p in points if p.name not in (refused or ()) and (allowed is None or p.name in allowed)]


def _listed(variable: str) -> list[str] | None:
    """The names in a comma-separated environment variable; None when it is not set."""
    value = os.environ.get(variable)
    return None if value is None else [name.strip() for name in value.split(",")]


def _load_entry_point(point: importlib.metadata.EntryPoint) -> Loaded:
    version = point.dist.version if point.dist else ""
    source = f"entry point of {point.dist.name}" if point.dist else "entry point"
    try:
        module = point.load()
    except Exception as error:  # noqa: BLE001 — a plugin may fail in any way
        return Provider(point.name, version, source, error=f"{type(error).__name__}: {error}"), []
    return _register(point.name, module, version, source)


def _load_file(path: Path) -> Loaded:
    name, source = path.stem, str(path)
    spec = importlib.util.spec_from_file_location(f"synth_plugin_{name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        return Provider(name, "", source, error="there is no such Python file"), []
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 — a plugin may fail in any way
        return Provider(name, "", source, error=f"{type(error).__name__}: {error}"), []
    return _register(name, module, str(getattr(module, "__version__", "")), source)


def _register(name: str, module: ModuleType, version: str, source: str) -> Loaded:
    """Registers one plugin with a manager of its own and asks its hooks."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name)
        _refuse_unknown_hooks(manager, module)
        claims = [(group, _checked(spec, hook)) for group, hook in HOOKS.items() for spec in _call(manager, hook)]
        roots = tuple(str(root) for root in _call(manager, "synth_config_roots"))
        for root in roots:
            _refuse_missing(root)
        for spec in [spec for _, spec in claims if source != BUILT_IN]:
            _defaults_as_yaml(spec.config)
    except Exception as error:  # noqa: BLE001 — a plugin may fail in any way
        told = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        return Provider(name, version, source, error=told), []
    provides = {group: sorted(spec.name for g, spec in claims if g == group) for group in HOOKS}
    provider = Provider(name, version, source, {g: names for g, names in provides.items() if names}, roots)
    return provider, claims


def _refuse_missing(root: str) -> None:
    package = root.removeprefix("pkg://")
    found = importlib.util.find_spec(package) if root.startswith("pkg://") else Path(root).is_dir()
    if not found:
        raise PluginError(f"its configuration root {root!r} does not exist")


def _call(manager: pluggy.PluginManager, hook: str) -> list[Any]:
    return [item for answer in getattr(manager.hook, hook)() for item in answer]


def _refuse_unknown_hooks(manager: pluggy.PluginManager, module: ModuleType) -> None:
    known = [*HOOKS.values(), "synth_config_roots"]
    marked = [name for name in dir(module) if manager.parse_hookimpl_opts(module, name) is not None]
    for name in marked:
        if name not in known:
            meant = nearest(name, known)
            raise PluginError(f"there is no hook {name!r}" + (f" ({meant})" if meant else ""))
    if not marked:
        raise PluginError("it marks no function with @synth.hookimpl")


def _checked(spec: object, hook: str) -> Spec:
    if not isinstance(spec, Spec):
        raise PluginError(f"hook {hook!r} returned {spec!r} instead of synth.Spec(config, factory)")
    kind = getattr(spec.config, "__dataclass_fields__", {}).get("kind")
    if kind is None or not isinstance(kind.default, str):
        raise PluginError(
            f"config class {spec.config.__name__!r} of hook {hook!r} has no field kind: Literal['…'] = '…'"
        )
    return spec
