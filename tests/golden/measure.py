"""What a golden run is measured by."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from synth import run

GOLDEN = Path(__file__).parent / "digests.json"


def measure(overrides: tuple[str, ...], directory: Path) -> dict[str, Any]:
    """Rows and content digest of each table, read from the manifest of a real output."""
    manifest = run(*overrides, f"sink.parquet.uri={directory / 'out'}").manifests["parquet"]
    tables = {name: {"rows": t["rows"], "digest": t["digest"]} for name, t in sorted(manifest["tables"].items())}
    return {"digest": manifest["digest"], "fraud": manifest["counts"]["fraud"], "tables": tables}


def versions() -> dict[str, str]:
    """Of the libraries that draw."""
    return {name: metadata.version(name) for name in ("numpy", "faker")}


def read_golden() -> dict[str, Any]:
    golden: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return golden
