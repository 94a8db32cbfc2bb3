"""Writes docs/plugin-directory.md from the folders of plugins/: python docs/write_plugins.py [--check]"""

import ast
import tomllib
from pathlib import Path

from page import publish
from write_reference import table

from synth.config.catalog import HOOKS, load_catalog

ROOT = Path(__file__).resolve().parents[1]

INTRO = """\
# Plugins that there are

Written by `docs/write_plugins.py` from `plugins/`; do not edit.
"""

OUTRO = """\
## Yours

A plugin needs no permission: a package with the entry point `synth` is found wherever it is installed
([how](plugins.md)). What helps others to trust it:

* `synth plugins check` holds, and your tests run [the kit](testing.md);
* `synth_api = ">=1.0,<2"` says which hooks it needs ([what stays](stability.md));
* its README says what a pattern's numbers come from, and `expected_signal` what it may tell;
* its name is not `synth-` followed by what comes with synth.

To be listed here, propose a folder with a README below `plugins/`.
"""


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    offered = provided()
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["synth"]
    extras = {module.split()[0]: f"`{module.partition('[')[2].rstrip(']')}`" for module in entries.values()}
    within = [
        [
            f"[{name}](../plugins/{name}/README.md)",
            extra,
            offered.get(name, "metrics"),
            summary(ROOT / f"plugins/{name}/README.md"),
        ]
        for name, extra in sorted(extras.items())
    ]
    packages = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
    apart = [[f"[{p.name}](../plugins/{p.name}/README.md)", summary(p / "README.md")] for p in packages]
    examples = sorted(ROOT.glob("plugins/examples/*.py"))
    files = [[f"[{p.name}](../plugins/examples/{p.name})", docstring(p)] for p in examples]
    lines = [
        INTRO,
        "## In the wheel\n\nEach wakes up where the libraries of its extra are ([install](install.md)).\n",
        *table(["plugin", "extra", "brings", "what it is"], within),
        "## Packages of their own\n\nInstalled from their folders: `pip install ./plugins/NAME` in a checkout.\n",
        *table(["package", "what it is"], apart),
        "## Single files\n\nGiven by `--plugin FILE`, or copied and changed.\n",
        *table(["file", "what it is"], files),
        OUTRO,
    ]
    return publish("plugin-directory.md", "\n".join(lines))


def provided() -> dict[str, str]:
    """Package → its choices."""
    catalog = load_catalog()
    found: dict[str, list[str]] = {}
    for group in HOOKS:
        for kind, claims in catalog.kinds[group].items():
            package = claims[0][1].config.__module__.partition(".")[0]
            found.setdefault(package, []).append(f"`{group}={kind}`")
    return {package: ", ".join(sorted(choices)) for package, choices in found.items()}


def summary(page: Path) -> str:
    """The first sentence below the title, without links."""
    text = page.read_text().split("\n\n")[1].replace("[synth](../../README.md)", "synth")
    return " ".join(text.split())


def docstring(module: Path) -> str:
    """Its first line."""
    return (ast.get_docstring(ast.parse(module.read_text())) or "").partition("\n")[0]


if __name__ == "__main__":
    raise SystemExit(main())
