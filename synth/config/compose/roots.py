"""The directories in which choices are searched for, and what they offer."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth.errors import ConfigError, PluginError, Problem

PRIMARY = "config"


@dataclass(frozen=True, kw_only=True)
class Written:
    """Who wrote an option whose file was generated: messages name that place, not the file.

    Attributes:
        label: how messages name it.
        file: the user's own file, of which the option is a part; None when it was written in Python.
        keys: where in the file's mapping the option stands.
    """

    label: str
    file: Path | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PluginRoot:
    """One root that a plugin brings.

    Attributes:
        provider: the plugin's name.
        place: a directory or ``pkg://module``.
        written: config path → who wrote it, for the options in here that were generated.
        clashes: config path → why nobody can choose it: other plugins offer it, too.
    """

    provider: str
    place: str
    written: Mapping[str, Written] = field(default_factory=dict)
    clashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ConfigSource:
    """One searched root.

    Attributes:
        path: an existing directory.
        label: how messages name it: relative to the working directory when below it.
        provider: ``synth`` or the plugin that brings it; empty for a user's own root.
        written, clashes: as in ``PluginRoot``.
    """

    path: Path
    label: str
    provider: str = ""
    written: Mapping[str, Written] = field(default_factory=dict)
    clashes: Mapping[str, str] = field(default_factory=dict)

    def label_of(self, config_path: str) -> str:
        """How messages name the file behind a config path such as ``scenario/card_chain``."""
        written = self.written.get(config_path)
        return written.label if written else f"{self.label}/{config_path}.yaml"

    def may_hold(self, config_path: str) -> bool:
        """False for Hydra's own groups, whose options name code, and for what lies outside of a user's root."""
        first = posixpath.normpath(config_path).partition("/")[0]
        return first not in ("hydra", "..", "") or self.path == builtin_conf()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One file that a group offers.

    Attributes:
        summary: the file's first comment.
        where: the file.
        shadowed: an earlier root has a file of the same name, so this one is never read.
    """

    name: str
    summary: str
    where: str
    shadowed: bool


def builtin_conf() -> Path:
    """The built-in root: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    packaged = package / "conf"
    return packaged if packaged.is_dir() else package.parent / "conf"


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
    sources = [ConfigSource(path=path, label=_label(path, "")) for path in users]
    sources.append(ConfigSource(path=builtin, label=_label(builtin, "synth"), provider="synth"))
    return (*sources, *map(_plugin_source, plugin_roots))


def _plugin_source(root: PluginRoot) -> ConfigSource:
    path = find_directory(root.place)
    if path is None:
        message = f"plugin '{root.provider}': its configuration root '{root.place}' does not exist"
        raise PluginError(message)
    return ConfigSource(
        path=path,
        label=_label(path, root.provider),
        provider=root.provider,
        written=root.written,
        clashes=root.clashes,
    )


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
        for file in sorted(root.path.rglob("*.yaml")):
            relative = file.relative_to(root.path)
            group = relative.parent.as_posix()
            if group == "." or relative.parts[0] == "hydra":
                continue
            options = groups.setdefault(group, [])
            options.append(
                Option(
                    name=file.stem,
                    summary=_summary(file),
                    where=root.label_of(relative.with_suffix("").as_posix()),
                    shadowed=any(option.name == file.stem for option in options),
                )
            )
    return {group: sorted(groups[group], key=lambda option: option.name) for group in sorted(groups)}


def _summary(file: Path) -> str:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.strip()
        if text.startswith("#") and not text.startswith("# @package"):
            return text.lstrip("# ")
        if text and not text.startswith("#"):
            break
    return ""


def option_names(roots: Sequence[ConfigSource], group: str) -> list[str]:
    """The options of one group over all roots; empty when there is no such group."""
    names: set[str] = set()
    for root in roots:
        directory = root.path / group
        if directory.is_dir():
            names.update(entry.stem for entry in directory.iterdir() if entry.suffix == ".yaml")
    return sorted(names)


def group_names(roots: Sequence[ConfigSource]) -> list[str]:
    """The groups on the first level, Hydra's own left out."""
    names = {entry.name for root in roots for entry in root.path.iterdir() if entry.is_dir()}
    return sorted(name for name in names if name != "hydra" and option_names(roots, name))
