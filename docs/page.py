"""Pages that are written from the code: put in place, or with --check compared with what is there."""

import difflib
import sys
from pathlib import Path


def publish(name: str, text: str) -> int:
    """Writes a page beside this file, or says how it differs; returns the exit code."""
    page = Path(__file__).parent / name
    if "--check" not in sys.argv:
        page.write_text(text)
        return 0
    kept = page.read_text() if page.is_file() else ""
    if kept == text:
        return 0
    print(f"{page} is out of date: run python {sys.argv[0]}", file=sys.stderr)
    sys.stderr.writelines(difflib.unified_diff(kept.splitlines(True), text.splitlines(True), "kept", "written", n=0))
    return 1
