"""Hydra's machinery on synth's roots, without Hydra's global state."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import hydra
from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.core_plugins.importlib_resources_config_source import ImportlibResourcesConfigSource
from hydra._internal.core_plugins.structured_config_source import StructuredConfigSource
from hydra.plugins.config_source import ConfigLoadError, ConfigResult
from hydra.plugins.config_source import ConfigSource as HydraSource

from synth.compose.roots import ConfigSource

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


class Repository(ConfigRepository):
    """The files of the searched roots; with Hydra's own groups only when a sweep or a completion needs them."""

    def __init__(self, roots: Sequence[ConfigSource], *, with_hydra: bool = False) -> None:
        self.with_hydra = with_hydra
        self.sources: list[HydraSource] = [FileConfigSource(root.label, f"file://{root.path}") for root in roots]
        if with_hydra:
            self.sources.insert(0, ImportlibResourcesConfigSource("hydra", "pkg://hydra.conf"))
            self.sources.append(StructuredConfigSource("schema", "structured://"))

    def get_schema_source(self) -> HydraSource:
        return NoSchemas("schema", "structured://")

    def load_config(self, config_path: str) -> ConfigResult | None:
        result = super().load_config(config_path)
        if result is not None and not self.with_hydra:
            result.defaults_list = [
                default
                for default in result.defaults_list or []
                if not str(getattr(default, "group", "")).lstrip("/").startswith("hydra/")
            ]
        return result


def make_loader(repository: Repository) -> ConfigLoaderImpl:
    loader = ConfigLoaderImpl(ConfigSearchPathImpl())
    loader.repository = repository
    return loader
