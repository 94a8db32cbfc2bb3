"""The roots in which choices are searched for, and what they offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth.config.compose.sources import ConfigSource, Folder, Memory, Offered, builtin_conf
from synth.errors import ConfigError, PluginError, Problem

PRIMARY = "config"

#: Comments at the head of a file that do not say what it is.
_NO_SUMMARY = ("@package", "SPDX-", "yaml-language-server:", "Copyright")


@dataclass(frozen=True, kw_only=True)
class PluginRoot:
    """One root that a plugin brings: a folder, or options in memory.

    Attributes:
        provider: the plugin's name.
        place: a directory or ``pkg://module``; empty when the options are in memory.
        offered: config path → option.
        clashes: config path → why nobody can choose it: other plugins offer it, too.
    """

    provider: str
    place: str = ""
    offered: Mapping[str, Offered] = field(default_factory=dict)
    clashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option that a group offers.

    Attributes:
        summary: its first comment.
        where: where it was written.
        shadowed: an earlier root has one of the same name, so this one is never read.
    """

    name: str
    summary: str
    where: str
    shadowed: bool


def search_roots(config_dirs: Sequence[Path] = (), plugin_roots: Sequence[PluginRoot] = ()) -> tuple[ConfigSource, ...]:
    """The roots in the order of search: a file in an earlier one shadows its namesakes in later ones."""
    missing = [directory for directory in config_dirs if not Path(directory).is_dir()]
    if missing:
        raise ConfigError(
            [
                Problem(path="", message=f"no directory '{directory}'", where=f"command line: --config-dir {directory}")
                for directory in missing
            ]
        )
    builtin = builtin_conf()
    own = Path.cwd() / "conf"
    users = [Path(directory).absolute() for directory in config_dirs]
    if own.is_dir() and own.resolve() != builtin:
        users.append(own)
    sources = [Folder(path=path, label=_label(path, "")) for path in users]
    sources.append(Folder(path=builtin, label=_label(builtin, "synth"), provider="synth"))
    return (*sources, *map(_plugin_source, plugin_roots))


def _plugin_source(root: PluginRoot) -> ConfigSource:
    if root.offered:
        return Memory(provider=root.provider, offered=root.offered, clashes=root.clashes)
    path = find_directory(root.place)
    if path is None:
        message = f"plugin '{root.provider}': its configuration root '{root.place}' does not exist"
        raise PluginError(message)
    return Folder(path=path, label=_label(path, root.provider), provider=root.provider)


def _label(path: Path, provider: str) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return f"{provider}:{path.name}" if provider else path.as_posix()


def find_directory(place: str) -> Path | None:
    """The directory of a plugin's root, ``pkg://module`` or a path; None when there is none."""
    path = Path(place)
    if place.startswith("pkg://"):
        from importlib.util import find_spec

        try:
            spec = find_spec(place.removeprefix("pkg://"))
        except ImportError:
            spec = None
        locations = list(spec.submodule_search_locations or ()) if spec else []
        path = Path(locations[0]) if locations else path
    return path.absolute() if path.is_dir() else None


def list_options(
    *, config_dirs: Sequence[Path] = (), plugin_roots: Sequence[PluginRoot] = ()
) -> dict[str, list[Option]]:
    """Every group of every root with its options, both by name; shadowed files come after what shadows them."""
    groups: dict[str, list[Option]] = {}
    for root in search_roots(config_dirs, plugin_roots):
        for config_path in root.config_paths():
            group, _, name = config_path.rpartition("/")
            if not group or group.partition("/")[0] == "hydra":
                continue
            options = groups.setdefault(group, [])
            options.append(
                Option(
                    name=name,
                    summary=_summary(root, config_path),
                    where=root.written(config_path).label,
                    shadowed=any(option.name == name for option in options),
                )
            )
    return {group: sorted(groups[group], key=lambda option: option.name) for group in sorted(groups)}


def _summary(root: ConfigSource, config_path: str) -> str:
    try:
        lines = root.read(config_path).splitlines()
    except UnicodeDecodeError:
        return ""
    for line in lines:
        text = line.strip()
        comment = text.lstrip("# ")
        if text.startswith("#") and comment and not comment.startswith(_NO_SUMMARY):
            return comment
        if text not in ("", "---") and not text.startswith("#"):
            break
    return ""


def option_names(roots: Sequence[ConfigSource], group: str) -> list[str]:
    """The options of one group over all roots; empty when there is no such group."""
    return sorted({name for root in roots for name in root.options(group)})


def group_names(roots: Sequence[ConfigSource]) -> list[str]:
    """The groups on the first level, Hydra's own left out."""
    names = {name for root in roots for name in root.groups()}
    return sorted(name for name in names if name != "hydra" and option_names(roots, name))
