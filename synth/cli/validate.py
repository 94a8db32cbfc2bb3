"""``synth validate``."""

import argparse

from synth.cli import output
from synth.config.recipe import load_recipe


def main(args: argparse.Namespace) -> int:
    """Composes and checks a recipe; says what it is."""
    recipe, _, composed = load_recipe(
        args.overrides, plugin_files=args.plugin, plugins_dirs=args.plugins_dir, config_dirs=args.config_dir
    )
    data = {"fingerprint": recipe.fingerprint, "choices": dict(composed.choices)}
    chosen = (
        f"{group}={'[' + ','.join(o) + ']' if isinstance(o, list) else o}" for group, o in composed.choices.items()
    )
    return output.succeed(args, data, f"valid: {' '.join(chosen)}\nfingerprint {recipe.fingerprint}")
