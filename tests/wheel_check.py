"""Build the wheel from the source distribution, install it alone, and see that it makes the checkout's bytes.

See its own plugins asleep, wake them, and install plugin packages beside it, as strangers would: those of plugins/ from
their folders, and new ones of every kind.

python -m tests.wheel_check
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

from synth.cli.scaffold import GROUPS
from tests import readme_commands
from tests.readme_commands import PLAIN

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("synth-velocity", "synth-sqlite")  # of plugins/, those that are not in the wheel
SINKS = ("sqlite", "duckdb", "delta", "iceberg")  # of plugins/, those that need no server
LIBRARIES = {"kafka": "confluent-kafka", "postgres": "psycopg", "duckdb": "duckdb", "delta": "deltalake"}
LIBRARIES |= {"iceberg": "pyiceberg"}  # sink of the wheel → a library that it needs
SMALL_RUN = ("run", "scenario=card_chain", "generator.transactions=20000", "block_rows=5000")


def call(*command: str | Path, cwd: Path) -> None:
    """Run a command away from the checkout; its output is shown only when it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"wheel: {' '.join(map(str, command))}\n{done.stdout}\nexit code {done.returncode}"
        raise SystemExit(message)


def build_wheel(directory: Path) -> Path:
    """Build sdist, then the wheel out of it, so that both are known to be complete; return the wheel."""
    call(sys.executable, "-m", "build", "--installer", "uv", "--outdir", directory, ROOT, cwd=directory)
    (wheel,) = directory.glob("*.whl")
    return wheel


def check_sdist(directory: Path) -> None:
    """The source distribution holds every committed file, and tests run in it that read the whole tree."""
    (archive,) = directory.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(directory, filter="data")
    tree = directory / archive.name.removesuffix(".tar.gz")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    missing = [name for name in listed.stdout.splitlines() if (ROOT / name).exists() and not (tree / name).exists()]
    if missing:
        raise SystemExit(f"wheel: the source distribution lacks {', '.join(missing)}")
    golden = "tests/test_golden.py::test_the_digest_stays[people in words]"
    tests = ("tests/test_repository.py", "tests/test_house.py", golden, "tests/tables/test_registry.py")
    call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=tree)


def check_contents(wheel: Path) -> None:
    """The wheel carries its licenses, and says of each package that it is typed."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    typed = {name.partition("/")[0] for name in names if name.endswith("/py.typed")}
    packages = {name.partition("/")[0] for name in names if name.endswith("/__init__.py")}
    carried = {Path(name).name for name in names if ".dist-info/licenses/" in name}
    if typed != packages or carried != {"LICENSE", "NOTICE"}:
        raise SystemExit(f"wheel: typed are {typed} of {packages}, and the licenses are {carried}")


def install_wheel(wheel: Path, environment: Path) -> Path:
    """Install the wheel with the pinned dependencies into a new environment; return its bin directory."""
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    call(uv, "pip", "install", "--python", python, "-c", ROOT / "constraints.txt", wheel, cwd=environment)
    return python.parent


def list_digests(node: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Walk a manifest and yield (path, value) of everything that is called a digest."""
    if isinstance(node, dict):
        for key, child in node.items():
            if "digest" in str(key):
                yield f"{path}.{key}", child
            else:
                yield from list_digests(child, f"{path}.{key}")
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from list_digests(child, f"{path}[{position}]")


def run_small(binaries: Path, directory: Path, *overrides: str) -> dict[str, object]:
    """Make a small run into ``directory`` and return the digests of its manifest."""
    directory.mkdir()
    call(binaries / "synth", *SMALL_RUN, *overrides, f"sink.parquet.uri={directory / 'out'}", cwd=directory)
    manifest = json.loads((directory / "out" / "_manifest.json").read_text(encoding="utf-8"))
    digests = dict(list_digests(manifest))
    if not digests:
        message = "wheel: the manifest holds no digest"
        raise SystemExit(message)
    return digests


def install(binaries: Path, directory: Path, *packages: str | Path) -> None:
    """Install something beside the wheel; versions are pinned."""
    uv = Path(sys.executable).parent / "uv"
    pinned = (uv, "pip", "install", "--python", binaries / "python", "-c", ROOT / "constraints.txt")
    call(*pinned, *packages, cwd=directory)


def ask(binaries: Path, directory: Path, *words: str) -> str:
    """What the installed synth prints."""
    return subprocess.run(
        [str(binaries / "synth"), *words], cwd=directory, capture_output=True, text=True, check=True
    ).stdout


def check_sleepers(binaries: Path, directory: Path) -> None:
    """Where the wheel is alone, the plugins in it are listed, and a recipe that uses one is told what to install."""
    listed = ask(binaries, directory, "list", "sink")
    for sink, library in LIBRARIES.items():
        [line] = [line for line in listed.splitlines() if line.startswith(f"sink={sink} ")]
        if "asleep: needs" not in line or library not in line:
            raise SystemExit(f"wheel: synth list does not say what sink={sink} needs: {line}")
        done = subprocess.run(
            [binaries / "synth", "validate", f"sink={sink}"], cwd=directory, capture_output=True, text=True, check=False
        )
        told = " ".join(done.stderr.split())
        if done.returncode != 2 or f"sink={sink} needs" not in told or "pip install" not in told:
            raise SystemExit(f"wheel: validate sink={sink} ended with {done.returncode} and says: {told}")
    call(binaries / "synth", "doctor", cwd=directory)


def check_plugins(binaries: Path, directory: Path, wheel: Path, ours: dict[str, object]) -> None:
    """Plugins awake, and packages from their folders: they offer what they have, and touch no recipe without them."""
    install(binaries, directory, f"synth-fraud[all] @ {wheel.as_uri()}")
    install(binaries, directory, *(ROOT / "plugins" / package for package in PACKAGES))
    if run_small(binaries, directory / "unused") != ours:
        raise SystemExit("wheel: installed plugins change the bytes of a recipe that does not use them")
    told = {
        "option": ask(binaries, directory, "list", "scenario"),
        "help": ask(binaries, directory, "describe", "velocity"),
        "schema": ask(binaries, directory, "schema", "config"),
        "completion": ask(binaries, directory, "completion", "query", "run scenario=velocity_"),
        "list": ask(binaries, directory, "plugins", "list"),
    }
    wanted = {
        "option": ["scenario=velocity_fast", "scenario=velocity "],
        "help": ["mean_gap_s", "purchases.min"],
        "schema": [
            '"scenario.velocity"',
            *(f'"sink.{sink}"' for sink in (*SINKS, "postgres", "kafka")),
            '"mean_gap_s"',
        ],
        "completion": ["scenario=velocity_fast", "scenario=velocity_slow"],
        "list": [*PACKAGES, "kafka ", "lakehouse ", "prometheus ", "sql "],
    }
    for where, words in wanted.items():
        for word in words:
            if word not in told[where]:
                raise SystemExit(f"wheel: {where} of an installed plugin lacks {word!r}:\n{told[where]}")
    place = directory / "used"
    recipe = ["scenario=[card_chain,velocity_fast]", f"sink=[parquet,{','.join(SINKS)}]"]
    recipe += [f"sink.{sink}.uri={place / sink}" for sink in SINKS]
    if run_small(binaries, place, *recipe) == ours:
        raise SystemExit("wheel: the plugin's scenario changes nothing")
    for output in ("out", *SINKS):
        call(binaries / "synth", "verify", place / output, cwd=directory)


def check_host(binaries: Path, directory: Path) -> None:
    """A Hydra application that composes synth's choices, by its search path and by the store, without a warning."""
    host = shutil.copytree(ROOT / "tests" / "host", directory / "host", ignore=shutil.ignore_patterns("__pycache__"))
    for config in ("config", "stored"):
        words = (f"--config-name={config}", f"out=data_{config}")
        call(binaries / "python", "-W", "error", "app.py", *words, cwd=host)
    code = "from importlib.resources import files; assert files('synth.conf').joinpath('config.yaml').is_file()"
    call(binaries / "python", "-W", "error", "-c", code, cwd=directory)


def check_scaffolds(binaries: Path, directory: Path) -> None:
    """A new package of each kind, all installed together, and new projects: green at once, by their own tests."""
    names = {kind: f"fresh_{kind}" for kind in GROUPS}
    packages = {kind: directory / f"synth-fresh-{kind}" for kind in GROUPS}
    for kind, name in names.items():
        call(binaries / "synth", "plugins", "new", name, "--kind", kind, "--package", cwd=directory)
    install(binaries, directory, "pytest", *packages.values())
    call(binaries / "pytest", "-q", "-p", "no:cacheprovider", *packages.values(), cwd=directory)
    call(binaries / "synth", "plugins", "check", names["injector"], cwd=directory)
    presets = [f"{group}={names[kind]}_preset" for kind, group in GROUPS.items()]
    call(binaries / "synth", "validate", *presets, cwd=directory)
    for template in ("fraud", "plugin"):
        name = f"first_{template}"
        call(binaries / "synth", "init", name, "--template", template, cwd=directory)
        if template == "plugin":
            install(binaries, directory, directory / name)
        call(binaries / "pytest", "-q", "-p", "no:cacheprovider", "tests/test_recipe.py", cwd=directory / name)


def check_page(directory: Path) -> None:
    """Every line of docs/install.md, of what is committed, on a machine with Python, uv, git and make, and no synth.

    ``make run`` makes a small run here, by ``ARGS``, and its real one in ``make readme``; pip leaves it to Python to
    compile what is imported, for which this variable has to be false; and make is none that another make started.
    """
    if not (ROOT / ".git").exists():
        print("wheel: docs/install.md is not run: this is no clone")
        return
    tools = directory / "tools"
    tools.mkdir()
    own = Path(sys.executable).parent
    for name, target in (("python3", Path(sys.base_prefix) / "bin/python3"), ("uv", own / "uv"), ("uvx", own / "uvx")):
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.quote(str(target))} "$@"\n')
        (tools / name).chmod(0o755)
    foreign = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    kept = {key: value for key, value in os.environ.items() if key not in foreign}
    places = {"UV_TOOL_DIR": str(directory / "uv-tools"), "UV_TOOL_BIN_DIR": str(tools)}
    cheap = {"PIP_NO_COMPILE": "0", "ARGS": " ".join(SMALL_RUN[2:])}
    path = os.pathsep.join([str(tools), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = kept | places | cheap | PLAIN | {"PATH": path}
    if readme_commands.check_page(ROOT / "docs/install.md", environment, {"REPOSITORY": ROOT.as_uri()}):
        raise SystemExit("wheel: docs/install.md does not hold")


def main() -> None:
    """Check the wheel; leave with a message at the first thing that is wrong."""
    with tempfile.TemporaryDirectory(prefix="synth-wheel-") as name:
        directory = Path(name)
        wheel = build_wheel(directory)
        check_contents(wheel)
        check_sdist(directory)
        binaries = install_wheel(wheel, directory / "venv")
        for script in ("synth", "synth-fraud"):
            call(binaries / script, "--help", cwd=directory)
        call(binaries / "synth", "validate", "scenario=card_chain", cwd=directory)
        ours = run_small(Path(sys.executable).parent, directory / "checkout")
        theirs = run_small(binaries, directory / "wheel")
        if ours != theirs:
            message = f"wheel: its bytes differ from the checkout's\n  checkout {ours}\n  wheel    {theirs}"
            raise SystemExit(message)
        check_sleepers(binaries, directory)
        check_host(binaries, directory)
        check_plugins(binaries, directory, wheel, ours)
        check_scaffolds(binaries, directory)
        check_page(directory)
        print(f"wheel: {wheel.name} makes the checkout's bytes, alone and beside plugins; new packages are green")


if __name__ == "__main__":
    main()
