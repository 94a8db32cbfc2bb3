"""Hydra's machinery on synth's roots, without Hydra's global state; all that reading uses of its internals."""

import io
import pickle
import posixpath
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import hydra
from hydra import version
from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult
from hydra.plugins.config_source import ConfigSource as HydraSource
from omegaconf import OmegaConf

from synth.config.compose.sources import ConfigSource, Memory, package_of

_VERSION_BASE = "1.3"
_IS_1_3 = hydra.__version__.startswith("1.3.")

#: Whether Hydra can take one entry out of a list.
DELETES_ENTRIES = not _IS_1_3

_VERSION_LOCK = threading.RLock()


@contextmanager
def modern_hydra() -> Iterator[None]:
    """Hydra 1.3 keeps the version whose behaviour it follows in a global, which belongs to the host application.

    From 1.4 on it has one behaviour only and deprecates the setting.
    """
    if not _IS_1_3:
        yield
        return
    with _VERSION_LOCK:
        base = version.VersionBase.instance()
        before = base.version_base
        version.setbase(_VERSION_BASE)
        try:
            yield
        finally:
            base.version_base = before


class _Text(io.StringIO):
    """A configuration's YAML; the parser's errors name it as messages do."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


@lru_cache(maxsize=1024)
def _pickled(text: str, name: str) -> bytes:
    """A configuration's YAML as OmegaConf reads it, once a process; ``pickle.loads`` makes one that the caller owns.

    Reading is half of the time of a composition, unpickling a twentieth of reading.
    """
    return pickle.dumps(OmegaConf.load(_Text(text, name)))


class Root(HydraSource):
    """One searched root. Hydra instantiates what its own groups name, so a user's root never provides them."""

    def __init__(self, root: ConfigSource) -> None:
        super().__init__(root.provider, f"{self.scheme()}://{root.provider}")
        self.root, self.texts = root, dict[str, str]()

    def __deepcopy__(self, _: object) -> "Root":
        """Hydra copies a repository to give it other sources; the sources themselves never change."""
        return self

    @staticmethod
    def scheme() -> str:
        return "synth"

    def available(self) -> bool:
        return True

    def is_config(self, config_path: str) -> bool:
        path = config_path.removesuffix(".yaml")
        return self.root.may_hold(path) and self.root.is_config(path)

    def is_group(self, config_path: str) -> bool:
        return self.root.may_hold(config_path) and self.root.is_group(config_path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        groups = self.root.groups(config_path)
        found = {
            ObjectType.GROUP: [name for name in groups if self.is_group(posixpath.join(config_path, name))],
            ObjectType.CONFIG: self.root.options(config_path),
        }
        return sorted({name for kind, names in found.items() if results_filter in (None, kind) for name in names})

    def load_config(self, config_path: str) -> ConfigResult:
        path = config_path.removesuffix(".yaml")
        if not self.is_config(path):
            raise ConfigLoadError(f"no configuration {path}")
        text = self.read(path)
        config = pickle.loads(_pickled(text, self.root.written(path).label))
        header = {"package": package_of(text) or None}
        return ConfigResult(config=config, path=self.full_path(), provider=self.provider, header=header)

    def read(self, config_path: str) -> str:
        """The YAML of a configuration, which is kept in ``texts``."""
        path = config_path.removesuffix(".yaml")
        self.texts[path] = self.root.read(path)
        return self.texts[path]


class Repository(ConfigRepository):
    """The searched roots; with Hydra's own groups only when a sweep or a completion needs them."""

    def __init__(self, roots: Sequence[ConfigSource], *, with_hydra: bool = False) -> None:
        self.with_hydra = with_hydra
        self.sources: list[HydraSource] = [Root(root) for root in roots]
        if with_hydra:
            self.sources.insert(0, _source_of_hydra("hydra", "pkg://hydra.conf"))
            self.sources.append(_source_of_hydra("schema", "structured://"))

    def get_schema_source(self) -> HydraSource:
        """Hydra 1.3 validates a file against a stored schema of its name, which might be the host application's."""
        return Root(Memory(offered={}))

    def _find_object_source(self, config_path: str, object_type: ObjectType | None) -> HydraSource | None:
        """Hydra's sources, its packages included, would follow a path that leads out of them."""
        if posixpath.normpath(config_path).partition("/")[0] in ("", ".."):
            return None
        return super()._find_object_source(config_path, object_type)

    def load_config(self, config_path: str) -> ConfigResult | None:
        result = super().load_config(config_path)
        if result is not None and not self.with_hydra:
            result.defaults_list = [
                default
                for default in result.defaults_list or []
                if not str(getattr(default, "group", "")).lstrip("/").startswith("hydra/")
            ]
        return result

    def text_of(self, config_path: str) -> str | None:
        """The YAML of a configuration that was loaded; None where there is none."""
        path = config_path.removesuffix(".yaml")
        return next((s.texts[path] for s in self.sources if isinstance(s, Root) and path in s.texts), None)

    def read(self, config_path: str) -> str | None:
        """The same of any configuration, read now."""
        source = self._find_object_source(config_path, ObjectType.CONFIG)
        return source.read(config_path) if isinstance(source, Root) else None

    def installed_texts(self, config_paths: Iterable[str]) -> Iterator[str]:
        """Every text in those of the configurations that an installed package provides, and no root."""
        for config_path in config_paths:
            source = self._find_object_source(config_path, ObjectType.CONFIG)
            if source is not None and not isinstance(source, Root):
                yield from _texts(OmegaConf.to_container(source.load_config(config_path).config, resolve=False))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


def _source_of_hydra(provider: str, place: str) -> HydraSource:
    """One of the sources that Hydra brings, by the scheme of its place."""
    from hydra.core.plugins import Plugins  # which loads all of Hydra

    kinds = Plugins.instance().discover(HydraSource)
    fitting = (each for each in kinds if issubclass(each, HydraSource) and place.startswith(f"{each.scheme()}://"))
    return next(fitting)(provider, place)
