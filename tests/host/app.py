"""A Hydra application with a configuration of its own, which has synth make its data: see docs/hydra.md."""

import json

import hydra
from omegaconf import DictConfig

import synth

synth.register_configs()


@hydra.main(config_path="conf", config_name="config", version_base="1.3")
def main(cfg: DictConfig) -> None:
    """Makes the data and says what it got."""
    result = synth.run(cfg.synth)
    print(json.dumps({"lr": cfg.lr, "layers": cfg.generator.layers, "rows": result.rows, "digest": result.digest}))


if __name__ == "__main__":
    main()
