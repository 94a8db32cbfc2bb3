"""Hydra's composition step by step: the walk over the defaults lists, and the merging of files.

Both are kept for compositions of the same files, such as the jobs of a sweep, or the recipes of a service.
"""

import copy
import pickle
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.default_element import ResultDefault
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import ConfigCompositionException
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf, flag_override, open_dict
from omegaconf.errors import OmegaConfBaseException

from synth.config.compose.loading import Repository
from synth.config.compose.roots import PRIMARY

Kept = TypeVar("Kept")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What Hydra makes of the defaults lists and the overrides.

    Attributes:
        files: that it merges, in its order.
        keys: the overrides of single keys, which come after the files.
        choices: group → option.
    """

    files: Sequence[ResultDefault]
    keys: Sequence[Override]
    choices: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """What Hydra made of the choices of groups.

    Attributes:
        texts: every file that it asked for → its YAML; None where there is none.
    """

    files: Sequence[ResultDefault]
    choices: Mapping[str, str]
    texts: Mapping[str, str | None]


#: How many of each are kept; a merged configuration takes about a fifth of a megabyte.
_MOST = 24

#: The overrides that choose options → the walk with them.
_WALKS: dict[tuple[str, ...], _Walk] = {}

#: Files with their texts, and what is left out of them → the pickled configuration, which takes a tenth of merging.
_MERGED: dict[Hashable, bytes] = {}


def _keep(kept: dict[Any, Kept], key: Hashable, value: Kept) -> None:
    """Keeps one more, and drops the oldest of too many."""
    while len(kept) >= _MOST:
        kept.pop(next(iter(kept)), None)  # another thread may have dropped it
    kept[key] = value


class _Asked(CachingConfigRepository):
    """Loads each file once, and knows what was asked for.

    Attributes:
        copied: the files of which each caller gets one of its own.
    """

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self.asked: list[str] = []
        self.copied: Set[str] = frozenset()

    def load_config(self, config_path: str) -> ConfigResult | None:
        self.asked.append(config_path)
        loaded = super().load_config(config_path)
        if loaded is None or config_path not in self.copied:
            return loaded
        return replace(loaded, config=copy.deepcopy(loaded.config))


class Composition:
    """Hydra's composition step by step, which Hydra itself only offers as a whole, without any file's name."""

    def __init__(self, repository: Repository) -> None:
        self._cache, self._repository = _Asked(repository), repository

    def list_files(self, overrides: Sequence[Override]) -> Listed:
        """Walk the defaults lists; not again where the same groups are chosen and every file is as it was."""
        single = [each for each in overrides if not each.is_sweep_override()]
        choosing = [each for each in single if self._chooses(each)]
        keys = [each for each in single if not self._chooses(each)]
        walked = tuple(str(each.input_line) for each in choosing)
        known = _WALKS.get(walked)
        if known is None or any(self._repository.read(path) != text for path, text in known.texts.items()):
            known = self._walk(choosing)
            _keep(_WALKS, walked, known)
        return Listed(files=known.files, keys=keys, choices=known.choices)

    def _chooses(self, override: Override) -> bool:
        """Whether an override is of a group; Hydra takes a mapping for keys."""
        return self._cache.group_exists(override.key_or_group) and not isinstance(override.value(), dict)

    def _walk(self, choosing: Sequence[Override]) -> "_Walk":
        found = create_defaults_list(
            repo=self._cache,
            config_name=PRIMARY,
            overrides_list=list(choosing),
            prepend_hydra=False,
            skip_missing=False,
        )
        chosen = {str(group): str(name) for group, name in found.overrides.known_choices.items() if name is not None}
        texts = {path: self._repository.text_of(path) for path in self._cache.asked}
        return _Walk(files=found.defaults, choices=chosen, texts=texts)

    def merge(self, listed: Listed, without: Mapping[str, Collection[str]]) -> DictConfig:
        """Merge the files; the overrides of single keys are still to come.

        Args:
            without: file → the config paths that it does not get to set.
        """
        texts = tuple(
            (each.config_path, each.package, self._repository.text_of(each.config_path or "")) for each in listed.files
        )
        left_out = frozenset((file, frozenset(paths)) for file, paths in without.items())
        if (kept := _MERGED.get((texts, left_out))) is None:
            config = self._merge(listed.files, without)
            _keep(_MERGED, (texts, left_out), pickle.dumps(config))
            return config
        config = pickle.loads(kept)
        assert isinstance(config, DictConfig)
        return config

    def _merge(self, files: Sequence[ResultDefault], without: Mapping[str, Collection[str]]) -> DictConfig:
        # an option that is chosen under two names is one file
        self._cache.copied = {
            path for path, uses in Counter(str(each.config_path) for each in files).items() if uses > 1
        }
        config = OmegaConf.create()
        with flag_override(config, "no_deepcopy_set_nodes", True):
            for file in files:
                part = self._part(file, without.get(file.config_path or "", ()))
                try:
                    config.merge_with(part)
                except OmegaConfBaseException as error:
                    raise ConfigCompositionException(f"In '{file.config_path}': {error}") from error
        with open_dict(config):
            config.pop("hydra", None)
        OmegaConf.set_struct(config, True)
        return config

    def _part(self, file: ResultDefault, without: Collection[str]) -> DictConfig:
        """What a file sets, at its place in the whole."""
        loaded = self._cache.load_config(file.config_path or "")
        assert loaded
        part = loaded.config
        package = loaded.header["package"] if file.package is None else file.package
        if package:
            whole = OmegaConf.create()
            with flag_override(whole, "no_deepcopy_set_nodes", True):
                OmegaConf.update(whole, package, part, merge=False)
            part = whole
        for path in without:
            *above, last = path.split(".")
            parent: Any = part
            for step in above:
                parent = parent._get_node(step) if isinstance(parent, DictConfig) else None
            if isinstance(parent, DictConfig):
                with open_dict(parent):
                    parent.pop(last, None)
        return cast("DictConfig", part)

    @staticmethod
    def apply(override: Override, config: DictConfig) -> None:
        """Carry out the override of one key."""
        if override.type is OverrideType.CHANGE and override.package is None:
            with suppress(OmegaConfBaseException):  # Hydra says what is wrong
                OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
                return
        from hydra._internal.config_loader_impl import ConfigLoaderImpl  # which loads all of Hydra

        ConfigLoaderImpl._apply_overrides_to_config([override], config)
