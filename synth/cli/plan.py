"""``synth plan``."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from synth.cli import output, recipes, screen
from synth.config.compose import Composed, told_shadow
from synth.contracts.preflight import PreflightResult
from synth.contracts.sink import Sink
from synth.engine.memory import forecast_plan
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.parts import blocks_of_part, refuse_parts
from synth.engine.preflight import make_preflight_context, preflight_sinks
from synth.engine.prepare import Prepared, prepare
from synth.engine.preview import first_block
from synth.stream import stream_fingerprint
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Shows what a run would make."""
    recipe, _, composed = recipes.load(args)
    return show(args, prepare(recipe), composed, overwrite=args.overwrite, parts=args.parts)


def show(
    args: argparse.Namespace,
    prepared: Prepared,
    composed: Composed,
    *,
    overwrite: bool,
    parts: int | None = None,
) -> int:
    """Prints a plan and what there is to say of the sinks' places; that one of them is away is no error of the plan.

    Args:
        composed: what the plan was made from.
        overwrite: whether a run in a sink's place may be replaced.
        parts: in how many parts it is to be made, for the blocks of each.

    Raises:
        ConfigError: a sink cannot be written in parts.
    """
    sinks = make_sinks(prepared, composed.directory or run_directory(), overwrite=overwrite)
    if parts:
        refuse_parts(prepared.recipe, sinks)
    results = preflight(prepared, sinks)
    data = describe(prepared, sinks)
    for name, found in results.items():
        data["sinks"][name]["findings"] = [asdict(result) for result in found]
    rows = [
        ["rows", f"{data['rows']:,}"],
        ["fraud rows", f"{data['fraud_rows']:,}" + (" and those that are claimed" if prepared.plan.targets else "")],
        ["blocks", f"{data['blocks']:,} of about {data['rows'] // data['blocks']:,} rows"],
        ["window", f"{data['window_s'] / 86400:,.1f} days"],
        ["cards", f"{data['cards']:,}"],
    ]
    needs = data["memory"]
    rows.append(["memory", f"about {output.size(needs['driver'])}; a worker process {output.size(needs['worker'])}"])
    if parts:
        data["parts"] = [len(blocks_of_part(data["blocks"], part, parts)) for part in range(parts)]
        fewest, most = min(data["parts"]), max(data["parts"])
        rows.append(["parts", f"{parts:,} of {fewest if fewest == most else f'{fewest} to {most}'} blocks"])
    for name, counts in data["scenarios"].items():
        message = "claims genuine rows; how many shows when they are made"
        if counts is not None:
            message = f"{counts['rows']:,} rows in {counted(counts['episodes'], 'episode')}"
        rows.append([f"scenario {name}", message])
    for name, sink in data["sinks"].items():
        rows.append([f"sink {name}", f"{sink['kind']}, about {output.size(sink['bytes'])}, {sink['uri']}"])
        rows += [[f"  {each.state}", f"{each.what}: {each.line}"] for each in results[name]]
    data["shadows"] = composed.used_shadows
    rows += [["note", told_shadow(*names)] for names in composed.used_shadows.items()]
    return output.succeed(args, data, screen.table(rows))


def preflight(prepared: Prepared, sinks: Mapping[str, Sink]) -> dict[str, list[PreflightResult]]:
    """Sink name → the results of its preflight for the recipe's stream."""
    context = make_preflight_context(prepared, stream_fingerprint(prepared.recipe))
    return preflight_sinks(sinks, context)


def describe(prepared: Prepared, made: Mapping[str, Sink]) -> dict[str, Any]:
    """A plan as data. Bytes are scaled up from one block; the tables that come once are measured in full."""
    plan, recipe = prepared.plan, prepared.recipe
    rows = int(plan.rows_b.sum())
    first = first_block(prepared)
    extra = {batch.table.name: batch for batch in prepared.extra}
    sinks = {
        name: {
            "kind": recipe.sinks[name].spec.name,
            "uri": (recipe.sinks[name].uri if recipe.sinks[name].spec.has_uri else sink.uri) or "the run directory",
            "bytes": int(sink.measure(first.batches) * rows / max(1, first.rows())) + sink.measure(extra),
        }
        for name, sink in made.items()
    }
    memory = forecast_plan(recipe, plan)
    return {
        "rows": rows,
        "fraud_rows": plan.planned_rows(),
        "blocks": len(plan.rows_b),
        "window_s": recipe.timeline.seconds,
        "cards": recipe.population.cards,
        "scenarios": plan.scenario_counts(),
        "memory": {"driver": memory.driver, "worker": memory.worker},
        "sinks": sinks,
        "fingerprint": recipe.fingerprint,
    }
