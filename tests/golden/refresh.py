"""Rewrites the digests. A commit that carries new ones changes users' data: mark it ``data:`` and tell the changelog.

python -m tests.golden.refresh
"""

import json
import tempfile
from pathlib import Path

from tests.golden.measure import GOLDEN, measure, versions
from tests.golden.runs import RUNS

if __name__ == "__main__":
    runs = {}
    for name, overrides in RUNS.items():
        with tempfile.TemporaryDirectory() as directory:
            runs[name] = measure(overrides, Path(directory))
    GOLDEN.write_text(json.dumps({**versions(), "runs": runs}, indent=1) + "\n", encoding="utf-8")
