"""Visits to a web shop, one row each: their ids, and the steps from one click to the next.

Legend: ``_c`` a click in order of its visit, ``_v`` a visit.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.check.records import NONE, Records, pc_one

#: What stands before the first click of a visit and behind its last one.
BEGIN, END = "begin", "end"


@dataclass(frozen=True)
class Visits:
    """Visits.

    Attributes:
        records: a row a visit.
        steps: name of a step → (v,) whether the visit makes it.
        last_v: the type of the last click.
    """

    records: Records
    steps: dict[str, Mask]
    last_v: Int64


def visits_of(records: Records) -> Visits | None:
    """The visits of the table of clicks, or of rows that are clicks themselves; None where there are none.

    A claimed click makes no visit one of fraud: it takes what an honest visitor did.
    """
    table = records.truth.get("clicks")
    rows = records.rows if table is None else table
    if not {"session_id", "event_type", "time"} <= {*rows.column_names} or not rows.num_rows:
        return None
    scenario_c, episode_c = (records.scenario_t, records.episode_t) if table is None else _labelled(records, rows)
    session, session_c = np.unique(rows.column("session_id").to_numpy(), return_inverse=True)
    order = np.lexsort((np.arange(rows.num_rows), pc_one(rows, "time").cast(pa.int64()).to_numpy(), session_c))
    typed = (
        pc_one(rows, "event_type").dictionary_encode()
        if not pa.types.is_dictionary(rows.schema.field("event_type").type)
        else pc_one(rows, "event_type")
    )
    type_c = typed.indices.to_numpy().astype(np.int64)[order]
    at_c = session_c[order]
    first_v = np.searchsorted(at_c, np.arange(len(session)))
    scenario_v, episode_v = (np.full(len(session), NONE, dtype=np.int64) for _ in range(2))
    marked = (scenario_c >= 0) & ~records.claimed_t if table is None else scenario_c >= 0
    scenario_v[session_c[marked]], episode_v[session_c[marked]] = scenario_c[marked], episode_c[marked]
    end_v = np.append(first_v[1:], len(at_c)) - 1
    made = Records(
        name=records.name,
        rows=_ids(records, rows, session, order[first_v]),
        units={},
        roles={"session_id": "key", "device_id": "key"},
        fraud_t=scenario_v >= 0,
        scenario_t=scenario_v,
        episode_t=episode_v,
        claimed_t=np.zeros(len(session), dtype=bool),
        scenarios=records.scenarios,
        signals=records.signals,
    )
    names = [str(name) for name in typed.dictionary.to_pylist()]
    return Visits(made, _steps(type_c, at_c, names, len(session)), type_c[end_v])


def _labelled(records: Records, clicks: pa.Table) -> tuple[Int64, Int64]:
    """Scenario and episode of each click."""
    labels = records.truth.get("click_labels")
    scenario_c, episode_c = (np.full(clicks.num_rows, NONE, dtype=np.int64) for _ in range(2))
    if labels is None or not labels.num_rows:
        return scenario_c, episode_c
    place = pc.index_in(pc_one(clicks, "click_id"), pc_one(labels, "click_id"))
    there = place.is_valid().to_numpy(zero_copy_only=False)
    at = pc.drop_null(place).to_numpy().astype(np.int64)
    names = pa.array(records.scenarios, pa.string())
    scenario_c[there] = pc.index_in(pc_one(labels, "scenario").cast(pa.string()), names).to_numpy()[at]
    episode_c[there] = labels.column("episode_id").to_numpy()[at]
    return scenario_c, episode_c


def _ids(records: Records, rows: pa.Table, session: Int64, first_v: Int64) -> pa.Table:
    """The ids of visits, and those of devices that no table has, counted from the last one that it has."""
    columns = {"session_id": pa.array(session)}
    if "device_id" in rows.column_names and pa.types.is_integer(rows.column("device_id").type):
        known = records.entities["devices"].num_rows if "devices" in records.entities else 0
        beyond = pc.fill_null(rows.column("device_id"), -1).to_numpy()[first_v] - known
        columns["device_id"] = pa.array(beyond, mask=beyond < 0)
    return pa.table(columns)


def _steps(type_c: Int64, at_c: Int64, names: list[str], visits: int) -> dict[str, Mask]:
    """Which visits make which step; begin and end are steps, too."""
    kinds = len(names) + 1
    first = np.concatenate([[True], at_c[1:] != at_c[:-1]])
    before_c = np.where(first, kinds - 1, np.roll(type_c, 1))
    step = np.concatenate([before_c * kinds + type_c, type_c[np.append(first[1:], True)] * kinds + kinds - 1])
    visit = np.concatenate([at_c, at_c[np.append(first[1:], True)]])
    steps = {}
    for code in np.unique(step):
        made = np.zeros(visits, dtype=bool)
        made[visit[step == code]] = True
        before, behind = [*names, BEGIN][code // kinds], [*names, END][code % kinds]
        steps[f"{before}>{behind}"] = made
    return steps
