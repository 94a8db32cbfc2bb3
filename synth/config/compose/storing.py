"""Puts choices into Hydra's ConfigStore, below a group of their own, for applications that compose synth's part too."""

from collections.abc import Sequence
from typing import Any

import hydra
import yaml
from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigSource as HydraSource

from synth.config.compose.files import YAML_LOADER
from synth.config.compose.resolving import register_resolvers
from synth.config.compose.roots import PRIMARY
from synth.config.compose.sources import ConfigSource

try:
    from omegaconf._yaml import get_yaml_loader  # type: ignore[import-not-found]  # from 2.4 on
except ImportError:
    from omegaconf._utils import get_yaml_loader

#: From 1.4 on Hydra wants to be told that what is there already is to be replaced.
_REPLACING: dict[str, Any] = {} if hydra.__version__.startswith("1.3.") else {"replace": True}

#: The group in the store, and the key of a host's configuration where its options land.
PREFIX = "synth"

#: The option that holds what ``config.yaml`` does.
WHOLE = "recipe"


class _Loader(YAML_LOADER):  # type: ignore[misc]  # yaml's classes come without types
    """Reads numbers and dates as OmegaConf does, at the speed of a library in C."""

    yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers


def store_choices(roots: Sequence[ConfigSource]) -> None:
    """Stores every option as plain data; those of earlier roots shadow their namesakes, those of a clash stay away."""
    register_resolvers()
    store = ConfigStore.instance()
    clashes = {path for root in roots for path in root.clashes}
    for root in reversed(roots):
        for path in root.config_paths():
            if path.partition("/")[0] != "hydra" and path not in clashes:
                _store(store, path, root.read(path))


def _store(store: ConfigStore, path: str, text: str) -> None:
    group, _, name = f"{PREFIX}/{path}".rpartition("/")
    node = yaml.load(text, _Loader) or {}
    if isinstance(node.get("defaults"), list):
        node["defaults"] = [_nested(item) for item in node["defaults"]]
    header = HydraSource._get_header_dict(text).get("package")
    store.store(
        name=WHOLE if path == PRIMARY else name,
        node=node,
        group=group,
        package=None if header is None else _nested_package(header),
        provider=PREFIX,
        **_REPLACING,
    )


def _nested(item: Any) -> Any:
    """An entry of a defaults list, with what it names from the top named from the group of the store."""
    if isinstance(item, dict):
        return {_nested_name(str(key)): value for key, value in item.items()}
    group = str(item).partition("@")[0].rpartition("/")[0]
    return _nested_name(str(item), group)


def _nested_name(text: str, group: str | None = None) -> str:
    """What stands before a colon, or an entry without one.

    Args:
        group: of an entry without a colon; else the text names it.
    """
    *words, name = text.split()
    path, at, package = name.partition("@")
    if package.startswith("_global_"):
        package = f"_global_.{_nested_package(package)}"
    if path.startswith("/") and not path.startswith("/hydra/"):
        # Hydra puts it below the file's own package, by the name of its group: that of the store is there already.
        package = package or (path if group is None else group)[1:].replace("/", ".")
        path, at = f"/{PREFIX}{path}", "@" if package else ""
    return " ".join([*words, path + at + package])


def _nested_package(package: str) -> str:
    """An absolute package, below the key of the host's configuration; ``_group_`` is there already."""
    if "_group_" in package:
        return package
    return ".".join([PREFIX, *(step for step in package.split(".") if step and step != "_global_")])
