"""``synth clean``."""

import argparse

from synth.cli import output
from synth.sinks.staging import RECEIPTS
from synth.sinks.stores import clean, find_stagings
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Removes the staging of all recipes in a place; a run that was committed there stays."""
    found = {staging.id: len(staging.list(RECEIPTS)) for staging in find_stagings(args.uri)}
    clean(args.uri)
    told = [f"removed {counted(receipts, 'receipt')} of unfinished run {id_}" for id_, receipts in found.items()]
    data = {"removed": [{"id": id_, "receipts": receipts} for id_, receipts in found.items()]}
    return output.succeed(args, data, "\n".join(told or [f"{args.uri} holds no unfinished run"]))
