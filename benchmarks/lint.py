"""What `synth lint` takes of a million rows, as a whole process: python benchmarks/lint.py

The rows are made by synth first: people who buy by habit, and cards alone.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SYNTH = str(Path(sys.executable).parent / "synth")

RECIPES = {
    "people": ("experiment=retail_us", "population.customers.number=5250"),
    "cards": ("scenario=card_chain", "generator.transactions=1000000"),
}


def main() -> None:
    """Makes the rows, and measures."""
    print("| rows | findings | cpu s | peak MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        for name, recipe in RECIPES.items():
            subprocess.run([SYNTH, "run", "--quiet", *recipe, f"sink.parquet.uri={place}/{name}"], check=True)
        for name in RECIPES:
            measure(name, f"{place}/{name}")


def measure(name: str, place: str) -> None:
    """One whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [SYNTH, "lint", place], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = done.stdout.splitlines()
    rows = lines[0].partition(" rows")[0]
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    found = next(line for line in lines if " finding" in line and " tests;" in line)
    print(f"| {rows}, {name} | {found.partition(' in ')[0]} | {seconds:.1f} | {after.ru_maxrss / unit:.0f} |")


if __name__ == "__main__":
    main()
