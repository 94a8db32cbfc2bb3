"""Checks of the truth that a run writes, read back from its files."""

import numpy as np
import pandas as pd

from synth.testing.bench import Size
from synth.testing.contract import Broken, Contract, rule
from synth.testing.runs import WrittenRun, require_verified, write_and_read
from synth.testing.scenes import with_episodes

#: Episodes of the runs that are looked at row by row.
EPISODES = 100
_TRUTH = ["time", "card_id", "amount_minor", "episode", "role"]


class TruthChecks(Contract):
    """Labels and episodes of an injector's run."""

    @property
    def size(self) -> Size:
        """A run with episodes enough to look at."""
        return with_episodes(self.bench, EPISODES)

    @property
    def written(self) -> WrittenRun:
        """That run, written and read back."""
        return write_and_read(self.bench, self.size)

    @rule
    def test_verify_finds_nothing_wrong(self) -> None:
        """What synth verify checks holds for a run with this pattern."""
        require_verified(self.written)

    @rule
    def test_every_planned_event_is_labelled(self) -> None:
        """Every planned event is a row with the label, episode and role that were planned."""
        planned, labelled = self._planned(), self._labelled()
        both = planned.merge(labelled, on=_TRUTH, how="outer", indicator="side")
        lost = both[both.side != "both"]
        if len(lost):
            row = lost.iloc[0]
            message = "planned and not labelled" if row.side == "left_only" else "labelled and not planned"
            place = f"episode {row.episode}, role {row.role!r}, time {row.time}, card {row.card_id}"
            raise Broken(f"{len(lost):,} events differ, the first is {message}", place)

    @rule
    def test_episodes_are_complete(self) -> None:
        """The episodes table sums up the rows of each episode: card, first and last time, events, amount."""
        labels, rows = self.written.tables["labels"], self.written.tables["transactions"]
        joined = labels[["event_id", "episode_id"]].merge(rows.drop(columns="episode_id"), on="event_id")
        grouped = joined.groupby("episode_id")
        found = pd.DataFrame(
            {
                "card_number": grouped.card_number.unique().map(lambda cards: cards[0] if len(cards) == 1 else None),
                "first_time": grouped.time.min(),
                "last_time": grouped.time.max(),
                "events": grouped.size(),
                "amount_minor": grouped.amount_minor.sum(),
            }
        )
        message = self.written.tables["episodes"].set_index("episode_id")[[*found.columns]]
        if list(message.index) != list(found.index):
            missing = sorted(set(message.index) ^ set(found.index))
            raise Broken("an episode has no rows, or rows no episode", f"episode {missing[0]}")
        for column in found.columns:
            empty = message[column].isna() & found[column].isna()
            wrong = np.flatnonzero(((message[column] != found[column]) & ~empty).to_numpy())
            if wrong.size:
                raise Broken(
                    f"it is {message[column].iloc[wrong[0]]}, its rows say {found[column].iloc[wrong[0]]}",
                    f"episode {found.index[wrong[0]]}, column {column}",
                )

    def _planned(self) -> pd.DataFrame:
        plan = self.bench.prepared(self.size).plan
        events, ids = plan.fraud[self.bench.name], plan.episode_ids[self.bench.name]
        roles = np.array(plan.roles_of[self.bench.name], dtype=object)
        return pd.DataFrame(
            {
                "time": pd.to_datetime(events.time_us_f, unit="us", utc=True).as_unit("us"),
                "card_id": events.card_f,
                "amount_minor": events.amount_minor_f,
                "episode": ids[events.episode_f],
                "role": roles[events.role_f],
            }
        )

    def _labelled(self) -> pd.DataFrame:
        tables = self.written.tables
        labels = tables["labels"].query("scenario == @name", local_dict={"name": self.bench.name})
        rows = tables["transactions"][["event_id", "time", "card_id", "amount_minor"]]
        return labels.rename(columns={"episode_id": "episode"}).merge(rows, on="event_id")[_TRUTH]
