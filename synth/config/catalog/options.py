"""The options that plugins offer without a file for each: kinds from class defaults, views, presets from one file."""

import inspect
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synth.config.catalog.defaults import as_yaml, defaults_of
from synth.config.catalog.provider import BUILT_IN, Preset, Provider
from synth.config.compose.display import MULTIPLE
from synth.config.compose.roots import PluginRoot, find_directory
from synth.config.compose.sources import Offered, Written, builtin_conf
from synth.contracts.hookspecs import Spec, View

Specs = Mapping[str, Mapping[str, Sequence[tuple[str, Spec]]]]

#: Config path → the plugins that offer an option there, where that is a clash.
Claims = Mapping[str, Sequence[str]]


def own_roots(provider: Provider) -> list[PluginRoot]:
    """The folders that a plugin brings."""
    return [PluginRoot(provider=provider.name, place=root) for root in provider.roots]


def offered_root(provider: Provider, specs: Specs, claims: Claims) -> list[PluginRoot]:
    """A root with the options that no folder of the plugin holds, where there are any; notes what others offer, too."""
    offered = dict(_options(provider, specs)) if provider.source != BUILT_IN else {}
    clashes = {path: option_clash(path, owners) for path, owners in claims.items() if path in offered}
    return [PluginRoot(provider=provider.name, offered=offered, clashes=clashes)] if offered else []


def option_clash(path: str, owners: Iterable[str]) -> str:
    """What is said of an option that several plugins offer."""
    group, _, name = path.rpartition("/")
    return claimed(f"{group} option {name!r}", owners)


def claimed(what: str, owners: Iterable[str]) -> str:
    """What is said of a name that several plugins want."""
    return (
        f"{what} is claimed by {' and '.join(map(repr, owners))}: "
        "rename one, or leave its plugin out (SYNTH_DISABLE_PLUGINS=<name> if it is installed)"
    )


def _options(provider: Provider, specs: Specs) -> Iterator[tuple[str, Offered]]:
    """A plugin's presets, its views, and those of its kinds for which nothing else offers an option, by config path."""
    taken = {f"{preset.group}/{preset.name}" for preset in provider.presets} | set(_offered(provider.roots))
    for preset in provider.presets:
        yield _of_preset(preset, _spec_of(preset, provider, specs))
    for view in provider.views:
        yield _of_view(view, provider)
    for group, spec in provider.specs:
        if f"{group}/{spec.name}" not in taken:
            yield _of_kind(group, spec, provider)


def _spec_of(preset: Preset, provider: Provider, specs: Specs) -> Spec | None:
    """The component that a preset configures: the plugin's own, or else the only one of this kind."""
    own = [spec for group, spec in provider.specs if (group, spec.name) == (preset.group, preset.kind)]
    others = [spec for _, spec in specs.get(preset.group, {}).get(preset.kind, ())]
    found = own or (others if len(others) == 1 else [])
    return found[0] if found else None


def _offered(roots: Iterable[str]) -> Iterator[str]:
    """The config paths of the options in some folders."""
    for root in filter(None, map(find_directory, roots)):
        for file in root.rglob("*.yaml"):
            yield file.relative_to(root).with_suffix("").as_posix()


def find_claims(providers: Sequence[Provider]) -> Claims:
    """The views and presets that have the name of somebody else's option, with all who offer it."""
    wanted = {f"columns/{view.name}" for provider in providers for view in provider.views}
    wanted |= {f"{preset.group}/{preset.name}" for provider in providers for preset in provider.presets}
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for provider in providers if wanted else ():
        builtin = [str(builtin_conf())] if provider.source == BUILT_IN else []
        own = set() if builtin else {path for path, _ in _options(provider, {})}
        for path in wanted & {*_offered([*provider.roots, *builtin]), *own}:
            owners[path].append(provider.name)
    return {path: its for path, its in sorted(owners.items()) if len(its) > 1}


def _header(group: str, name: str, summary: str) -> str:
    package = f"# @package {group}.{name}\n" if group in MULTIPLE else ""
    return f"{package}# {' '.join(summary.split())}\n"


def _summary_of(spec: Spec | None) -> str:
    message = (inspect.getdoc(spec.config) or "").partition("\n")[0] if spec else ""
    return "" if spec and message.startswith(f"{spec.config.__name__}(") else message  # what a dataclass says by itself


def _of_kind(group: str, spec: Spec, provider: Provider) -> tuple[str, Offered]:
    body = "".join(f"{key}: {as_yaml(value)}\n" for key, value in defaults_of(spec.config).items())
    written = Written(label=f"{provider.source}: class {spec.config.__name__}")
    text = _header(group, spec.name, _summary_of(spec)) + body
    return f"{group}/{spec.name}", Offered(text=text, written=written)


def _of_view(view: View, provider: Provider) -> tuple[str, Offered]:
    keys = ("name", "source", "format")
    rows = (json.dumps(dict(zip(keys, field, strict=False))) for field in view.fields)
    text = _header("columns", view.name, view.doc) + "fields:\n" + "".join(f"  - {row}\n" for row in rows)
    written = Written(label=f"{provider.source}: view {view.name!r}")
    return f"columns/{view.name}", Offered(text=text, written=written)


def _of_preset(preset: Preset, spec: Spec | None) -> tuple[str, Offered]:
    from synth.config.catalog.presets import with_defaults

    text = _header(preset.group, preset.name, preset.summary or _summary_of(spec))
    text += with_defaults(preset.body, spec.config if spec else None)
    written = Written(label=preset.label, file=preset.file, keys=(preset.group, preset.name))
    return f"{preset.group}/{preset.name}", Offered(text=text, written=written)
