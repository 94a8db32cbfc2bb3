"""Trains on what was known by a day, judges on what was so after it. First: ``synth run experiment=my_project``."""

import numpy as np
import pandas as pd

import synth

SPLIT = pd.Timestamp("2022-04-01", tz="UTC")


def features(frame: pd.DataFrame) -> pd.DataFrame:
    """What a detector may know at the moment of a payment, in steps."""
    since_s = frame.groupby("card_id")["time"].diff().dt.total_seconds().fillna(10**7)
    return pd.DataFrame(
        {
            "amount": np.log10(frame["amount"]).round(),
            "since": np.log10(since_s).round(),
            "channel": frame["channel"].astype(str),
        }
    )


def train(frame: pd.DataFrame, reported: pd.Series) -> pd.DataFrame:
    """The share of reported rows among those that are alike: one of every thousand where there were none."""
    seen = features(frame).assign(reported=reported).groupby(["amount", "since", "channel"])["reported"]
    return ((seen.sum() + 0.001) / (seen.count() + 1)).rename("score").reset_index()


def score(model: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """How suspicious each row is."""
    found = features(frame).merge(model, how="left", on=["amount", "since", "channel"])
    return pd.Series(found["score"].fillna(0).to_numpy(), index=frame.index)


def judge(scored: pd.Series, fraud: pd.Series) -> dict[str, float]:
    """What the hundredth of the rows is worth that is most suspicious."""
    top = scored.nlargest(max(len(scored) // 100, 1)).index
    return {"precision": float(fraud[top].mean()), "recall": float(fraud[top].sum() / max(fraud.sum(), 1))}


if __name__ == "__main__":
    output = synth.open("out")
    rows, reports = output.to_pandas(), output.tables["label_events"].to_pandas()
    known = reports.loc[reports["known_at"] < SPLIT, "event_id"]  # what comes later nobody knew that day
    past, later = rows[rows["time"] < SPLIT], rows[rows["time"] >= SPLIT]
    model = train(past, past["event_id"].isin(known))
    worth = judge(score(model, later), later["fraud_label"] == 1)
    print({name: round(value, 3) for name, value in worth.items()})
