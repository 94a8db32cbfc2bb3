"""The directories in which choices are searched for, and what they offer."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.errors import ConfigError, PluginError, Violation

PRIMARY = "config"


@dataclass(frozen=True, kw_only=True)
class ConfigSource:
    """One searched root.

    Attributes:
        path: an existing directory.
        label: how messages name it: relative to the working directory when below it.
    """

    path: Path
    label: str

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
    package = Path(__file__).resolve().parents[1]
    packaged = package / "conf"
    return packaged if packaged.is_dir() else package.parent / "conf"


def search_roots(
    config_dirs: Sequence[Path] = (), plugin_roots: Sequence[tuple[str, str]] = ()
) -> tuple[ConfigSource, ...]:
    """The roots in the order of search: a file in an earlier one shadows its namesakes in later ones."""
    missing = [directory for directory in config_dirs if not Path(directory).is_dir()]
    if missing:
        raise ConfigError(
            [
                Violation(
                    path="", message=f"no directory '{directory}'", where=f"command line: --config-dir {directory}"
                )
                for directory in missing
            ]
        )
    builtin = builtin_conf()
    own = Path.cwd() / "conf"
    roots = [(Path(directory).absolute(), "") for directory in config_dirs]
    if own.is_dir() and own.resolve() != builtin:
        roots.append((own, ""))
    roots.append((builtin, "synth"))
    roots += [(_plugin_directory(provider, root), provider) for provider, root in plugin_roots]
    return tuple(ConfigSource(path=path, label=_label(path, provider)) for path, provider in roots)


def _label(path: Path, provider: str) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return f"{provider}:{path.name}" if provider else path.as_posix()


def _plugin_directory(provider: str, root: str) -> Path:
    path = Path(root)
    if root.startswith("pkg://"):
        from importlib.util import find_spec

        try:
            spec = find_spec(root.removeprefix("pkg://"))
        except ImportError:
            spec = None
        locations = list(spec.submodule_search_locations or ()) if spec else []
        path = Path(locations[0]) if locations else path
    if not path.is_dir():
        message = f"plugin '{provider}': its configuration root '{root}' does not exist"
        raise PluginError(message)
    return path.absolute()


def list_options(
    *, config_dirs: Sequence[Path] = (), plugin_roots: Sequence[tuple[str, str]] = ()
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
                    where=f"{root.label}/{relative.as_posix()}",
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
