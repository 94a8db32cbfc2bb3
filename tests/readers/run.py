"""Whether every tool of docs/reading.md opens every table of every format: ``make readers``.

synth makes the places; each tool reads them in a process of an environment of its own, in which synth is not.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import synth
from tests.outputs import read_manifest
from tests.readers.read import READERS, checksum
from tests.worlds import EVERY_TABLE

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-readers/bin/python"
PAGE = ROOT / "docs/reading.md"
PLACES = {
    "parquet": ("parquet", "parts"),
    "csv": ("csv", "file"),
    "csv-parts": ("csv", "parts"),
    "jsonl": ("jsonl", "file"),
    "jsonl-parts": ("jsonl", "parts"),
}
_IN_DAYS = ("parquet", "partition_by=[day]")
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": "cache", "HF_DATASETS_OFFLINE": "1", "TZ": "UTC"}
QUIETLY: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
#: A reader that waits for ever is one that does not read.
TIMEOUT_S = 300
#: pyarrow 26 never ends reading a folder of JSON lines as a dataset; docs/reading.md reads its files one by one.
CANNOT = {("pyarrow", "jsonl-parts")}


def make_places(folder: Path) -> dict[str, dict[str, object]]:
    """What stands in each place."""
    made = synth.plan(*EVERY_TABLE).tables
    values_of = {n: checksum(row.values() for row in table.to_arrow().to_pylist()) for n, table in made.items()}
    expected: dict[str, dict[str, object]] = {}
    for place, (sink, layout) in PLACES.items():
        options = [f"sink.{sink}.layout={layout}"] if sink != "parquet" else []
        synth.run(
            *EVERY_TABLE, f"sink={sink}", f"sink.{sink}.uri={folder / place}", f"sink.{sink}.describe=true", *options
        )
        tables = {}
        for name, entry in read_manifest(folder / place)["tables"].items():
            first = str(entry["files"][0]["name"])
            path = first if layout == "file" else first.rpartition("/")[0]
            columns = [each["name"] for each in entry["columns"]]
            tables[name] = {"path": path, "rows": entry["rows"], "columns": columns, "values": values_of[name]}
            tables[name]["checksum"] = values_of[name] if sink == "parquet" else None
        expected[place] = {"format": sink, "layout": layout, "tables": tables}
    return expected


def make_days(folder: Path) -> dict[str, object]:
    """What a day holds of transactions in folders of days, when all other files have lost their data, but not their
    footers: whoever opens more than that day fails.
    """
    synth.run(*EVERY_TABLE, "sink.parquet.partition_by=[day]", f"sink.parquet.uri={folder / 'days'}")
    day = sorted((folder / "days/transactions").iterdir())[2]
    for file in (folder / "days/transactions").glob("*/*.parquet"):
        if file.parent != day:
            content = file.read_bytes()
            footer = 8 + int.from_bytes(content[-8:-4], "little")
            file.write_bytes(content[:4] + bytes(len(content) - 4 - footer) + content[-footer:])
    rows = sum(pq.read_metadata(file).num_rows for file in day.iterdir())
    return {"day": day.name.removeprefix("day="), "rows": rows}


def blocks_of_the_page() -> dict[str, str]:
    """Section → its Python code."""
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    found = {text.partition("\n")[0]: re.findall(r"^```python\n(.*?)^```", text, re.M | re.S) for text in sections}
    return {name: "".join(code) for name, code in found.items() if code}


def run_page(folder: Path, *, without: str) -> bool:
    """Whether every block of the page runs, as it stands there."""
    recipe = ("scenario=card_chain", "experiment=tiny", "generator.transactions=3000")
    places = {"out": ("parquet",), "raw": ("csv",), "told": ("csv", "describe=true"), "days": _IN_DAYS}
    for place, (sink, *options) in places.items():
        words = [f"sink.{sink}.{each}" for each in (f"uri={folder / place}", *options)]
        synth.run(*recipe, f"sink={sink}", *words, overwrite=True)
    good = True
    for section, code in blocks_of_the_page().items():
        if section.lower() == without:
            continue
        python = sys.executable if section == "synth" else PYTHON
        done = subprocess.run(
            [python, "-c", code], cwd=folder, env=os.environ | OFFLINE, timeout=TIMEOUT_S, check=False, **QUIETLY
        )
        print(f"docs/reading.md: {section}: {'runs' if done.returncode == 0 else done.stdout}")
        good &= done.returncode == 0
    return good


def main() -> int:
    """The exit code is 1 if a reader fails, or cannot be tried where it has to be."""
    failed, folder = False, Path(tempfile.mkdtemp())
    without = "" if shutil.which("java") else "spark"
    try:
        expected = make_places(folder) | {"days": make_days(folder)}
        for reader in READERS:
            if reader == without:
                print("spark: not tried, for there is no Java here: apt-get install openjdk-17-jre-headless")
                failed |= os.environ.get("SYNTH_REQUIRE_SERVERS") == "1"
                continue
            told = {place: each for place, each in expected.items() if (reader, place) not in CANNOT}
            (folder / "expected.json").write_text(json.dumps(told))
            command = [str(PYTHON), str(ROOT / "tests/readers/read.py"), reader, "expected.json"]
            try:
                done = subprocess.run(
                    command, cwd=folder, env=os.environ | OFFLINE, timeout=TIMEOUT_S, check=False, **QUIETLY
                )
                print(f"{reader}: {done.stdout}" if done.returncode else done.stdout.splitlines()[-1])
                failed |= done.returncode != 0
            except subprocess.TimeoutExpired:
                print(f"{reader}: not done after {TIMEOUT_S} s")
                failed = True
        failed |= not run_page(folder, without=without)
    finally:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
