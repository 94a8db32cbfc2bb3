"""Who pays, and where the shops are."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.report import charts
from synth.report.figures import Column, Figure, Part
from synth.report.gathered import Gathered

#: What is told of people and cards: table, column, title.
_TOLD = (
    ("customers", "segment", "Segments"),
    ("customers", "income_band", "Income"),
    ("cards", "network", "Card networks"),
    ("cards", "funding", "Funding of the cards"),
)

#: Years in a bar of the ages.
_YEARS = 5

#: Fields of the map, across.
_FIELDS = 36

#: Where places are: degrees on the globe, or kilometres in a plane; east first.
_PLACES = (("longitude", "latitude", "degrees"), ("x_km", "y_km", "km"))


def people(found: Gathered) -> Part:
    """Customers and cards, and how much they are used."""
    figures = [*_ages(found), *_kinds(found), *_use(found)]
    notes = () if figures else ("Nothing is known of the people: there are no tables of customers and cards.",)
    return Part("people", "People and cards", notes, figures)


def _ages(found: Gathered) -> Iterator[Figure]:
    table = found.table("customers", "age")
    if table is None or not len(table["age"]):
        return
    age_k = table["age"].drop_null().cast(pa.int64()).to_numpy() // _YEARS
    if not len(age_k):
        return
    counts = np.bincount(age_k)
    rows = [
        {"age": f"{_YEARS * at}-{_YEARS * at + _YEARS - 1}", "customers": int(counts[at])}
        for at in range(int(age_k.min()), len(counts))
    ]
    columns = (Column("age", "age"), Column("customers", "customers", "count"))
    titles = {"age": "age in years", "customers": "customers"}
    yield Figure("ages", "Ages", columns, rows, partial(charts.bars, x="age", y="customers", titles=titles))


def _kinds(found: Gathered) -> Iterator[Figure]:
    for table, column, title in _TOLD:
        values = found.table(table, column)
        if values is None:
            continue
        counts = Counter(str(value) for value in values[column].to_pylist())
        rows = [{"value": value, "count": number} for value, number in counts.most_common()]
        if len(rows) > 1:
            columns = (Column("value", column), Column("count", table, "count"))
            draw = partial(charts.pairs, x="value", ys=["count"], titles={"value": "", "count": table})
            yield Figure(f"people_{column}", f"{title}, number of {table}", columns, rows, draw, height=80)


def _use(found: Gathered) -> Iterator[Figure]:
    """How unequally cards are used."""
    if "cards" not in found.stats:
        return
    cards = found.stats["cards"]
    whose = cards["by"].partition("_")[0]
    rates = cards["rows_per_day"]
    rows = [{"quantile": name, "rate": rates[name]} for name in rates if name != "mean"]
    rows.insert(0, {"quantile": "mean", "rate": rates["mean"]["found"]})
    columns = (Column("quantile", f"of the {whose}s"), Column("rate", "payments a day", "number"))
    busiest = ", ".join(
        f"the busiest {part.removesuffix('%')} % make {100 * v:.0f} %" for part, v in cards["busiest"].items() if v
    )
    yield Figure("use", f"Genuine payments of a {whose} a day: {busiest or 'no payments'}", columns, rows)


def shops(found: Gathered) -> Part:
    """Where the shops are."""
    title = "Shops"
    for table in ("terminals", "merchants"):
        for east, north, unit in _PLACES:
            figure = _map(found, table, east, north, unit)
            if figure:
                return Part("shops", title, (_note(unit),), [figure, *_merchants(found)])
    return Part("shops", title, ("No map: no table says where shops are.",), [*_merchants(found)])


def _note(unit: str) -> str:
    return "A disc stands for all that lie in its field of the map" + (
        "; shops on the web have a seat, too." if unit == "degrees" else "."
    )


def _map(found: Gathered, table: str, east: str, north: str, unit: str) -> Figure | None:
    """Places, counted in the fields of a grid."""
    places = found.table(table, east, north)
    if places is None:
        return None
    known = pc.and_(places[east].is_valid(), places[north].is_valid())
    x, y = (places[name].filter(known).cast(pa.float64()).to_numpy() for name in (east, north))
    if not len(x):
        return None
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9) / _FIELDS
    fields = np.stack([np.floor((v - v.min()) / side) for v in (x, y)], axis=1).astype(np.int64)
    cells, at, counts = np.unique(fields, axis=0, return_inverse=True, return_counts=True)
    sums = [np.bincount(at.reshape(-1), weights=v, minlength=len(cells)) / counts for v in (x, y)]
    rows: list[Mapping[str, Any]] = [
        {"east": round(float(e), 3), "north": round(float(n), 3), "shops": int(c)}
        for e, n, c in zip(*sums, counts, strict=True)
    ]
    titles = {"east": f"{east.removesuffix('_km')} in {unit}", "north": f"{north.removesuffix('_km')} in {unit}"}
    titles["shops"] = table
    columns = (
        Column("east", titles["east"], "number"),
        Column("north", titles["north"], "number"),
        Column("shops", table, "count"),
    )
    draw = partial(charts.places, x="east", y="north", size="shops", titles=titles)
    return Figure("map", f"Where the {table} are", columns, rows, draw, height=420, size="full")


def _merchants(found: Gathered) -> Iterator[Figure]:
    """How unequally shops are visited."""
    if "merchants" not in found.stats or not found.stats["merchants"]["rows"]:
        return
    merchants = found.stats["merchants"]
    where = merchants["by"].partition("_")[0]
    rows = [{"quantile": name, "rows": number} for name, number in merchants["rows"].items()]
    columns = (Column("quantile", f"of the {where}s"), Column("rows", "payments", "count"))
    largest = merchants["largest"]["10"]
    head = f"Genuine payments at a {where}" + (
        "" if largest is None else f"; the largest ten have {100 * largest:.0f} %"
    )
    yield Figure("merchants", head, columns, rows)
