"""How far single looks tell fraud, from five seeds: python benchmarks/truth.py

Each line is one way in which fraud gave itself away before; the figures stand in docs/truth.md.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

import synth

SEEDS = range(1, 6)
WORLD = (
    "experiment=retail_us",
    "population.customers.number=3000",
    "population.cards=3600",
    "timeline.start=2022-01-01",
    "timeline.end=2022-03-01",
    "reporting=week",
)
CHAINS = ("scenario=card_chain", "scenario.card_chain.ratio=0.03")
TAKEOVERS = ("scenario=account_takeover", "scenario.account_takeover.ratio=0.01", "scenario.account_takeover.mode=add")
THEFTS = ("scenario=stolen_card", "scenario.stolen_card.per_day=20")
Tables = dict[str, pd.DataFrame]


def made(*words: str) -> Tables:
    """All tables of a run; ``rows`` are the payments that could be fraud, with what their terminal and card are."""
    tables = {name: table.to_arrow().to_pandas() for name, table in synth.plan(*WORLD, *words).tables.items()}
    rows = tables["transactions"]
    rows = rows[rows.channel != "recurring"].reset_index(drop=True)
    for axis in ("x_km", "y_km"):
        rows[axis] = tables["terminals"][axis].to_numpy()[rows.terminal_id]
    return tables | {"rows": rows}


def one_an_episode(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A random fraud row of each episode, and the genuine rows."""
    fraud = rows[rows.fraud_label == 1].sample(frac=1, random_state=0).drop_duplicates("episode_id")
    return fraud, rows[rows.fraud_label == 0]


def auc(fraud: np.ndarray, genuine: np.ndarray) -> float:
    """The chance that a fraud row has the higher score; ties count half."""
    rank = pd.Series(np.concatenate([fraud, genuine])).rank().to_numpy()[: len(fraud)]
    return float((rank.sum() - len(fraud) * (len(fraud) + 1) / 2) / (len(fraud) * len(genuine)))


def learnt(rows: pd.DataFrame, cells: pd.Series) -> float:
    """The AUC of the share of fraud in each cell, learnt on half of the episodes and tried on the others."""
    fraud, genuine = one_an_episode(rows)
    known, tried = fraud.index[::2], fraud.index[1::2]
    half = np.arange(len(genuine)) % 2 == 0
    seen = cells[known].value_counts().reindex(cells.unique()).fillna(0) + 0.1
    score = seen / (cells[genuine.index[half]].value_counts().reindex(cells.unique()).fillna(0) + 1)
    return auc(score[cells[tried]].to_numpy(), score[cells[genuine.index[~half]]].to_numpy())


def hours(tables: Tables) -> float:
    """1. Hour and weekday."""
    rows = tables["rows"]
    return learnt(rows, rows.time.dt.day_of_week * 24 + rows.time.dt.hour)


def night(tables: Tables) -> float:
    """1. Fraud rate at 02 to 04 h against the mean."""
    rows = tables["rows"]
    late = rows[rows.time.dt.hour.isin([2, 3])]
    return float(late.fraud_label.mean() / rows.fraud_label.mean())


def contradicting(tables: Tables) -> float:
    """2. Share of fraud rows that contradict the terminal, the merchant or the card that they name."""
    rows = tables["rows"][tables["rows"].fraud_label == 1]
    merchant = tables["terminals"].merchant_id.to_numpy()[rows.terminal_id] != rows.merchant_id
    category = tables["merchants"].category.to_numpy()[rows.merchant_id] != rows.category
    customer = tables["cards"].customer_id.to_numpy()[rows.card_id] != rows.customer_id
    return float((merchant | category | customer).mean())


def beyond_limit(tables: Tables) -> float:
    """3. Fraud rows above the limit of their card that were not refused for it."""
    rows = tables["rows"][tables["rows"].fraud_label == 1]
    beyond = (rows.amount * 100).round() > tables["cards"].limit_minor.to_numpy()[rows.card_id]
    return float((beyond & (rows.decline_reason != "limit_exceeded")).sum())


def suspected(tables: Tables) -> float:
    """3. Share of refusals of fraud on suspicion."""
    rows = tables["rows"]
    refused = rows[(rows.fraud_label == 1) & rows.decline_reason.notna()]
    return float((refused.decline_reason == "suspected_fraud").mean())


def standing(tables: Tables) -> float:
    """3. Fraud rows that are standing orders."""
    rows = tables["transactions"]
    return float(((rows.fraud_label == 1) & (rows.channel == "recurring")).sum())


def exposure(tables: Tables) -> float:
    """4. Number of a card's genuine rows."""
    rows = tables["rows"]
    count = rows[rows.fraud_label == 0].card_id.value_counts()
    fraud, genuine = one_an_episode(rows)
    return auc(count.reindex(fraud.card_id).fillna(0).to_numpy(), count.reindex(genuine.card_id).to_numpy() - 1)


def prices(tables: Tables) -> float:
    """5. Amount with category."""
    rows = tables["rows"]
    return learnt(rows, rows.category.astype(str) + pd.qcut(rows.amount, 10, labels=False).astype(str))


def two_places(tables: Tables) -> float:
    """6. Share of a chain's rows in a shop that follow another within two minutes, a kilometre away."""
    rows = tables["rows"]
    rows = rows[(rows.fraud_label == 1) & (rows.channel != "online")].sort_values(["episode_id", "time"])
    soon = (rows.episode_id.diff() == 0) & (rows.time.diff().dt.total_seconds() <= 120)
    far = np.hypot(rows.x_km.diff(), rows.y_km.diff()) > 1
    return float((soon & far).sum() / max(1, soon.sum()))


def reports(tables: Tables) -> float:
    """9. Intraclass correlation of the log delay of reports within an episode."""
    labels = tables["labels"].merge(tables["transactions"][["event_id", "time"]], on="event_id")
    labels = labels[labels.reported_at.notna()]
    last = labels.groupby("episode_id").time.transform("max")
    log = np.log((labels.reported_at - last).dt.total_seconds().clip(lower=1))
    groups = log.groupby(labels.episode_id)
    size = groups.transform("size")
    within, between = log[size > 1] - groups.transform("mean")[size > 1], groups.mean().var()
    return float(between / (between + within.var()))


LOOKS: dict[tuple[str, ...], tuple[Callable[[Tables], float], ...]] = {
    CHAINS: (hours, night, contradicting, beyond_limit, standing, exposure, prices, two_places, reports),
    TAKEOVERS: (hours, night, contradicting, beyond_limit, suspected, exposure, reports),
    THEFTS: (contradicting, beyond_limit, standing),
}


def lines() -> Iterator[str]:
    """A table row a look: lowest and highest of the seeds."""
    yield "| scenario | look | lowest | highest |\n| --- | --- | --- | --- |"
    for words, looks in LOOKS.items():
        runs = [made(*words, f"seed={seed}") for seed in SEEDS]
        for look in looks:
            found = [look(tables) for tables in runs]
            doc = (look.__doc__ or "").rstrip(".")
            yield f"| {words[0].partition('=')[2]} | {doc} | {min(found):.3g} | {max(found):.3g} |"


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
