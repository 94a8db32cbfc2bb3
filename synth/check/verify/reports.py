"""Checks of what was observed: reports against the labels, and the label of the view against the reports."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.check.verify.rows import Check, ReadRows, RowCheck, int64_of
from synth.check.verify.truth import Columns
from synth.timeline import US_PER_S, Timeline

#: The time of a report that never comes.
_NEVER = -1


def check_reports(
    labels: Columns, events: Columns | None, episodes: Columns, recipe: Mapping[str, Any], claiming: Container[str]
) -> Iterator[Check]:
    """Every report that a label tells of is there, at its time; the reports are in order of time.

    Where the recipe says that holders report, what was added to a card in an episode is reported together, after it.

    Args:
        claiming: the scenarios that claim rows.
    """
    known_f = np.flatnonzero(labels["reported_at"].is_valid().to_numpy(zero_copy_only=False))
    if events is None:
        message = f"{len(known_f):,} labels tell of reports, but there is no table of them"
        if len(known_f):
            yield Check("reports", False, message)
        return
    event_r, known_us_r = int64_of(events["event_id"]), int64_of(events["known_at"])
    if (np.diff(known_us_r) < 0).any():
        yield Check("reports", False, "they are not in order of time")
        return
    by_event = np.argsort(event_r, kind="stable")
    if (np.diff(event_r[by_event]) == 0).any():
        yield Check("reports", False, "an event is reported twice")
        return
    label_f = int64_of(labels["event_id"])
    told_us_f = int64_of(pc.fill_null(labels["reported_at"].cast("int64"), _NEVER))
    # One entry more, of no event, is found where an event has no report.
    event_r, known_us_r = np.append(event_r[by_event], -1), np.append(known_us_r[by_event], _NEVER)
    found_f = np.searchsorted(event_r[:-1], label_f)
    at_us_f = np.where(event_r[found_f] == label_f, known_us_r[found_f], _NEVER)
    wrong = np.flatnonzero(at_us_f != told_us_f)
    if wrong.size:
        yield Check("reports", False, f"the label of event {label_f[wrong[0]]:,} and its report tell different times")
        return
    if (recipe.get("reporting") or {}).get("by") == "holder":
        parted = _parted(labels, told_us_f, episodes, claiming)
        if parted:
            yield Check("reports", False, parted)
            return
    alarms = len(event_r) - 1 - len(known_f)
    yield Check("reports", True, f"{len(known_f):,} of {len(label_f):,} labels, and {alarms:,} false alarms")


def _parted(labels: Columns, told_us_f: Int64, episodes: Columns, claiming: Container[str]) -> str:
    """What is wrong with the reports of episodes on one card; empty for nothing."""
    added_f = np.array([name not in claiming for name in labels["scenario"].to_pylist()], dtype=bool)
    one_e = episodes["card_number"].is_valid().to_numpy(zero_copy_only=False)
    episode_e, last_us_e = int64_of(episodes["episode_id"])[one_e], int64_of(episodes["last_time"])[one_e]
    episode_f = int64_of(labels["episode_id"])
    told = np.flatnonzero(added_f & (told_us_f != _NEVER) & np.isin(episode_f, episode_e))
    told = told[np.argsort(episode_f[told], kind="stable")]
    again = (np.diff(episode_f[told]) == 0) & (np.diff(told_us_f[told]) != 0)
    if again.any():
        return f"episode {episode_f[told[np.argmax(again)]]:,} is reported twice, and its holder finds a thief once"
    by_id = np.argsort(episode_e)
    early = told_us_f[told] <= last_us_e[by_id][np.searchsorted(episode_e[by_id], episode_f[told])]
    return f"episode {episode_f[told[np.argmax(early)]]:,} goes on after its report" if early.any() else ""


class ObservedLabels(RowCheck):
    """``observed_label`` is 1 where a report came before the end of the window."""

    name, needs = "observed_label", ("observed_label",)

    def __init__(self, events: Columns | None, timeline: Timeline) -> None:
        super().__init__()
        self.count = 0
        self.reported = np.empty(0, dtype=np.int64)
        if events:
            before = int64_of(events["known_at"]) < timeline.end_s * US_PER_S
            self.reported = np.unique(int64_of(events["event_id"])[before])

    def see(self, rows: ReadRows) -> None:
        """Compares with the reports."""
        start, end = np.searchsorted(self.reported, [rows.first, rows.first + rows.count])
        expected = np.zeros(rows.count, dtype=np.int8)
        expected[self.reported[start:end] - rows.first] = 1
        wrong = np.flatnonzero(np.asarray(rows.columns["observed_label"]) != expected)
        if wrong.size:
            has = "a" if expected[wrong[0]] else "no"
            self.problem = f"row {rows.first + wrong[0]:,} has {has} report before the end of the window"
        self.count += int(end - start)

    def finish(self) -> str:
        """How many."""
        return f"1 on the {self.count:,} rows that were reported before the end of the window, 0 elsewhere"
