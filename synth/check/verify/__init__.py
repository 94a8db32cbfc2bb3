"""An output against its manifest and its recipe, read back by a route of its own."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synth.arrays import Int64
from synth.check.reader import StoredOutput, open_output, with_original_times
from synth.check.verify.cards import CardNames
from synth.check.verify.clicks import Purchases, check_clicks, read_clicks
from synth.check.verify.columns import check_columns
from synth.check.verify.dependencies import GeneratorRules, dependencies
from synth.check.verify.extra import plugin_checks
from synth.check.verify.ids import HashedIds, UniqueIds, form_of
from synth.check.verify.noise import Dropped, NoiseKey, read_noise
from synth.check.verify.recipe import RecipeParts, recipe_parts
from synth.check.verify.reports import ObservedLabels, check_reports
from synth.check.verify.rows import (
    CardNumberCheck,
    CardSeconds,
    Check,
    EventIds,
    InWindow,
    ReadRows,
    RowCheck,
    TimeOrder,
    int64_of,
)
from synth.check.verify.tables import Found, check_files, check_foreign, one_piece, sources_of
from synth.check.verify.truth import (
    Columns,
    FraudLabels,
    FraudRows,
    Labelled,
    ShownTruth,
    check_episodes,
    check_scenario,
)
from synth.check.verify.versions import note_versions
from synth.config.catalog import Catalog
from synth.contracts.claimer import Claimer
from synth.contracts.generator import Generator
from synth.contracts.output import Manifest, Output
from synth.contracts.store import TableSource
from synth.wording import counted

__all__ = ["Check", "Report", "verify"]


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        uri: the output.
        checks: every check in the order in which it was made, those that could not be made included.
    """

    uri: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.ok is False)

    @property
    def unmade(self) -> tuple[Check, ...]:
        """The checks that could not be made."""
        return tuple(check for check in self.checks if check.ok is None)

    @property
    def ok(self) -> bool:
        """Whether every check that could be made holds."""
        return not self.failed


def verify(uri: str, *, catalog: Catalog) -> Report:
    """Checks an output: its files, its content, its order, its ids, its truth, the rules of its scenarios, and what
    the loaded plugins have to say of it.

    Memory grows with the block size, the fraud rows and the cards, and by 8 bytes with each row; of a noisy stream also
    with the rows that the answer key names, and those that have to wait for late ones.

    Raises:
        RefusedError: the place holds no run, or cannot be read.
    """
    output = with_original_times(open_output(uri, catalog))
    return Report(uri, (*_checks(output, catalog), *plugin_checks(output, catalog.checks)))


def _checks(output: StoredOutput, catalog: Catalog) -> Iterator[Check]:
    """All checks; one pass over the transactions serves those of the rows."""
    if not isinstance(output.store, TableSource):
        yield check_files(output)
        yield check_foreign(output)
    parts = recipe_parts(output.manifest, catalog)
    yield parts.check
    yield from note_versions(output)
    yield from check_columns(output)
    names = output.manifest["tables"]
    found = {
        name: Found.keeping(output, name)
        for name in names
        if name not in ("transactions", "clicks") or (name == "clicks" and output.lacks(name))
    }
    labels, episodes, reports, holders, cards = (
        found[name].columns if name in found else None
        for name in ("labels", "episodes", "label_events", "holders", "cards")
    )
    noise = read_noise(output, found.get("noise"))
    dropped = noise.dropped
    came = dropped.without(labels) if labels else None
    numbers = {"holders": holders, "cards": cards}
    shown = sources_of(output, "transactions")
    tables = {name: table.columns for name, table in found.items()}
    card_names = CardNames.of(shown, tables, alone=parts.alone)
    known = {*shown, *card_names.told}
    fraud = FraudRows(known)
    checks = _row_checks(output, parts, noise, came, numbers, known)
    whole = {name: columns for name, columns in tables.items() if columns is not None}
    named = list(dependencies(output.table("transactions")["columns"], whole, known))
    checks += [check for check in named if isinstance(check, RowCheck)]
    if parts.generator is not None and type(parts.generator).check is not Generator.check:
        checks.append(GeneratorRules(parts.generator, whole))
    if parts.timeline is not None and "observed_label" in shown and not output.lacks("label_events"):
        checks.append(ObservedLabels(dropped.without(reports) if reports else None, parts.timeline))
    clicks = None
    if "clicks" in names and not output.lacks("clicks"):
        click_labels = found["click_labels"].columns if "click_labels" in found else None
        found["clicks"], clicks = read_clicks(output, click_labels)
        checks.append(Purchases(clicks, dropped))
    labelled = np.unique(int64_of(came["event_id"])) if came else np.empty(0, dtype=np.int64)
    found["transactions"] = main = noise.read(_Feed(shown, labelled, checks, fraud, dropped, card_names))
    for name in names:
        yield from found[name].checks()
    yield from noise.checks(labels)
    yield _check_digest(output.manifest, found)
    yield _check_counts(output.manifest, parts, labels, episodes)
    if isinstance(output.store, TableSource):
        yield from (Check(*each) for each in output.store.checks())
    unread = [
        name
        for name in ("transactions", "labels", "episodes")
        if name not in found or found[name].problem or output.lacks(name)
    ]
    yield from (check for check in named if isinstance(check, Check))
    yield from _results(checks, known, "the transactions cannot be read" if main.problem else main.hidden)
    if parts.timeline is None:
        yield from (Check(name, None, "the recipe cannot be read") for name in (InWindow.name, CardNumberCheck.name))
    if unread or main.hidden or labels is None or episodes is None or came is None:
        yield Check("truth", None, f"{' and '.join(unread)} cannot be read" if unread else main.hidden)
        return
    if any(isinstance(check, Labelled) and check.problem for check in checks):
        yield Check("truth", None, "the labels do not name the rows")
        return
    claiming = {name for name, pattern in parts.patterns.items() if isinstance(pattern, Claimer)}
    came_f = dropped.came(int64_of(labels["event_id"]))
    yield from check_episodes(labels, episodes, fraud, claiming, came_f)
    if why := output.lacks("label_events") if "label_events" in names else "":
        yield Check("reports", None, why)
    else:
        yield from check_reports(labels, reports, episodes, output.manifest["recipe"], claiming)
    if clicks is not None:
        yield from check_clicks(clicks, click_labels, labels)
    lost = Counter(labels["scenario"].filter(pa.array(~came_f)).to_pylist())
    yield from _check_scenarios(output.manifest, parts, came, fraud, lost)


def _results(checks: Sequence[RowCheck], known: Collection[str], unread: str) -> Iterator[Check]:
    """What the checks of the rows found."""
    for check in checks:
        absent = [need for need in check.needs if not set(need.split("|")) & set(known)]
        reason = f"the view shows no {absent[0]}" if absent else "" if check.problem else unread
        yield Check(check.name, None, reason) if reason else check.result()


@dataclass
class _Feed:
    """Hands the blocks of the transactions to the checks.

    Attributes:
        shown: event column → name of the column.
        labelled: (f,) positions of the rows that have a label, sorted.
        dropped: the transactions that have no row.
        card_names: whose card each row is of.
    """

    shown: Mapping[str, str]
    labelled: Int64
    checks: Sequence[RowCheck]
    fraud: FraudRows
    dropped: Dropped
    card_names: CardNames

    def __call__(self, first: int, block: pa.Table) -> None:
        """The block whose first row is at position ``first``."""
        start, end = np.searchsorted(self.labelled, [first, first + block.num_rows])
        columns = {source: one_piece(block.column(name)) for source, name in self.shown.items()}
        if "event_id" in columns and len(self.dropped.event_d):
            columns["event_id"] = pa.array(self.dropped.places(int64_of(columns["event_id"])))
        self.card_names.add(columns)
        rows = ReadRows(first, block.num_rows, columns, self.labelled[start:end] - first)
        for check in self.checks:
            if not check.problem and all(set(need.split("|")) & set(columns) for need in check.needs):
                check.see(rows)
        self.fraud.take(rows)


def _row_checks(
    output: Output,
    parts: "RecipeParts",
    noise: NoiseKey,
    labels: Columns | None,
    numbers: Mapping[str, Columns | None],
    known: Collection[str],
) -> list[RowCheck]:
    """The checks that the tables and the recipe allow; of ids and truth, where they are shown.

    Args:
        labels: those of the rows that came.
        known: event columns that are known of each row.
    """
    tid = sources_of(output, "transactions").get("tid", "")
    total = output.table("transactions")["rows"] - len(noise.dropped.event_d)
    form = form_of(output.table("transactions")["columns"], tid)

    def ids_again() -> Iterator[pa.Array]:
        return (batch.column(tid) for batch in noise.rows())

    checks: list[RowCheck] = [EventIds()] if "event_id" in known else []
    checks += [TimeOrder(), CardSeconds()]
    checks += [UniqueIds(total, ids_again, form), HashedIds(form)] if "tid" in known else []
    if parts.timeline is not None and parts.cards is not None:
        listed = {name: c["card_number"].to_pylist() for name, c in numbers.items() if c and "card_number" in c}
        checks += [InWindow(parts.timeline)]
        checks += [CardNumberCheck(parts.cards, listed)] if listed or "card_number" in known else []
    if labels is not None:
        checks += [Labelled(labels, total), *([FraudLabels()] if "fraud_label" in known else [])]
        checks += [ShownTruth(source, labels) for source in ("scenario", "episode_id", "role") if source in known]
    return checks


def _check_digest(manifest: Manifest, found: Mapping[str, Found]) -> Check:
    """The run's digest, from the tables' own."""
    lost = next((reason for table in found.values() if (reason := table.lost())), "")
    if lost:
        return Check("digest of the run", None, lost)
    lines = "".join(f"{name} {found[name].digest}\n" for name in sorted(found))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    message = digest if digest == manifest["digest"] else f"it is {digest}, not {manifest['digest']}"
    return Check("digest of the run", digest == manifest["digest"], message)


def _check_counts(manifest: Manifest, parts: "RecipeParts", labels: Columns | None, episodes: Columns | None) -> Check:
    """The manifest's counts against the tables, and against what the recipe promises."""
    if labels is None or episodes is None:
        return Check("counts", None, "labels or episodes cannot be read")
    counts = manifest["counts"]
    rows, ids = Counter(labels["scenario"].to_pylist()), Counter(episodes["scenario"].to_pylist())
    names = sorted({*rows, *ids, *(manifest["recipe"].get("scenario") or {})}, key=str)
    actual: dict[str, Any] = {
        "transactions": manifest["tables"]["transactions"]["rows"],
        "fraud": len(labels["scenario"]),
        "scenarios": {name: {"episodes": ids[name], "rows": rows[name]} for name in names},
    }
    for name, value in actual.items():
        if counts.get(name) != value:
            return Check("counts", False, f"the manifest counts {name} {counts.get(name)}, the tables hold {value}")
    if parts.context is not None:
        added = sum(rows[name] for name, pattern in parts.patterns.items() if pattern.adds)
        promised = parts.context.rows + added
        if promised != actual["transactions"]:
            message = f"{actual['transactions']:,} transactions, but the recipe makes {promised:,}"
            return Check("counts", False, message)
    return Check("counts", True, f"{actual['transactions']:,} transactions, {actual['fraud']:,} of them fraud")


def _check_scenarios(
    manifest: Manifest, parts: "RecipeParts", labels: Columns, fraud: FraudRows, lost: Mapping[str, int]
) -> Iterator[Check]:
    """Every scenario of the recipe by its injector's own rules; not those that ``lost`` rows on the way."""
    for name in manifest["recipe"].get("scenario") or {}:
        if parts.context is None:
            yield Check(f"scenario {name}", None, parts.check.detail)
        elif lost.get(name):
            yield Check(f"scenario {name}", None, f"{counted(lost[name], 'row')} of it never came")
        else:
            yield check_scenario(name, parts, parts.context, labels, fraud)
