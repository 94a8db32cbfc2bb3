"""Flags that users of Hydra applications look for, and what synth has instead."""

from collections.abc import Iterable

#: Flags of a Hydra application → what synth has instead.
_OF_HYDRA = {
    "--cfg": "synth config show",
    "-c": "synth config show",
    "--info": "synth config show --origin",
    "-i": "synth config show --origin",
    "--resolve": "synth config show, where everything is resolved",
    "--package": "synth config show",
    "-p": "synth config show",
    "--config-name": "experiment=…",
    "-cn": "experiment=…",
    "--config-path": "--config-dir",
    "-cp": "--config-dir",
    "-cd": "--config-dir",
    "--run": "synth run without -m",
    "-r": "synth run without -m",
    "--hydra-help": "synth run --help",
    "--shell-completion": "synth completion",
    "-sc": "synth completion",
    "--experimental-rerun": "the command that a run ends with",
}


def hydras(flags: Iterable[str]) -> str:
    """`` (that is Hydra's: …)`` for a flag of a Hydra application, or nothing."""
    instead = next((_OF_HYDRA[name] for flag in flags if (name := flag.partition("=")[0]) in _OF_HYDRA), "")
    return f" (that is Hydra's; here it is {instead})" if instead else ""
