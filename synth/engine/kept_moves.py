"""The moves of a run's episodes, kept beside its blocks: to seek them, the keys of all genuine rows are drawn."""

from collections.abc import Mapping

from synth.config.catalog import Catalog
from synth.config.recipe import Recipe
from synth.engine.keeping import Keeper, settings_of
from synth.engine.manifest import deciding_versions
from synth.engine.moves import Moves
from synth.engine.prepare import Prepared
from synth.engine.receipts import staging_id
from synth.errors import SynthError
from synth.sinks.stores import find_stagings

MOVES = "moves.json"
"""What they are called in a staging."""


def recall_moves(recipe: Recipe, catalog: Catalog) -> Moves | None:
    """The moves that a run of the recipe, or a part of one, has left in a place of its; None where there are none.

    A place that cannot be read has none: whoever writes to it says what is wrong with it.
    """
    for part in recipe.sinks.values():
        if not part.spec.receipts or part.uri is None:
            continue
        own = staging_id(recipe.fingerprint, settings_of(part))
        try:
            for staging in find_stagings(part.uri):
                content = staging.read(MOVES) if staging.id == own else None
                moves = content and Moves.read(content, own, deciding_versions(recipe, catalog, part))
                if moves:
                    return moves
        except SynthError:
            continue
    return None


def keep_moves(prepared: Prepared, catalog: Catalog, keepers: Mapping[str, Keeper]) -> None:
    """Leaves the moves of a plan for others who make this run; what is there and good stays."""
    moves, recipe = prepared.plan.moves, prepared.recipe
    if moves is None:
        return
    for name, keeper in keepers.items():
        versions, own = deciding_versions(recipe, catalog, recipe.sinks[name]), keeper.staging.id
        content = keeper.staging.read(MOVES)
        if content is not None and Moves.read(content, own, versions) is None:
            keeper.staging.drop([MOVES])
            content = None
        if content is None:
            keeper.staging.put(MOVES, moves.write(own, versions))
