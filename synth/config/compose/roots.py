"""The roots in which choices are searched for, and what they offer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from synth.config.compose.folders import USUAL, own_folders, unsearched_reason
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
        provider: ``synth`` or the plugin that brings it; empty for a user's own.
        shadowed: an earlier root has one of the same name, so this one is never read.
    """

    name: str
    summary: str
    where: str
    provider: str
    shadowed: bool


def search_roots(config_dirs: Sequence[Path] = (), plugin_roots: Sequence[PluginRoot] = ()) -> tuple[ConfigSource, ...]:
    """The roots in the order of search: a file in an earlier one shadows its namesakes in later ones.

    Args:
        config_dirs: come first; then what is synth's in the working directory, the built-ins, and the plugins.

    Raises:
        ConfigError: a folder does not exist.
        PluginError: a plugin's root does not exist.
    """
    missing = [directory for directory in config_dirs if not Path(directory).is_dir()]
    if missing:
        raise ConfigError(
            [
                Problem(path="", message=f"no directory '{directory}'", where=f"command line: --config-dir {directory}")
                for directory in missing
            ]
        )
    builtin = builtin_conf()
    users = {path.resolve(): path.absolute() for path in reversed([*map(Path, config_dirs), *own_folders()])}
    sources = [Folder(path=path, label=_label(path, "")) for at, path in reversed(users.items()) if at != builtin]
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


def find_shadows(roots: Sequence[ConfigSource]) -> dict[str, str]:
    """The files in users' roots that stand in the place of a file of synth's or of a plugin's: label → its label."""
    found: dict[str, str] = {}
    read: set[str] = set()
    for number, root in enumerate(roots):
        for path in root.config_paths() if not root.provider else ():
            later = [other for other in roots[number + 1 :] if other.provider and other.is_config(path)]
            if later and path not in read:
                found[root.written(path).label] = later[0].written(path).label
            read.add(path)
    return found


def note_shadows(problems: Sequence[Problem], shadows: Mapping[str, str]) -> list[Problem]:
    """The problems, with a note where a shadowing file is to blame; its primary configuration is, where no file is."""
    builtin = builtin_conf()
    ours = Folder(path=builtin, label=_label(builtin, "synth")).written(PRIMARY).label
    primary = next((label for label, other in shadows.items() if other == ours), "")
    return [_note(problem, shadows, primary) for problem in problems]


@contextmanager
def noting_shadows(shadows: Mapping[str, str]) -> Iterator[None]:
    """Adds these notes to an error."""
    try:
        yield
    except ConfigError as error:
        if not shadows:
            raise
        raise ConfigError(note_shadows(error.problems, shadows)) from error.__cause__


def _note(problem: Problem, shadows: Mapping[str, str], primary: str) -> Problem:
    in_file = problem.where and not problem.where.startswith("command line:")
    label = next(
        (label for label in shadows if f"{problem.where}:".startswith(f"{label}:")), "" if in_file else primary
    )
    return replace(problem, note=told_shadow(label, shadows[label])) if label and not problem.note else problem


def unsearched_folder(roots: Sequence[ConfigSource]) -> str:
    """Why the usual folder of choices, which is there, is none of the roots, and the cure; empty when there is none."""
    usual = Path(USUAL)
    searched = {root.path.resolve() for root in roots if isinstance(root, Folder)}
    return unsearched_reason() if usual.is_dir() and usual.resolve() not in searched else ""


def told_shadow(label: str, other: str) -> str:
    """What is said of a file that shadows another one."""
    return f"{label} shadows {other}"


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
                    provider=root.provider,
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
