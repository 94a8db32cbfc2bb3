"""Goes through the rows of a plan, block by block, and keeps none: ``python benchmarks/iterate.py ROWS [WORD...]``."""

import sys

import synth


def main() -> None:
    """Counts what comes."""
    plan = synth.plan("scenario=card_chain", f"generator.transactions={sys.argv[1]}", *sys.argv[2:])
    rows = sum(block.num_rows for block in plan.blocks())
    print(f"{rows:,} rows")


if __name__ == "__main__":
    main()
