"""A run whose finished blocks stay in its places: what is there is taken from there, what is made is put there."""

import dataclasses
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from synth import __version__
from synth.config.catalog import Catalog
from synth.config.part import SinkPart
from synth.config.recipe import Recipe
from synth.contracts.sink import ONCE, KeptSink, Receipt, Sink
from synth.contracts.store import Staged, Staging
from synth.engine.block import Deferred
from synth.engine.episodes import EpisodeRows
from synth.engine.manifest import deciding_versions
from synth.engine.prepare import Prepared
from synth.engine.receipts import DamagedReceipt, Identity, Kept, Note, differences, name_of, staging_id
from synth.errors import RefusedError
from synth.sinks.places import LocalPlace, parse_uri
from synth.sinks.staging import RECEIPTS, RECIPE
from synth.sinks.stores import find_stagings
from synth.wording import counted, without_secrets

if TYPE_CHECKING:
    from synth.tables.batch import Batch

log = logging.getLogger(__name__)

#: Receipts that are looked at at once: most of the time goes into waiting for an object store.
AT_ONCE = 8


@dataclass(frozen=True)
class Keeper:
    """One sink of a run, and the staging that keeps its blocks.

    Attributes:
        name: of the sink.
        strict: whether receipts of other versions are refused, or made again.
        checked: whether every staged file has been looked at already.
    """

    name: str
    sink: KeptSink
    staging: Staging
    identity: Identity
    strict: bool
    checked: bool = False

    def look(self, block: int) -> Kept | None:
        """What the store has of a block; None for nothing.

        Raises:
            DamagedReceipt: it is not what somebody wrote, or a file that it names is not.
            RefusedError: another version made it.
        """
        content = self.staging.read(f"{RECEIPTS}/{name_of(block)}")
        if content is None:
            return None
        kept = self.identity.read(block, content)
        if not self.checked:
            for file in kept.staged:
                if not self.staging.holds(file):
                    raise DamagedReceipt(f"{file.name} is gone or damaged")
        return kept

    def recall(self, block: int) -> tuple[Receipt, Note] | None:
        """A block that is staged; None where it has to be made: what is damaged is said and forgotten."""
        try:
            kept = self.look(block)
        except DamagedReceipt as error:
            self._forget(block, str(error))
            return None
        except RefusedError as error:
            if self.strict:
                raise RefusedError(f"receipt {name_of(block)} in {self.sink.uri}: {error}") from error
            self._forget(block, str(error))
            return None
        if kept is None:
            return None
        return self.sink.recall(block, kept.staged, kept.shared), kept.note

    def _forget(self, block: int, why: str) -> None:
        log.warning("sink %r: block %s is made again: %s", self.name, name_of(block), why)
        self.staging.drop([f"{RECEIPTS}/{name_of(block)}"])

    def keep(self, receipt: Receipt, note: Note, batches: "Mapping[str, Batch]") -> None:
        """Puts the receipt of a block that was just staged; of two the first one counts.

        Args:
            batches: the block's rows; those that go into shared files are in the receipt.
        """
        growth = self.sink.growth() if self.sink.grows and receipt.block != ONCE else ()
        shared = {} if self.sink.grows else {name: batches[name] for name in receipt.payloads}
        kept = Kept(note, receipt.staged, growth, shared)
        self.staging.put(f"{RECEIPTS}/{name_of(receipt.block)}", self.identity.write(receipt.block, kept))

    def once(self, extra: "Sequence[Batch]") -> Receipt:
        """The tables that come once, from the store or made now."""
        recalled = self.recall(ONCE)
        if recalled is not None:
            return recalled[0]
        receipt = self.sink.write_once(extra)
        self.keep(receipt, Note({}, {}, 0, Deferred(EpisodeRows.none(self.identity.scenarios), None)), {})
        return receipt

    def found(self) -> list[int]:
        """The blocks that have a receipt, in order."""
        return sorted(int(name) for name in self.staging.list(RECEIPTS) if name.isdecimal())

    def regrow(self) -> None:
        """Cuts files that grow back to the last block that has a receipt; the receipts behind a gap are nobody's."""
        found, growth = self.found(), tuple[Staged, ...]()
        whole = next((i for i, block in enumerate(found) if i != block), len(found))
        try:
            kept = self.look(whole - 1) if whole else None
            growth = kept.growth if kept else ()
            good = self.sink.regrow(growth)
        except DamagedReceipt:
            good = False
        except RefusedError:
            if self.strict:
                raise
            good = False
        if not good:
            log.warning("sink %r: all blocks are made again: a file that grew is not what it was", self.name)
        self.staging.drop(f"{RECEIPTS}/{name_of(block)}" for block in (found[whole:] if good else found))

    def checking(self, blocks: Iterable[int]) -> "Iterator[tuple[int, str]]":
        """Yields the blocks that are missing or damaged, and what is wrong with each, in order."""

        def judged(block: int) -> str:
            try:
                return "" if self.look(block) else "missing"
            except DamagedReceipt as error:
                return f"damaged: {error}"
            except RefusedError as error:
                return str(error)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            blocks = list(blocks)
            yield from ((b, wrong) for b, wrong in zip(blocks, pool.map(judged, blocks), strict=True) if wrong)


def settings_of(part: SinkPart) -> dict[str, Any]:
    """A sink's own configuration, without its place and without secrets: what decides its bytes."""
    return cast(
        "dict[str, Any]",
        without_secrets({key: value for key, value in dataclasses.asdict(part.config).items() if key != "uri"}),
    )


def write_recipe(prepared: Prepared, name: str, sinks: Mapping[str, Sink], identity: str) -> bytes:
    """What a staging says of its run: enough to make it again, but for secrets."""
    recipe = prepared.recipe
    configs = {
        each: without_secrets(dataclasses.asdict(part.config)) | {"uri": _absolute(sinks[each].uri)}
        for each, part in recipe.sinks.items()
        if each in sinks
    }
    content = {
        "id": identity,
        "synth": __version__,
        "fingerprint": recipe.fingerprint,
        "blocks": len(prepared.plan.rows_b),
        "sink": name,
        "sinks": configs,
        "recipe": recipe.content,
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def _absolute(uri: str) -> str:
    place = parse_uri(uri)
    return str(place.path) if isinstance(place, LocalPlace) else uri


def join(
    prepared: Prepared, catalog: Catalog, name: str, sinks: Mapping[str, Sink], *, strict: bool, shared: bool
) -> Keeper:
    """Begins the staging of a sink, or goes on with it; the caller has to let go of it.

    Args:
        strict: whether receipts of other versions, and a place with another recipe's alone, are refused.
        shared: whether this run makes a part, beside others.

    Raises:
        RefusedError: another run is writing there, or the one that is to go on is another.
    """
    recipe, part, sink = prepared.recipe, prepared.recipe.sinks[name], cast("KeptSink", sinks[name])
    own = staging_id(recipe.fingerprint, settings_of(part))
    others = left_by_others(name, sink.uri, own, recipe, settings_of(part), refuse=strict)
    staging = sink.join(own, shared=shared)
    for other in others:
        log.warning("sink %r: %s; they go when this run is committed", name, other)
    try:
        staging.put(RECIPE, write_recipe(prepared, name, sinks, own))
        tables = {table.name: table for table in prepared.make_block.tables}
        identity = Identity(own, deciding_versions(recipe, catalog, part), prepared.plan.scenarios, tables)
        keeper = Keeper(name, sink, staging, identity, strict)
        if sink.grows:
            keeper.regrow()
    except BaseException:
        sink.leave()
        raise
    return keeper


def left_by_others(
    name: str, uri: str, own: str, recipe: Recipe, settings: Mapping[str, Any], *, refuse: bool
) -> list[str]:
    """What other recipes have left in a place, and in what they differ.

    Raises:
        RefusedError: with ``refuse``, nothing of this recipe is there, and something of another one.
    """
    found = find_stagings(uri)
    others = []
    for staging in (staging for staging in found if staging.id != own):
        told = told_recipe(staging)
        there = {**told.get("recipe", {}), f"sink.{name}": without_place(told.get("sinks", {}).get(told.get("sink")))}
        here = {**recipe.content, f"sink.{name}": settings}
        how = "; ".join(differences(there, here)) or f"synth {told.get('synth')} there, {__version__} here"
        others.append(f"{uri} holds {counted(len(staging.list(RECEIPTS)), 'receipt')} of another recipe ({how})")
    if refuse and others and len(others) == len(found):
        raise RefusedError(f"{others[0]}: give its own overrides, choose another uri, or synth clean {uri}")
    return others


def told_recipe(staging: Staging) -> Mapping[str, Any]:
    """What a staging says of its run; nothing where that cannot be read."""
    try:
        told = json.loads(staging.read(RECIPE) or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def without_place(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """A sink's configuration but for its uri."""
    return {key: value for key, value in (config or {}).items() if key != "uri"}
