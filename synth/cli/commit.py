"""``synth commit``."""

import argparse
import time

from synth.cli import output
from synth.cli.run import as_data, show_progress, summarise
from synth.engine.resuming import recipe_at
from synth.engine.run import execute


def main(args: argparse.Namespace) -> int:
    """Publishes a run whose blocks are all there."""
    started = time.perf_counter()
    on = [f"runner.workers={args.workers}"] if args.workers else []
    recipe, catalog = recipe_at(args.uri, on, plugin_files=args.plugin, plugins_dirs=args.plugins_dir)
    with show_progress(args) as progress:
        result = execute(
            recipe, catalog, started=started, overwrite=args.overwrite, progress=progress, going_on="commits"
        )
    return output.succeed(args, as_data(result, None), summarise(result, None))
