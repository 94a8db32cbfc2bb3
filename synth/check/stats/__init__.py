"""A finished run in numbers: when, how much, who and where, and how much fraud, beside what the recipe asks for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from synth.check.stats.amounts import Amounts, CategoryAmounts
from synth.check.stats.cards import CardUse
from synth.check.stats.fraud import Fraud
from synth.check.stats.merchants import Loyalty, MerchantUse
from synth.check.stats.rhythm import RowRhythm, moment
from synth.check.stats.rows import AMOUNT, CARD, CUSTOMER, SHOP, Codes, CountedRows, Section, figure, named
from synth.check.stats.shares import Shares, Web, use_of_cards
from synth.check.stats.subject import Subject, read_subject
from synth.config.catalog import Catalog
from synth.errors import VerifyError
from synth.wording import hide_secrets

__all__ = ["measure", "measure_rows"]

#: Rows looked at together, whatever the pieces in which a file is read.
_PIECE = 262_144

_LARGEST = 10**13


def measure(uri: str, *, catalog: Catalog) -> dict[str, Any]:
    """The figures of an output, ready for JSON; docs/stats.md says what each of them is.

    One pass over the transactions; memory grows with cards, customers, merchants, fraud rows and the hours of the
    window, not with the rows.

    Raises:
        RefusedError: the place holds no run, cannot be read, or its recipe has no window.
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    return measure_rows(read_subject(uri, catalog))


def measure_rows(subject: Subject, more: Sequence[Section] = ()) -> dict[str, Any]:
    """The figures of labelled rows, as ``measure`` gives them.

    Args:
        more: sections of the caller's own, which see the same rows in the same pass; those that cannot are told in
            ``left_out``.

    Raises:
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    every = [*_sections(subject), *_share_sections(subject), *more]
    lacks = {section.name: lack for section in every if (lack := _lack(section, subject.shown))}
    sections = [section for section in every if section.name not in lacks]
    _feed(subject, sections)
    left_out = lacks | {section.name: section.problem for section in sections if section.problem}
    found = {section.name: section.result() for section in sections if section.name not in left_out}
    by_column = [section for section in sections if isinstance(section, Shares) and section.name in found]
    shares = {section.column: found.pop(section.name) for section in by_column}
    timeline = subject.timeline
    return {
        "uri": hide_secrets(subject.name),
        "fingerprint": subject.fingerprint,
        "window": {"start": moment(timeline.start_s), "end": moment(timeline.end_s), "seconds": timeline.seconds},
        "rows": figure(subject.count, subject.targets.total),
        **found,
        "use_of_cards": use_of_cards(shares.get("channel", {})),
        "shares": shares,
        "left_out": [f"{name}: {why}" for name, why in left_out.items()],
        "untold": list(subject.targets.untold),
    }


def _sections(subject: Subject) -> Sequence[Section]:
    """What every report has, as far as the view shows what it needs."""
    card, customer, shop = (named(need, subject.shown) for need in (CARD, CUSTOMER, SHOP))
    timeline, targets = subject.timeline, subject.targets
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
        Fraud(subject.labels, targets.scenarios),
    ]


def _share_sections(subject: Subject) -> Iterator[Shares]:
    """One for each column that may have few values."""
    for column in subject.few:
        yield Shares(column, subject.targets.expected.shares.get(column, {}))


def _lack(section: Section, shown: Mapping[str, str]) -> str:
    """Why there is no such section; empty where there is one."""
    absent = next((need for need in section.needs if not named(need, shown)), "")
    return f"the view shows no {absent.replace('|', ' or ')}" if absent else ""


def _feed(subject: Subject, sections: Sequence[Section]) -> None:
    """Hands all transactions to the sections, piece by piece."""
    first, codes, event_f = 0, defaultdict[str, Codes](Codes), subject.labels.event_f
    for batch in _pieces(subject.rows()):
        seen, end = np.searchsorted(event_f, [first, first + batch.num_rows])
        columns = {source: batch.column(name) for source, name in subject.shown.items()}
        rows = CountedRows(first, batch.num_rows, columns, event_f[seen:end] - first, int(seen), codes)
        _check_amounts(rows)
        for section in sections:
            if not section.problem:
                section.see(rows)
        first += batch.num_rows
    if first != subject.count:
        uri, count = subject.name, subject.count
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
