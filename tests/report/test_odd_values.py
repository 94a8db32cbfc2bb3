"""Reports and lint on files of other people whose values are odd: each is told, or refused in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from synth.check.foreign import CALLED
from tests.cli.commands import synth

#: What may stand in a row of a column.
ODD: dict[str, Callable[[Any], Any]] = {
    "empty": lambda _: None,
    "long": lambda _: "x" * 30_000,
    "nested": lambda value: [value],
}
COLUMNS = (*CALLED, "more")


def rows(column: str, odd: str) -> pd.DataFrame:
    """Sixty rows with every column that a mapping may name, and one more; one of them is odd in one row, or in all."""
    frame = pd.DataFrame({each: [f"{each}{i % 7}" for i in range(60)] for each in COLUMNS})
    frame["time"] = pd.date_range("2024-01-01", periods=60, freq="7h")
    frame["amount"] = [1.5 + i for i in range(60)]
    frame["label"] = [int(i % 20 == 7) for i in range(60)]
    frame[column] = frame[column].astype(object)
    changed = range(60) if odd == "nested" else [9]
    for row in changed:
        frame.at[row, column] = ODD[odd](frame.at[row, column])
    return frame


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("column", COLUMNS)
def test_an_odd_value_is_told_or_refused(column: str, odd: str, tmp_path: Path) -> None:
    if odd == "long" and column in ("time", "amount", "label"):
        pytest.skip("a text in a column of times, amounts or labels is refused by its type")
    rows(column, odd).to_parquet(tmp_path / "theirs.parquet", index=False)
    named = ", ".join(f"{each}: {each}" for each in CALLED)
    (tmp_path / "theirs.yaml").write_text(f"columns: {{{named}}}\n")
    for command in (("report", "--output", "out.md", "--format", "md"), ("lint",)):
        answer = synth(command[0], "theirs.parquet", "--mapping", "theirs.yaml", *command[1:], cwd=tmp_path)
        assert "internal error" not in answer.err
        assert answer.code in (0, 1, 2), answer.err
        if answer.code == 2:
            assert f"columns.{column}" in answer.err
