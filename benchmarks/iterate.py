"""Goes through the transactions of a plan, a block at a time, and keeps nothing: ``python benchmarks/iterate.py ROWS``."""

import sys

import synth


def main() -> None:
    """Counts what comes."""
    plan = synth.plan("scenario=card_chain", f"generator.transactions={sys.argv[1]}")
    rows = sum(block.num_rows for block in plan.blocks())
    print(f"{rows:,} rows")


if __name__ == "__main__":
    main()
