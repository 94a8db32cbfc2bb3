"""How much fraud does a rule find? Run ``synth run experiment=my_project`` first, then ``python exercise.py``."""

import pandas as pd

import synth


def find(frame: pd.DataFrame) -> pd.Series:
    """What looks like fraud. The exercise: find more of it, with fewer false alarms."""
    return frame["TX_AMOUNT"] > 220


def judge(suspected: pd.Series, frame: pd.DataFrame) -> dict[str, float]:
    """The share of alarms that are right, and the share of fraud that is found."""
    fraud = frame["TX_FRAUD"] == 1
    right = int((suspected & fraud).sum())
    return {"precision": right / max(int(suspected.sum()), 1), "recall": right / max(int(fraud.sum()), 1)}


if __name__ == "__main__":
    transactions = synth.open("out").to_pandas()
    print({name: round(value, 3) for name, value in judge(find(transactions), transactions).items()})
