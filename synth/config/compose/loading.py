"""Hydra's machinery on synth's roots, without Hydra's global state."""

import io
import posixpath
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import hydra
from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.importlib_resources_config_source import ImportlibResourcesConfigSource
from hydra._internal.core_plugins.structured_config_source import StructuredConfigSource
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult
from hydra.plugins.config_source import ConfigSource as HydraSource
from omegaconf import OmegaConf

from synth.config.compose.sources import ConfigSource

_VERSION_BASE = "1.3"
_VERSION_LOCK = threading.RLock()


@contextmanager
def modern_hydra() -> Iterator[None]:
    """Hydra 1.3 keeps the version whose behaviour it follows in a global, which belongs to the host application.

    From 1.4 on it has one behaviour only and deprecates the setting.
    """
    if not hydra.__version__.startswith("1.3."):
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


class NoSchemas(StructuredConfigSource):
    """Hydra 1.3 validates a file against a stored schema of its name, which might be the host application's."""

    def load_config(self, config_path: str) -> ConfigResult:
        message = f"no schema for {config_path}"
        raise ConfigLoadError(message)


class _Text(io.StringIO):
    """A configuration's YAML; the parser's errors name it as messages do."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


class Root(HydraSource):
    """One searched root. Hydra instantiates what its own groups name, so a user's root never provides them."""

    def __init__(self, root: ConfigSource) -> None:
        super().__init__(root.provider, f"{self.scheme()}://{root.provider}")
        self.root = root

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
        text = self.root.read(path)
        config = OmegaConf.load(_Text(text, self.root.written(path).label))
        header = self._get_header_dict(text)
        return ConfigResult(config=config, path=self.full_path(), provider=self.provider, header=header)


class Repository(ConfigRepository):
    """The searched roots; with Hydra's own groups only when a sweep or a completion needs them."""

    def __init__(self, roots: Sequence[ConfigSource], *, with_hydra: bool = False) -> None:
        self.with_hydra = with_hydra
        self.sources: list[HydraSource] = [Root(root) for root in roots]
        if with_hydra:
            self.sources.insert(0, ImportlibResourcesConfigSource("hydra", "pkg://hydra.conf"))
            self.sources.append(StructuredConfigSource("schema", "structured://"))

    def get_schema_source(self) -> HydraSource:
        return NoSchemas("schema", "structured://")

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


def make_loader(repository: Repository) -> ConfigLoaderImpl:
    loader = ConfigLoaderImpl(ConfigSearchPathImpl())
    loader.repository = repository
    return loader
