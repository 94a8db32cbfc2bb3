"""Hydra's loader over synth's roots: for Hydra's own settings, for what sweepers and launchers need, and completion."""

import copy

from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.types import HydraContext
from omegaconf import DictConfig, open_dict

from synth.config.compose.loading import Repository

#: What an override begins with that gives one job its directory below the sweep's.
NAMES_DIRECTORY = "hydra.sweep.subdir="


class JobLoader(ConfigLoaderImpl):
    """Answers a launcher with Hydra's settings and the job's overrides; the job composes the rest.

    The one override of Hydra's own names the job's directory.
    """

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        config = copy.deepcopy(master_config)
        with open_dict(config):
            config.hydra.overrides.task = [text for text in sweep_overrides if not text.startswith(NAMES_DIRECTORY)]
            for text in sweep_overrides:
                if text.startswith(NAMES_DIRECTORY):
                    config.hydra.sweep.subdir = text.removeprefix(NAMES_DIRECTORY)
        return config


def make_loader(repository: Repository, kind: type[ConfigLoaderImpl] = ConfigLoaderImpl) -> ConfigLoaderImpl:
    """Hydra's loader, over synth's roots."""
    loader = kind(ConfigSearchPathImpl())
    loader.repository = repository
    return loader


def launch_context(repository: Repository) -> HydraContext:
    """What sweepers and launchers need of Hydra."""
    return HydraContext(config_loader=make_loader(repository, JobLoader), callbacks=Callbacks())
