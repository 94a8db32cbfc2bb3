"""synth beside another Hydra application: inside of it, and started in its directory."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hydra import compose, initialize, initialize_config_module
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

import synth
from synth.config.catalog import MULTIPLE
from synth.config.compose import builtin_conf, list_options
from synth.config.recipe import load_recipe
from tests.cli.commands import Answer, environ, run_process, synth_process

HOST = Path(__file__).parent / "host"

#: Of the argument without which Hydra 1.3 warns.
DEPRECATED = "The version_base parameter is deprecated"
pytestmark = pytest.mark.filterwarnings(f"ignore:{DEPRECATED}")

#: What the host asks synth for, on synth's own command line.
WORDS = (
    "population=tiny",
    "scenario=card_chain",
    "sink=csv",
    "seed=7",
    "timeline.end=2022-01-08",
    "generator.transactions=300",
    "scenario.card_chain.ratio=0.1",
)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The application's directory, to be written into."""
    return Path(shutil.copytree(HOST, tmp_path / "host", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture(scope="module")
def stored() -> Iterator[None]:
    """Hydra's store with synth's choices."""
    store = ConfigStore.instance()
    before = dict(store.repo)
    synth.register_configs()
    yield
    store.repo = before


def start_app(host: Path, *words: str) -> Answer:
    return run_process([sys.executable, "-W", "error", "-W", f"ignore:{DEPRECATED}", "app.py", *words], cwd=host)


@pytest.mark.parametrize("config", ["config", "stored"])
def test_a_host_has_synth_make_its_data(config: str, host: Path) -> None:
    answer = start_app(host, f"--config-name={config}")
    assert (answer.code, answer.err) == (0, "")
    told = json.loads(answer.out)
    expected = synth.run(*WORDS, f"sink.csv.uri={host / 'expected'}")
    assert told == {"lr": 0.1, "layers": 3, "rows": 300, "digest": expected.digest}
    assert (host / "data").is_dir()


def test_a_host_chooses_and_sets_on_its_own_command_line(host: Path) -> None:
    words = (
        "synth/scenario=[card_chain,stolen_card]",
        "synth.generator.transactions=500",
        "seed=8",
        "hydra.run.dir=log",
    )
    refused = start_app(host, "--config-name=stored", *words, "synth.scenario.card_chain.ratio=2")
    assert refused.code == 1
    assert "ConfigError: error: scenario.card_chain.ratio is 2" in refused.err
    assert "--> the given mapping" in refused.err
    assert not (host / "data").exists()


def test_synth_started_in_a_hosts_directory_reads_none_of_its_files(host: Path) -> None:
    words = ("run", "scenario=card_chain", "timeline.end=2022-01-08", "generator.transactions=3000", "--json")
    told = synth_process(*words, "sink.parquet.uri=out", cwd=host)
    assert told.code == 0, told.err
    expected = synth.run(*words[1:-1], f"sink.parquet.uri={host / 'expected'}")
    assert told.envelope["data"]["digest"] == expected.digest


# synth.conf


def test_the_choices_are_a_package() -> None:
    code = "from importlib import resources; print(resources.files('synth.conf'))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environ(), capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == builtin_conf()


def test_a_host_composes_from_the_package() -> None:
    with initialize_config_module("synth.conf", version_base="1.3"):
        composed = compose("config", ["generator=spending", "scenario=[card_chain]", "experiment=tiny"])
    assert plain(composed) == load_recipe(["experiment=tiny"])[2].config
    assert load_recipe([], given=composed)[0] == load_recipe(["experiment=tiny"])[0]


# the store


def plain(config: DictConfig) -> Any:
    return OmegaConf.to_container(config, resolve=True)


GROUPS = {
    group: [option.name for option in options if option.name != "csv_s3"]  # asks the machine for a bucket
    for group, options in list_options().items()
}
#: Every option of the single groups, those of several groups at once; all of the others; each experiment.
ROUNDS = [
    [
        f"{group}={names[number % len(names)]}" if group not in MULTIPLE else f"{group}=[{','.join(names)}]"
        for group, names in GROUPS.items()
        if group != "experiment"
    ]
    for number in range(max(len(names) for group, names in GROUPS.items() if group != "experiment"))
] + [[f"experiment={name}"] for name in GROUPS["experiment"]]


def test_there_are_options() -> None:
    assert len(GROUPS) > 10
    assert len(ROUNDS) > 15


@pytest.mark.parametrize("choices", ROUNDS, ids=lambda choices: choices[0])
def test_every_choice_of_the_store_is_that_of_synth(choices: list[str], stored: None) -> None:
    with initialize(None, version_base="1.3"):
        composed = compose(None, ["+synth=recipe", *(f"synth/{choice}" for choice in choices)])
    assert list(composed) == ["synth"]
    assert plain(composed.synth) == load_config(*choices)


def load_config(*overrides: str) -> Any:
    from synth.config.compose import compose as compose_own

    return compose_own(overrides).config


def test_single_sections_of_the_store_are_enough(stored: None) -> None:
    with initialize(None, version_base="1.3"):
        composed = compose(
            None, ["+synth/population=tiny", "+synth/generator=uniform", "synth.generator.transactions=90"]
        )
    assert sorted(composed.synth) == ["generator", "population"]
    frame = synth.generate(composed.synth, "block_rows=50")
    pd.testing.assert_frame_equal(
        frame, synth.generate("population=tiny", "generator.transactions=90", "block_rows=50")
    )


def test_a_plugins_choices_and_a_folders_are_stored_too(tmp_path: Path, stored: None) -> None:
    examples = HOST.parents[1] / "plugins/examples"
    (tmp_path / "experiment").mkdir()
    text = "# @package _global_\ndefaults:\n  - /clock/rate\n  - override /population: tiny\nseed: 4\n"
    (tmp_path / "experiment/mine.yaml").write_text(text)
    synth.register_configs(plugin_files=[examples / "card_testing.py"], config_dirs=[tmp_path])
    with initialize(None, version_base="1.3"):
        words = ["+synth=recipe", "synth/scenario=[card_testing]", "synth/experiment=mine"]
        composed = compose(None, words)
    assert composed.synth.scenario.card_testing.kind == "card_testing"
    assert (composed.synth.seed, composed.synth.population.cards) == (4, 130)
    assert composed.synth.clock == load_config("clock=rate")["clock"]
    assert sorted(composed.synth) == sorted(load_config("scenario=card_chain"))
