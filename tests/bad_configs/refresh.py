"""Rewrites the texts. Read each change: somebody will see it on a bad day.

python -m tests.bad_configs.refresh
"""

import tempfile
from pathlib import Path

from tests.bad_configs.cases import CASES
from tests.bad_configs.messages import HERE, expected, refusal
from tests.bad_configs.pinned import hide_columns

if __name__ == "__main__":
    for stale in HERE.glob("*.out"):
        stale.unlink()
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as directory:
            error = refusal(case, Path(directory))
        expected(name).write_text(hide_columns(f"{error}\n") if error else "TAKEN\n", encoding="utf-8")
