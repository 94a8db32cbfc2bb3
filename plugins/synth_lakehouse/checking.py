"""What ``synth verify`` asks of lake tables: whether their logs and catalogs name the files that the manifest names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from synth import Output
from synth_lakehouse.delta import DeltaTables
from synth_lakehouse.iceberg import IcebergTables

if TYPE_CHECKING:
    from synth_lakehouse.lake import LakeTables

_HOW = "a run was published half-way, or somebody rewrote the table"


def check_tables(output: Output) -> Iterator[str]:
    """Opens each table as its readers do, an Iceberg table through its catalog, and yields what is not as it should be.

    Files are compared by name: a table that somebody compacted holds the same rows in other files, and is told, too.
    """
    sink = output.manifest["sink"]
    lake: LakeTables = DeltaTables(output.uri)
    if sink["kind"] == "iceberg":
        lake = IcebergTables(output.uri, sink.get("catalog"), str(sink.get("namespace")))
    adds, run = sink.get("if_exists") == "append", output.manifest["fingerprint"]
    runs = {}
    for name, entry in output.manifest["tables"].items():
        if lake.schema(name) is None:
            yield f"there is no table {name!r}"
            continue
        found, wanted = lake.files(name), {file["name"] for file in entry["files"]}
        runs[name] = lake.runs(name)
        if entry["rows"] and not found & wanted:
            yield f"table {name!r} holds no file of the manifest: {_HOW}"
        elif entry["rows"] and not wanted <= found and not adds:
            yield f"table {name!r} lacks {min(wanted - found)}: {_HOW}"
        elif found - wanted and not adds:
            yield f"table {name!r} holds {min(found - wanted)}, too: {_HOW}"
    whole = set().union(*runs.values())
    for each in sorted(whole):
        lacking = sorted(name for name, held in runs.items() if each not in held)
        if lacking:
            who = "this run" if run.startswith(each) else f"run {each}"
            yield f"{who} is not in table {lacking[0]!r}: it was published half-way; run it again"
