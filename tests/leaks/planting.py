"""Small outputs without leaks, into which a test plants one: rows of the control world, some of them called fraud.

``plant(place, alter)`` writes an output; ``alter`` is given its tables as frames, and changes what it likes:

    def cents(world):
        world.rows.loc[world.fraud, "amount"] = world.rows.amount[world.fraud].round()

    report = lint(read_records(plant(tmp_path / "out", cents), load_catalog()))

Rows are chosen as if fraud knew nothing: each episode takes one to three rows of one card, and cards with more rows are
taken more often. So nothing tells them apart until somebody alters them. They are claimed, as the labels say.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import synth
from synth.check.records import read_records
from synth.config.catalog import load_catalog
from synth.leaks import Report, lint
from synth.rng import Streams
from tests.outputs import read_manifest, write_manifest

#: The control worlds: people who buy by habit, and cards alone.
WORLDS: dict[str, tuple[str, ...]] = {
    "people": (
        *("experiment=retail_us", "scenario=[]", "population.customers.number=500", "population.cards=700"),
        *("population.merchants.number=400", "timeline.end=2022-02-20"),
        *("columns=payments", "reporting=week", "clicks=shop"),
    ),
    "cards": ("scenario=[]", "generator.transactions=30000", "population.cards=600", "columns=full"),
}

SCENARIO = "planted"


@dataclass
class World:
    """Tables of an output that is yet to be written, as frames.

    Attributes:
        rows: the transactions, in order; new columns are taken for observable ones.
        fraud: which rows are fraud.
        episode: the episode of each row, -1 for genuine ones.
        tables: all other tables that the run made, and ``labels``; what is done to them is written, too.
        rng: a stream of the world's own.
        signal: what the scenario declares.
    """

    rows: pd.DataFrame
    fraud: Any
    episode: Any
    tables: dict[str, pd.DataFrame]
    rng: np.random.Generator
    signal: list[str] = field(default_factory=list)

    @property
    def hits(self) -> Any:
        """(f,) positions of the fraud rows."""
        return np.flatnonzero(self.fraud)


Alter = Callable[[World], object]


def plant(place: Path, alter: Alter | None = None, *, world: str = "people", seed: int = 1, episodes: int = 300) -> str:
    """Writes an output with so many episodes; returns its place."""
    made = _label(world, seed, episodes)
    if alter is not None:
        alter(made)
    _write(place, made, Path(_control(world)))
    return str(place)


def look(place: Path, alter: Alter | None = None, **how: Any) -> Report:
    """Plants something, and looks for it."""
    return lint(read_records(plant(place, alter, **how), load_catalog()))


@cache
def _control(world: str) -> str:
    """The control world, made once a process."""
    place = tempfile.mkdtemp(prefix="synth-lint-")
    synth.run(*WORLDS[world], f"sink.parquet.uri={place}/run")
    return f"{place}/run"


@cache
def _tables(world: str) -> dict[str, pa.Table]:
    output = synth.open(_control(world))
    schema = {name: output.schema(name) for name in output.manifest["tables"]}
    return {name: pa.Table.from_batches(output.batches(name), schema[name]) for name in schema}


def _label(world: str, seed: int, episodes: int) -> World:
    """Calls rows of the control world fraud."""
    frames = {name: table.to_pandas() for name, table in _tables(world).items()}
    rows = frames.pop("transactions")
    rng = Streams(seed, "planting").draw(world)
    card = rows.card_id.to_numpy()
    order = np.lexsort((rng.random(len(rows)), card))
    first = np.searchsorted(card[order], np.arange(card.max() + 2))
    episode = np.full(len(rows), -1)
    for number, victim in enumerate(card[rng.permutation(len(rows))[:episodes]]):
        mine = order[first[victim] : first[victim + 1]]
        free = mine[episode[mine] < 0]
        episode[rng.permutation(free)[: rng.integers(1, 4)]] = number
    fraud = episode >= 0
    made = World(rows, fraud, episode, frames, rng)
    _tell(made)
    return made


def _tell(world: World) -> None:
    """The columns and tables of truth."""
    hits, rows = world.hits, world.rows
    rows["fraud_label"] = world.fraud.astype(np.int8)
    rows.loc[world.fraud, "scenario"], rows.loc[world.fraud, "role"] = SCENARIO, "row"
    rows["episode_id"] = pd.array(np.where(world.fraud, world.episode, 0), dtype="Int64")
    rows.loc[~world.fraud, "episode_id"] = pd.NA
    labels = pd.DataFrame({"event_id": hits, "scenario": SCENARIO, "episode_id": world.episode[hits], "role": "row"})
    labels["amount_before_minor"] = (rows.amount.to_numpy()[hits] * 100).round().astype(np.int64)
    holder = world.rng.gamma(2, 86_400, world.episode.max() + 1)[world.episode[hits]]
    labels["reported_at"] = rows.time.iloc[hits].reset_index(drop=True) + pd.to_timedelta(holder.round(), unit="s")
    for decided in ("auth_result", "decline_reason"):
        if f"{decided}_before" in world.tables["labels"]:
            labels[f"{decided}_before"] = rows[decided].to_numpy()[hits]
    if "tid" in rows:
        labels["tid"] = rows.tid.to_numpy()[hits]
    world.tables["labels"] = labels
    if "label_events" in world.tables:
        events = labels[["event_id", "reported_at"]].rename(columns={"reported_at": "known_at"}).sort_values("known_at")
        world.tables["label_events"] = events
    if "clicks" in world.tables:
        world.tables["click_labels"] = _click_labels(world)


def _click_labels(world: World) -> pd.DataFrame:
    """The clicks of the visits that lead to fraud."""
    clicks = world.tables["clicks"]
    bought = clicks[clicks.event_id.notna()]
    episode = pd.Series(world.episode[bought.event_id.astype(int)], index=bought.session_id.to_numpy())
    found = clicks[["click_id"]].assign(episode_id=clicks.session_id.map(episode).fillna(-1).astype(int))
    found = found[found.episode_id >= 0].assign(scenario=SCENARIO, role="browse")
    return found[["click_id", "scenario", "episode_id", "role"]]


def _write(place: Path, world: World, control: Path) -> None:
    """The tables as Parquet, with a manifest that names them."""
    manifest = read_manifest(control)
    frames = {"transactions": world.rows, **world.tables}
    for name, entry in manifest["tables"].items():
        frame = frames[name].reset_index(drop=True)
        schema = _schema(entry, frame)
        file = place / name / "part-00000.parquet"
        file.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(frame[schema.names], schema, preserve_index=False), file)
        known = {column["name"] for column in entry["columns"]}
        entry["columns"] += [
            {
                "name": field.name,
                "source": field.name,
                "type": str(field.type),
                "nullable": True,
                "format": "plain",
                "role": "observable",
            }
            for field in schema
            if field.name not in known
        ]
        entry["files"] = [{"name": f"{name}/part-00000.parquet", "bytes": file.stat().st_size, "sha256": ""}]
        entry["rows"], entry["block_rows"] = len(frame), _blocks(entry["block_rows"], len(frame))
    manifest["counts"]["fraud"] = int(world.fraud.sum())
    manifest["counts"]["scenarios"] = {
        SCENARIO: {"episodes": int(world.episode.max()) + 1, "rows": int(world.fraud.sum())}
    }
    manifest["signals"] = {SCENARIO: world.signal}
    write_manifest(place, manifest)


def _blocks(before: list[int], rows: int) -> list[int]:
    """The rows of the blocks, where they still are as many."""
    return before if sum(before) == rows else [rows]


def _schema(entry: Any, frame: pd.DataFrame) -> pa.Schema:
    """The types of the manifest, and of new columns their own."""
    fields = [pa.field(c["name"], synth.arrow_type(c["type"]), c["nullable"]) for c in entry["columns"]]
    known = {each.name for each in fields}
    more = [name for name in frame.columns if name not in known] if "time" in known or "event_id" in known else []
    own = pa.Schema.from_pandas(frame[more], preserve_index=False) if more else []
    return pa.schema([*fields, *own])
