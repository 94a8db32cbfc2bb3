"""Pages that are written from the code: put in place, or with --check compared with what is there."""

import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent


def publish(name: str, text: str) -> int:
    """Writes a page beside this file, or says how it differs; returns the exit code."""
    page = HERE / name
    if "--check" not in sys.argv:
        page.write_text(text)
        return 0
    kept = page.read_text() if page.is_file() else ""
    if kept == text:
        return 0
    print(f"{page} is out of date: run python {sys.argv[0]}", file=sys.stderr)
    sys.stderr.writelines(difflib.unified_diff(kept.splitlines(True), text.splitlines(True), "kept", "written", n=0))
    return 1


def publish_tables(name: str, writer: str, tables: Mapping[str, Sequence[str]]) -> int:
    """The same of a page of which some tables are written from the code, each between its marks."""
    text = (HERE / name).read_text()
    for each, lines in tables.items():
        start, end = f"<!-- {each}: written by docs/{writer} -->\n", f"<!-- end of {each} -->"
        before, _, rest = text.partition(start)
        text = "".join([before, start, "\n".join(lines), rest[rest.index(end) :]])
    return publish(name, text)
