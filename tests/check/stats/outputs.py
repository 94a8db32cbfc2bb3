"""Small outputs of several views and sinks, read by pandas alone, to be counted once more."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from synth import run
from synth.check.stats import measure
from synth.config.catalog import load_catalog
from tests.chi_square import chi_square, far
from tests.outputs import read_manifest, table_files

CATALOG = load_catalog()
PEOPLE = ("experiment=tiny", "generator.transactions=9000", "scenario.card_chain.ratio=0.05", "block_rows=2000")
CHAINS = (
    *("scenario=card_chain", "scenario.card_chain.ratio=0.02", "generator.transactions=6000", "block_rows=900"),
    *("population.cards=300", "timeline.start=2022-02-05T07:20:00", "timeline.end=2022-03-09T21:00:30"),
)
DAY = "columns.fields=[{name: day, source: time, format: '%Y-%m-%d'},{name: cents, source: amount_minor}]"

#: Name → recipe, sink and its options.
OUTPUTS = {
    "notebook csv": (CHAINS, "csv", ("layout=parts", "compression=gzip")),
    "full jsonl": ((*CHAINS, "columns=full", "scenario.card_chain.mode=add"), "jsonl", ()),
    "people parquet": (PEOPLE, "parquet", ()),
    "people csv": (PEOPLE, "csv", ("compression=zstd", "header=false")),
}


@dataclass(frozen=True)
class Made:
    """An output, its report, and its tables as pandas reads them."""

    path: Path
    data: dict[str, Any]
    rows: pd.DataFrame
    episodes: pd.DataFrame

    @property
    def genuine(self) -> pd.DataFrame:
        return self.rows[~self.rows.fraud]


def make(path: Path, recipe: tuple[str, ...], sink: str, options: tuple[str, ...] = ()) -> Path:
    run(*recipe, f"sink={sink}", f"sink.{sink}.uri={path}", *(f"sink.{sink}.{option}" for option in options))
    return path


@cache
def made(name: str, directory: Path) -> Made:
    recipe, sink, options = OUTPUTS[name]
    path = make(directory / name.replace(" ", "-"), recipe, sink, options)
    data = measure(str(path), catalog=CATALOG)
    rows = read(path, "transactions", sink).rename(columns={"datetime": "time", "cc_num": "card_number"})
    rows["time"] = pd.to_datetime(rows["time"], utc=True)
    rows["cents"] = (rows["amount"] * 100).round().astype(int)
    labels = read(path, "labels", sink).set_index("event_id")
    rows["fraud"] = rows.index.isin(labels.index)
    rows[["of_scenario", "of_role"]] = labels[["scenario", "role"]].reindex(rows.index)
    return Made(path, data, rows, read(path, "episodes", sink))


def read(path: Path, table: str, sink: str) -> pd.DataFrame:
    files = table_files(path, table)
    return pd.concat([_read_file(path, file, sink, table) for file in files], ignore_index=True)


def _read_file(path: Path, file: Path, sink: str, table: str) -> pd.DataFrame:
    if sink == "parquet":
        return pd.read_parquet(file)
    if sink == "jsonl":
        return pd.read_json(file, lines=True, dtype={"card_number": str, "tid": str})
    headless = file.suffix == ".zst"
    frame = pd.read_csv(file, header=None if headless else 0, dtype={"cc_num": str})
    if headless:
        columns = read_manifest(path)["tables"][table]["columns"]
        frame.columns = pd.Index([column["name"] for column in columns])
    return frame


def report(path: Path, *recipe: str, sink: str = "parquet") -> dict[str, Any]:
    return measure(str(make(path, recipe, sink)), catalog=CATALOG)


def fits(figures: list[dict[str, float]], rows: int) -> None:
    """Whether shares are those of counts by the recipe's law."""
    expected = {i: figure["recipe"] * rows for i, figure in enumerate(figures)}
    counts = Counter({i: round(figure["found"] * rows) for i, figure in enumerate(figures)})
    assert sum(expected.values()) == pytest.approx(rows)
    kept = {i: wanted for i, wanted in expected.items() if wanted}
    assert chi_square(Counter({i: counts[i] for i in kept}), kept) < far(len(kept))
    assert not any(counts[i] for i in expected if i not in kept)


def days_fit(data: dict[str, Any]) -> None:
    """Whether the rows of each day are those of the recipe's law."""
    days = data["time"]["days"]
    assert sum(day["recipe"] for day in days) == pytest.approx(data["rows"]["recipe"])
    counts = Counter({day["day"]: day["rows"] for day in days})
    assert chi_square(counts, {day["day"]: day["recipe"] for day in days}) < far(len(days))
