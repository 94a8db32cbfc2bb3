"""The preflight of a recipe for ``synth doctor``: whether it can be carried out, and how the places are."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from synth.cli import output
from synth.cli.plan import describe, preflight
from synth.config.recipe import Recipe
from synth.contracts.preflight import PreflightResult
from synth.contracts.sink import Sink
from synth.engine.memory import machine_bytes
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.parts import blocks_of_part, refuse_parts
from synth.engine.preflight import failure_of
from synth.engine.prepare import prepare
from synth.errors import ConfigError, RefusedError
from synth.sinks.places import LocalPlace, parse_uri
from synth.wording import counted


def look_at(recipe: Recipe, *, overwrite: bool, parts: int | None = None) -> Iterator[PreflightResult]:
    """The recipe, the places that it writes to, and whether it can be made in parts, if it is to be.

    Args:
        overwrite: whether a run in a sink's place may be replaced.
        parts: how many; None for a run in one.
    """
    try:
        prepared = prepare(recipe)
    except RefusedError as error:
        yield failure_of("recipe", error)
        return
    sinks = make_sinks(prepared, run_directory(), overwrite=overwrite)
    plan = describe(prepared, sinks)
    message = (
        f"{counted(plan['rows'], 'row')}, {plan['fraud_rows']:,} of them fraud, in {counted(plan['blocks'], 'block')}"
    )
    yield PreflightResult(what="recipe", state="ok", message=message)
    yield _memory(plan["memory"]["driver"], machine_bytes())
    if parts:
        yield _in_parts(recipe, sinks, plan["blocks"], parts)
    places = [name for name, part in recipe.sinks.items() if part.spec.place]
    rooms = _rooms({name: sinks[name].uri for name in places}, plan["sinks"])
    for name, found in preflight(prepared, sinks).items():
        for result in [*found, *filter(None, [rooms.get(name)])]:
            yield replace(result, what=f"sink {name}, {result.what}")


def _memory(needed: int, room: int) -> PreflightResult:
    message = f"about {output.size(needed)} needed, {output.size(room)} there"
    if needed <= room:
        return PreflightResult(what="memory of the run", state="ok", message=message)
    hint = "runner.workers and block_rows make it smaller, as do fewer cards, customers and fraud rows"
    return PreflightResult(what="memory of the run", state="failure", message=message, hint=hint)


def _in_parts(recipe: Recipe, sinks: Mapping[str, Sink], blocks: int, parts: int) -> PreflightResult:
    try:
        refuse_parts(recipe, sinks)
    except ConfigError as error:
        return failure_of("parts", error)
    most = max(len(blocks_of_part(blocks, part, parts)) for part in range(parts))
    return PreflightResult(
        what="parts", state="ok", message=f"{counted(parts, 'part')}, {counted(most, 'block')} at most"
    )


def _rooms(uris: Mapping[str, str], plans: Mapping[str, Any]) -> dict[str, PreflightResult]:
    """Sink name → whether the disk of its place takes what is expected; sinks on one disk share its room.

    Args:
        uris: of the sinks that write to a directory or to S3, which has no end.
        plans: sink name → its plan.
    """
    left: dict[int, int] = {}
    found = {}
    for name, uri in uris.items():
        place, needed = parse_uri(uri), plans[name]["bytes"]
        if not isinstance(place, LocalPlace):
            continue
        disk = next(path for path in (place.path, *place.path.parents) if path.exists())
        device = disk.stat().st_dev
        free = left.get(device, shutil.disk_usage(disk).free)
        left[device] = free - needed
        message = f"about {output.size(needed)} to write, {output.size(max(0, free))} free in {disk}"
        if needed <= free:
            found[name] = PreflightResult(what="room", state="ok", message=message)
        else:
            found[name] = PreflightResult(
                what="room", state="failure", message=message, hint="make room, or choose another uri"
            )
    return found
