"""One root of choices: a folder of YAML files, or the options that a plugin offers without writing any file."""

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = re.compile(r"#\s*@package\s+(\S+)\s*")


def read_text(path: Path) -> str:
    """The text of a configuration's file, with or without a byte order mark.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    return path.read_text(encoding="utf-8-sig")


def package_of(text: str) -> str:
    """Where a configuration's ``# @package`` line puts it, one of the comments at its head; empty where none is."""
    for line in map(str.strip, text.splitlines()):
        if found := _PACKAGE.fullmatch(line):
            return found[1]
        if line and line != "---" and not line.startswith("#"):
            break
    return ""


@dataclass(frozen=True, kw_only=True)
class Written:
    """Where somebody wrote a configuration: what messages point to.

    Attributes:
        label: how messages name it.
        file: the file that it is, or is a part of; None when it was written in Python.
        keys: where in the file's mapping it stands.
    """

    label: str
    file: Path | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An option held in memory.

    Attributes:
        text: its YAML.
        written: what it was made from.
    """

    text: str
    written: Written


def builtin_conf() -> Path:
    """The built-in root: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    packaged = package / "conf"
    return packaged if packaged.is_dir() else package.parent / "conf"


@dataclass(frozen=True, kw_only=True)
class ConfigSource(ABC):
    """One searched root. A config path is written as in ``scenario/card_chain``; the empty group is the root itself.

    Attributes:
        provider: ``synth`` or the plugin that brings it; empty for a user's own root.
        clashes: config path → why nobody can choose it: several plugins offer it.
    """

    provider: str = ""
    clashes: Mapping[str, str] = field(default_factory=dict)

    @abstractmethod
    def config_paths(self) -> Iterable[str]:
        """All that it holds, in name order."""

    @abstractmethod
    def is_config(self, config_path: str) -> bool:
        """Whether there is a configuration."""

    @abstractmethod
    def is_group(self, group: str) -> bool:
        """Whether there is a group, which may be empty."""

    @abstractmethod
    def options(self, group: str) -> list[str]:
        """The configurations directly in a group."""

    @abstractmethod
    def groups(self, group: str = "") -> list[str]:
        """The groups directly in a group."""

    @abstractmethod
    def read(self, config_path: str) -> str:
        """The YAML of a configuration.

        Raises:
            OSError: the file cannot be read.
            UnicodeDecodeError: the file is not UTF-8.
        """

    @abstractmethod
    def written(self, config_path: str) -> Written:
        """Where a configuration was written."""

    def misnamed(self, config_path: str) -> str:
        """How messages name a file that would be the configuration if it had the right suffix; empty where none is."""
        return ""

    def may_hold(self, config_path: str) -> bool:
        """False for Hydra's own groups, whose options name code, and for what lies outside of the root."""
        return posixpath.normpath(config_path).partition("/")[0] not in ("hydra", "..", "")


@dataclass(frozen=True, kw_only=True)
class Folder(ConfigSource):
    """A folder of YAML files.

    Attributes:
        path: an existing directory.
        label: how messages name it: relative to the working directory when below it.
    """

    path: Path
    label: str

    def config_paths(self) -> Iterable[str]:
        for file in sorted(self.path.rglob("*.yaml")):
            yield file.relative_to(self.path).with_suffix("").as_posix()

    def is_config(self, config_path: str) -> bool:
        return _answer(self._file(config_path).is_file)

    def is_group(self, group: str) -> bool:
        return _answer((self.path / group).is_dir)

    def options(self, group: str) -> list[str]:
        directory = self.path / group
        files = directory.iterdir() if self.is_group(group) else ()
        return sorted(file.stem for file in files if file.suffix == ".yaml")

    def groups(self, group: str = "") -> list[str]:
        return sorted(entry.name for entry in (self.path / group).iterdir() if entry.is_dir())

    def read(self, config_path: str) -> str:
        return read_text(self._file(config_path))

    def written(self, config_path: str) -> Written:
        return Written(label=f"{self.label}/{config_path}.yaml", file=self._file(config_path))

    def misnamed(self, config_path: str) -> str:
        file = self._file(config_path).with_suffix(".yml")
        return f"{self.label}/{config_path}.yml" if _answer(file.is_file) else ""

    def may_hold(self, config_path: str) -> bool:
        return super().may_hold(config_path) or self.path == builtin_conf()

    def _file(self, config_path: str) -> Path:
        return self.path / f"{config_path}.yaml"


def _answer(question: Callable[[], bool]) -> bool:
    """What a path says of itself; no, where it is none that a file could have."""
    try:
        return question()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, kw_only=True)
class Memory(ConfigSource):
    """Options that no file holds.

    Attributes:
        offered: by config path.
    """

    offered: Mapping[str, Offered]

    def config_paths(self) -> Iterable[str]:
        return sorted(self.offered)

    def is_config(self, config_path: str) -> bool:
        return config_path in self.offered

    def is_group(self, group: str) -> bool:
        return not group or any(path.startswith(f"{group}/") for path in self.offered)

    def options(self, group: str) -> list[str]:
        return sorted(path.rpartition("/")[2] for path in self.offered if path.rpartition("/")[0] == group)

    def groups(self, group: str = "") -> list[str]:
        inside = f"{group}/" if group else ""
        below = {path.removeprefix(inside) for path in self.offered if path.startswith(inside)}
        return sorted({path.partition("/")[0] for path in below if "/" in path})

    def read(self, config_path: str) -> str:
        return self.offered[config_path].text

    def written(self, config_path: str) -> Written:
        return self.offered[config_path].written
