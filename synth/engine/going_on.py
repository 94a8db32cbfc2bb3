"""What becomes of finished blocks: found when a run starts, kept or taken back when it fails, cleared when it ends."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from synth.config.catalog import Catalog
from synth.config.part import SinkPart, layout_hint
from synth.config.recipe import Recipe
from synth.contracts.sink import ONCE, KeptSink, Sink
from synth.engine.commit import abort
from synth.engine.keeping import Keeper, join, settings_of
from synth.engine.prepare import Prepared
from synth.engine.signals import ignoring_signals
from synth.errors import ConfigError, Problem, RefusedError, SynthError, blaming
from synth.sinks.stores import clean, find_stagings, open_store
from synth.wording import counted

log = logging.getLogger(__name__)

GoingOn = Literal["joins", "resumes", "shares", "commits"]
"""What a run does with blocks that are there: takes those that it can use; insists on them; makes some, beside others;
makes none.
"""

#: Blocks that a message names.
_NAMED = 5


@dataclass
class Keeping:
    """The sinks of one run, and the keepers of their blocks; none where a sink of the run keeps no blocks.

    Attributes:
        kept: whether finished blocks stay when the run fails: somebody asked for it, or found some.
    """

    prepared: Prepared
    catalog: Catalog
    sinks: Mapping[str, Sink]
    going_on: GoingOn
    keepers: dict[str, Keeper] = field(default_factory=dict)
    kept: bool = False

    def join(self) -> None:
        """Begins the stagings, or goes on with what is there.

        Raises:
            ConfigError: a run that is to go on or to be made in parts has a sink that keeps no blocks.
            RefusedError: as ``synth.engine.keeping.join``; or a run that only commits lacks blocks.
        """
        lost = unkept(self.prepared.recipe, self.sinks)
        if lost and self.going_on == "joins":
            return
        if lost:
            raise ConfigError(lost)
        strict, shared = self.going_on != "joins", self.going_on == "shares"
        self.kept = strict
        for name in self.sinks:
            with blaming(f"sink {name!r}"):
                self.keepers[name] = join(self.prepared, self.catalog, name, self.sinks, strict=strict, shared=shared)
        found = {name: len(keeper.found()) for name, keeper in self.keepers.items()}
        self.kept = self.kept or any(found.values())
        if self.going_on == "commits":
            self._require_all()
        elif self.going_on != "shares":
            self._tell(found)

    def _tell(self, found: Mapping[str, int]) -> None:
        blocks = counted(len(self.prepared.plan.rows_b), "block")
        for name, there in found.items():
            if there:
                uri = self.sinks[name].uri
                log.warning(
                    "sink %r: going on with %d of %s that a run of this recipe left in %s", name, there, blocks, uri
                )

    def _require_all(self) -> None:
        """Looks at every block of every sink; the end of the run need not do it again."""
        blocks = range(len(self.prepared.plan.rows_b))
        wrong = [
            f"sink {name!r}: {told_blocks(found)}"
            for name, keeper in self.keepers.items()
            if (found := dict(keeper.checking([*([ONCE] if self.prepared.extra else []), *blocks])))
        ]
        if wrong:
            uri = next(iter(self.sinks.values())).uri
            raise RefusedError(
                f"{'; '.join(wrong)}: synth run --resume {uri} makes them, or the parts that they are of"
            )
        self.keepers = {name: replace(keeper, checked=True) for name, keeper in self.keepers.items()}

    def let_go(self, *, partly: bool = False) -> str:
        """Takes everything back, or leaves the finished blocks; tells what stays, empty for nothing.

        Args:
            partly: whether a sink was committed: the others are left, so that they can follow.
        """
        if not self.kept and not (partly and self.keepers):
            abort(self.sinks)
            return ""
        with ignoring_signals():
            for keeper in self.keepers.values():
                keeper.sink.leave()
        left = [sink.uri for sink in self.sinks.values() if find_stagings(sink.uri)]
        if not left:
            return "nothing was written"
        how = f"synth run --resume {left[0]} goes on, synth clean removes them"
        return f"finished blocks stay in {' and '.join(left)}: {how}"

    def clear(self) -> None:
        """Removes what other recipes have left in places that now hold a run: nobody can finish it there."""
        for name in self.keepers:
            uri = self.sinks[name].uri
            try:
                clean(uri)
            except SynthError as error:
                log.warning("something may be left in %s: %s; synth clean removes it", uri, error)


def unkept(recipe: Recipe, sinks: Mapping[str, Sink]) -> list[Problem]:
    """Each sink whose blocks cannot be kept, and why; none where a run can go on after a crash."""
    found = []
    for name, sink in sinks.items():
        part = recipe.sinks[name]
        kind = part.spec.name
        lost = cast("KeptSink", sink).lost() if part.spec.receipts else f"a sink of kind {kind} keeps no blocks"
        if lost:
            message = f"sink.{name} can be neither resumed nor made in parts: {lost}"
            found.append(Problem(path=f"sink.{name}", message=message, hint=layout_hint(name, part)))
    return found


def unpublished(recipe: Recipe, sinks: Mapping[str, Sink]) -> dict[str, Sink]:
    """The sinks of a run that is to go on, but for those whose places hold it already: one of several may have failed.

    Raises:
        ConfigError: a sink keeps no blocks.
        RefusedError: all places hold it.
    """
    if lost := unkept(recipe, sinks):
        raise ConfigError(lost)
    left = {name: sink for name, sink in sinks.items() if not _holds(recipe, recipe.sinks[name], sink)}
    if not left:
        raise RefusedError(f"{' and '.join(sink.uri for sink in sinks.values())} hold this run already, complete")
    return left


def _holds(recipe: Recipe, part: SinkPart, sink: Sink) -> bool:
    """Whether a place holds the run of a recipe as the sink would write it."""
    manifest = open_store(sink.uri).read_manifest() if part.spec.receipts else None
    try:
        told = json.loads(manifest or b"{}")
        return (told["fingerprint"], told["sink"]) == (recipe.fingerprint, settings_of(part))
    except (ValueError, KeyError, TypeError):
        return False


def told_blocks(wrong: Mapping[int, str]) -> str:
    """Blocks and what is wrong with them, the first ones by number."""
    missing = [block for block, why in wrong.items() if why == "missing"]
    rest = [f"block {_called(block)}: {why}" for block, why in wrong.items() if why != "missing"]
    told = [f"{counted(len(missing), 'block')} missing ({ranges(missing)})"] if missing else []
    told += rest[:_NAMED] + ([f"{len(rest) - _NAMED} more"] if len(rest) > _NAMED else [])
    return ", ".join(told)


def ranges(blocks: Iterable[int]) -> str:
    """Numbers as people write them: ``0-3, 7``; of many the first ranges."""
    found: list[list[int]] = []
    for block in blocks:
        if found and block == found[-1][1] + 1 and block > 0:
            found[-1][1] = block
        else:
            found.append([block, block])
    told = [_called(first) if first == last else f"{_called(first)}-{last}" for first, last in found]
    return ", ".join(told[:_NAMED] + (["..."] if len(told) > _NAMED else []))


def _called(block: int) -> str:
    return "of the tables that come once" if block == ONCE else str(block)
