"""``synth validate``."""

import argparse

from synth.cli import output, recipes, screen


def main(args: argparse.Namespace) -> int:
    """Composes and checks a recipe; says what it is."""
    recipe, _, composed = recipes.load(args)
    choices = {group: option for group, option in composed.choices.items() if group not in recipe.idle}
    data = {"fingerprint": recipe.fingerprint, "choices": choices, "inert": dict(composed.inert)}
    chosen = (f"{group}={'[' + ','.join(o) + ']' if isinstance(o, list) else o}" for group, o in choices.items())
    lines = [f"valid: {' '.join(chosen)}", f"fingerprint {recipe.fingerprint}"]
    lines += [f"no effect: {path} ({where}), for its choice was replaced" for path, where in composed.inert.items()]
    return output.succeed(args, data, screen.hung("\n".join(lines), screen.screen_width()))
