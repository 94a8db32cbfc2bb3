"""The control world: the same recipe without any scenario."""

import numpy as np
import pandas as pd

from synth.engine.prepare import prepare
from synth.testing.bench import Size, TestBench
from synth.testing.contract import Broken
from synth.testing.runs import frame_of, transactions_of

#: What fraud rows may change in genuine ones: their position, and what says that they are genuine.
_FREE = ("event_id", "fraud_label", "scenario", "episode_id", "role")


def control_of(bench: TestBench, size: Size) -> pd.DataFrame:
    """Its transactions, shared between checks."""

    def make() -> pd.DataFrame:
        return transactions_of(prepare(bench.build(bench.config(size) | {"scenario": {}})))

    return bench.keep(("control", size), make)


def require_control_world(bench: TestBench, size: Size, mode: str = "") -> None:
    """Compares the genuine rows of a run with all rows of the control world.

    Args:
        mode: what the config of the only scenario says; empty for nothing.

    Raises:
        Broken: a genuine row is none of the control world's, or there are too few or too many of them.
    """
    components = bench.prepared(size).make_block.components
    replaces = next(iter(components.injectors.values())).replaces
    mode = mode or ("replace" if replaces else "add")
    if (mode == "replace") != replaces:
        raise Broken(f"its config says {mode}, the injector's replaces is {replaces}", f"mode {mode}")
    frame, control = frame_of(bench, size), control_of(bench, size)
    shown = [column for column in control.columns if column not in _FREE]
    genuine = frame.loc[frame.fraud_label == 0, shown].reset_index(drop=True)
    wanted = len(control) - (len(frame) - len(genuine) if replaces else 0)
    if len(genuine) != wanted:
        raise Broken(f"{len(genuine):,} genuine rows of {len(control):,} instead of {wanted:,}", f"mode {mode}")
    side = genuine.merge(control[shown], how="left", indicator="side").side
    changed = np.flatnonzero(side.to_numpy() != "both")
    if changed.size:
        row = genuine.iloc[changed[0]]
        where = f"mode {mode}, time {row.time}, card {row.card_id}"
        raise Broken(f"{changed.size:,} genuine rows are not those of the control world", where)
