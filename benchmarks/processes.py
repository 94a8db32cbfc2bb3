"""Own memory of processes that map one shipment: python benchmarks/processes.py [customers] [processes]

Each tells of what is its own, and of no other process (/proc/self/smaps_rollup, Linux): with all libraries imported,
with the shipment loaded, and once a block was made and let go of. What it shares with the others is not in it.
"""

import gc
import subprocess
import sys
import tempfile
from pathlib import Path


def own_mb() -> dict[str, float]:
    """Megabytes: what no other process has, of that what is no file's, and its share of all that it has."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    kb = {name: int(value) for name, value in (line.removesuffix(" kB").split(":") for line in lines)}
    own = kb["Private_Clean"] + kb["Private_Dirty"]
    return {"own": own / 1024, "of it memory": kb["Anonymous"] / 1024, "share of all": kb["Pss"] / 1024}


def save(path: str, customers: int) -> None:
    """Plans ``retail_us`` for so many customers, and saves what a worker gets."""
    from synth.config.recipe import load_recipe
    from synth.contracts.shipment import Shipment
    from synth.engine.elsewhere import look_up
    from synth.engine.prepare import prepare

    people = [f"population.customers.number={customers}", f"population.cards={customers * 6 // 5}"]
    prepared = prepare(load_recipe(["experiment=retail_us", "generator.transactions=20000000", *people])[0])
    look_up(prepared.plan, prepared.make_block.clicks)
    Shipment(prepared.make_block).save(path)


def work(path: str, block: str) -> None:
    """Loads, makes a block, and tells of each, when it is asked."""
    import pandas as pd
    import pyarrow as pa

    import synth.engine.write
    from synth.contracts.shipment import Shipment

    assert pd, "whatever a worker imports is there before anything is measured"
    assert synth.engine.write
    print(own_mb(), flush=True)
    input()
    shipment = Shipment.load(path)
    print(own_mb(), flush=True)
    input()
    shipment.work(int(block))
    gc.collect()
    pa.default_memory_pool().release_unused()
    print(own_mb(), flush=True)
    input()


def main(customers: int = 1_000_000, processes: int = 3) -> None:
    """Prints a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "shipment")
        subprocess.run([sys.executable, __file__, "save", path, str(customers)], check=True)
        print(
            f"{customers:,} customers, a shipment of {Path(path).stat().st_size / 1e6:,.0f} MB, {processes} processes"
        )
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        crew = [
            subprocess.Popen([sys.executable, __file__, "work", path, str(block)], **pipes)  # type: ignore[call-overload]
            for block in range(processes)
        ]
        for step in ("imported", "loaded", "after a block"):
            for worker in crew:
                told = worker.stdout.readline().strip()
                print(f"{step:14} {told}")
            for worker in crew:
                worker.stdin.write("\n")
                worker.stdin.flush()
        for worker in crew:
            worker.wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["save", path, customers]:
            save(path, int(customers))
        case ["work", path, block]:
            work(path, block)
        case numbers:
            main(*map(int, numbers))
