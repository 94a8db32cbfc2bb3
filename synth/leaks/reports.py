"""Reports of fraud: whether tables and columns of labels agree, and whether a holder reports what belongs together."""

import math
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from synth.arrays import Float, Int64
from synth.check.records import pc_one
from synth.leaks.findings import Effect, Finding, Tests
from synth.leaks.scene import Scene

#: Episodes of several reported rows without which nothing is said of them.
_FEWEST = 30

#: Rows of an episode of one holder that are reported together have delays that are alike; below this they are not.
_ALIKE = 0.5


def check(scene: Scene) -> Tests:
    """Compares what says which rows are fraud, and when that became known."""
    tests = Tests("reports")
    for contradiction in _contradictions(scene):
        tests.add(contradiction)
    for finding in _delays(scene):
        tests.add(finding)
    return tests


def _contradictions(scene: Scene) -> Iterator[Finding | None]:
    """Labels that are not those of another place."""
    records = scene.records
    if records.shown_t is not None:
        other = records.shown_t != records.fraud_t
        yield _wrong(
            "labels",
            f"the column of labels is not what the table of labels says in {int(other.sum()):,} rows",
            other.sum(),
        )
    labels, reports = records.truth.get("labels"), records.truth.get("label_events")
    if labels is None or reports is None or "reported_at" not in labels.column_names:
        return
    event_f, at_f = labels.column("event_id").to_numpy(), pc_one(labels, "reported_at")
    told = at_f.is_valid().to_numpy(zero_copy_only=False)
    event_r, at_r = reports.column("event_id").to_numpy(), pc_one(reports, "known_at")
    pairs = {*zip(event_f[told].tolist(), _us(at_f)[told].tolist(), strict=True)}
    known = {*zip(event_r.tolist(), _us(at_r).tolist(), strict=True)}
    fraud = records.fraud_t
    stray = [pair for pair in known - pairs if 0 <= pair[0] < len(fraud) and fraud[pair[0]]]
    missing = len(pairs - known)
    yield _wrong("reports", f"{missing:,} reports of the labels are not among the events of labels", missing)
    yield _wrong("reports", f"{len(stray):,} reports of fraud rows are not what the labels say", len(stray))


def _us(values: pa.Array) -> Int64:
    filled: Int64 = values.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return filled


def _wrong(what: str, message: str, count: int) -> Finding | None:
    if not count:
        return None
    effect = Effect("share", 1.0, 1.0, 1.0)
    return Finding("reports", "", what, (what,), message, effect, -math.inf, int(count), 0, 0, certain=True)


def _delays(scene: Scene) -> Iterator[Finding | None]:
    """How alike the delays of the rows of an episode are, where one card is the victim."""
    labels = scene.records.truth.get("labels")
    if labels is None or "reported_at" not in labels.column_names or "time" not in scene.columns or scene.card is None:
        return
    event_f = labels.column("event_id").to_numpy().astype(np.int64)
    at_f = pc_one(labels, "reported_at")
    told = at_f.is_valid().to_numpy(zero_copy_only=False)
    delay_f = _us(at_f) - scene.columns["time"].values_t[event_f]
    records = scene.records
    for place, name in enumerate(records.scenarios):
        mine = told & (records.scenario_t[event_f] == place) & (delay_f > 0)
        rows, group = event_f[mine], _holders(scene, event_f[mine])
        yield _correlation(name, group, np.log(delay_f[mine].astype(np.float64)), len(rows))


def _holders(scene: Scene, rows: Int64) -> Int64:
    """A number for each episode and card."""
    assert scene.card is not None
    _, card = np.unique(scene.card.values_t[rows], return_inverse=True)
    _, group = np.unique(scene.records.episode_t[rows] * (int(card.max(initial=0)) + 1) + card, return_inverse=True)
    found: Int64 = group
    return found


def _correlation(name: str, group_f: Int64, value_f: Float, rows: int) -> Finding | None:
    """The intraclass correlation of an analysis of variance (Fisher 1925), with its band after Donner (1986)."""
    size = np.bincount(group_f)
    kept = size[group_f] > 1 if len(size) else np.zeros(0, dtype=bool)
    _, group_f = np.unique(group_f[kept], return_inverse=True)
    value_f, size = value_f[kept], np.bincount(group_f)
    groups, n = len(size), len(value_f)
    if groups < _FEWEST:
        return None
    mean = np.bincount(group_f, value_f) / size
    usual = (n - (size**2).sum() / n) / (groups - 1)
    between = float((size * (mean - value_f.mean()) ** 2).sum() / (groups - 1))
    inside = float(((value_f - mean[group_f]) ** 2).sum() / (n - groups))
    alike = (between - inside) / (between + (usual - 1) * inside) if between + inside > 0 else 1.0
    spread = (1 - alike) * (1 + (usual - 1) * alike) * math.sqrt(2 / (usual * (usual - 1) * groups))
    z = (_ALIKE - alike) / max(spread, 1e-9)
    odds = _log_normal_tail(z) if z > 0 else 0.0
    message = (
        f"rows of an episode on one card are reported one by one: the correlation of their log delays is {alike:.3f}"
    )
    effect = Effect("correlation", _ALIKE - alike, _ALIKE - alike - 1.96 * spread, _ALIKE - alike + 1.96 * spread)
    return Finding("reports", name, "delays of reports", ("reports",), message, effect, odds, rows, groups, 0)


def _log_normal_tail(z: float) -> float:
    """The natural logarithm of a bound on the upper tail of the normal distribution."""
    return -z * z / 2 - math.log(max(1.0, z * math.sqrt(2 * math.pi)))
