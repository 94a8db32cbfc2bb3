"""A finished run in numbers: when, how much, who and where, and how much fraud, beside what the recipe asks for."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from synth.check.manifest import short
from synth.check.reader import open_output, with_original_times
from synth.check.stats.amounts import Amounts, CategoryAmounts
from synth.check.stats.cards import CardUse
from synth.check.stats.fraud import Fraud, Labels
from synth.check.stats.merchants import Loyalty, MerchantUse
from synth.check.stats.rhythm import RowRhythm, moment
from synth.check.stats.rows import AMOUNT, CARD, CUSTOMER, SHOP, Codes, CountedRows, Section, figure, named
from synth.check.stats.shares import Shares, Web, use_of_cards
from synth.check.stats.targets import RecipeFigures, read_targets
from synth.check.verify.noise import NoiseKey, read_noise
from synth.check.verify.tables import Found, one_piece, sources_of
from synth.config.catalog import Catalog
from synth.config.typed import adapter
from synth.contracts.output import Output
from synth.errors import RefusedError, VerifyError
from synth.timeline import Timeline, TimelineConfig

__all__ = ["measure"]

#: Rows looked at together, whatever the pieces in which a file is read.
_PIECE = 262_144

_LARGEST = 10**13

_FEW_VALUES = ("string", "bool", "int8")


def measure(uri: str, *, catalog: Catalog) -> dict[str, Any]:
    """The figures of an output, ready for JSON; docs/stats.md says what each of them is.

    One pass over the transactions; memory grows with cards, customers, merchants, fraud rows and the hours of the
    window, not with the rows.

    Raises:
        RefusedError: the place holds no run, cannot be read, or its recipe has no window.
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    output = with_original_times(open_output(uri, catalog))
    timeline = _window(output)
    targets = read_targets(output.manifest["recipe"], output.manifest["counts"], timeline, catalog)
    shown = sources_of(output, "transactions")
    noise = _noise(output)
    rows = output.table("transactions")["rows"] - len(noise.dropped.event_d)
    labels = Labels(
        noise.dropped.without(_columns(output, "labels", ("event_id", "scenario", "role"))),
        _columns(output, "episodes", ("scenario",)),
        rows,
    )
    every = [*_sections(shown, timeline, targets, labels), *_share_sections(output, shown, targets)]
    lacks = {section.name: lack for section in every if (lack := _lack(section, shown))}
    sections = [section for section in every if section.name not in lacks]
    _feed(output.uri, noise.rows(), rows, shown, labels, sections)
    left_out = lacks | {section.name: section.problem for section in sections if section.problem}
    found = {section.name: section.result() for section in sections if section.name not in left_out}
    by_column = [section for section in sections if isinstance(section, Shares) and section.name in found]
    shares = {section.column: found.pop(section.name) for section in by_column}
    return {
        "uri": uri,
        "fingerprint": output.manifest["fingerprint"],
        "window": {"start": moment(timeline.start_s), "end": moment(timeline.end_s), "seconds": timeline.seconds},
        "rows": figure(rows, targets.total),
        **found,
        "use_of_cards": use_of_cards(shares.get("channel", {})),
        "shares": shares,
        "left_out": [f"{name}: {why}" for name, why in left_out.items()],
        "untold": list(targets.untold),
    }


def _window(output: Output) -> Timeline:
    """The window of the recipe."""
    try:
        config = adapter(TimelineConfig).validate_json(json.dumps(output.manifest["recipe"]["timeline"]))
        for problem in config.problems():
            raise ValueError(problem.line)
        return Timeline.parse(config)
    except (KeyError, ValueError, OverflowError) as error:
        raise RefusedError(
            f"the manifest of {output.uri} has no window that can be read: {short(str(error))}"
        ) from error


def _columns(output: Output, table: str, needed: Sequence[str]) -> Mapping[str, pa.Array]:
    """Some columns of a small table: event column → values."""
    names = sources_of(output, table)
    if absent := [source for source in needed if source not in names]:
        raise RefusedError(f"table {table} of {output.uri} has no {' and no '.join(absent)}")
    whole = pa.Table.from_batches(output.batches(table), output.schema(table))
    return {source: one_piece(whole.column(names[source])) for source in needed}


def _sections(
    shown: Mapping[str, str], timeline: Timeline, targets: RecipeFigures, labels: Labels
) -> Sequence[Section]:
    """What every report has, as far as the view shows what it needs."""
    card, customer, shop = (named(need, shown) for need in (CARD, CUSTOMER, SHOP))
    known = targets.entities
    expected = targets.expected
    favourites = expected.favourites if shop == "merchant_id" else None
    return [
        RowRhythm(timeline, targets.total, expected.rows_n),
        Amounts(targets.amounts, targets.buckets),
        CategoryAmounts(expected.medians),
        CardUse(card, timeline, known.get(card), targets.genuine),
        MerchantUse(shop, known.get(shop)),
        Loyalty(customer, shop, timeline, known.get(customer), favourites),
        Web(expected.online),
        Fraud(labels, targets.scenarios),
    ]


def _share_sections(output: Output, shown: Mapping[str, str], targets: RecipeFigures) -> Iterator[Shares]:
    """One for each observable column of texts, flags or small numbers, the generator's own included."""
    for column in output.table("transactions")["columns"]:
        observable = column.get("role") == "observable" and shown.get(column["source"]) == column["name"]
        if observable and column["type"] in _FEW_VALUES:
            yield Shares(column["source"], targets.expected.shares.get(column["source"], {}))


def _lack(section: Section, shown: Mapping[str, str]) -> str:
    """Why there is no such section; empty where there is one."""
    absent = next((need for need in section.needs if not named(need, shown)), "")
    return f"the view shows no {absent.replace('|', ' or ')}" if absent else ""


def _noise(output: Output) -> NoiseKey:
    """What undoes the noise of a stream: the rows are counted as they were made, but for those that never came."""
    found = Found.keeping(output, "noise") if "noise" in output.manifest["tables"] else None
    noise = read_noise(output, found)
    if noise.hidden:
        raise RefusedError(f"the transactions of {output.uri} cannot be put back as they were made: {noise.hidden}")
    return noise


def _feed(
    uri: str,
    batches: Iterator[pa.RecordBatch],
    count: int,
    shown: Mapping[str, str],
    labels: Labels,
    sections: Sequence[Section],
) -> None:
    """Hands all ``count`` transactions to the sections, piece by piece."""
    first, codes = 0, defaultdict[str, Codes](Codes)
    for batch in _pieces(batches):
        seen, end = np.searchsorted(labels.event_f, [first, first + batch.num_rows])
        columns = {source: batch.column(name) for source, name in shown.items()}
        rows = CountedRows(first, batch.num_rows, columns, labels.event_f[seen:end] - first, int(seen), codes)
        _check_amounts(rows)
        for section in sections:
            if not section.problem:
                section.see(rows)
        first += batch.num_rows
    if first != count:
        raise VerifyError(f"the transactions of {uri} have {first:,} rows, not {count:,} as the manifest says")


def _check_amounts(rows: CountedRows) -> None:
    """Amounts that are no numbers, or too large for cents to be exact, come from a damaged file."""
    for source in AMOUNT.split("|"):
        if source in rows.columns and not (np.abs(rows.columns[source].cast(pa.float64()).to_numpy()) < _LARGEST).all():
            raise VerifyError(f"a row after row {rows.first:,} has an amount beyond all counting")


def _pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows in pieces of a limited size."""
    for batch in batches:
        for first in range(0, batch.num_rows, _PIECE):
            yield batch.slice(first, _PIECE)
