"""How Sphinx makes a site of the pages: see docs/decisions/0036-the-site-is-made-by-sphinx.md; built by ``make site``.

The pages are the Markdown files of the repository, where they stand. The navigation is docs/index.md: each of its
headings with the links in the list below it. Beside each page lies its Markdown, and ``llms.txt`` lists all of them.
"""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

project = "synth"
author = "The synth authors"
copyright = author
release = version = re.findall(r'__version__ = "(.+)"', (ROOT / "synth/__init__.py").read_text())[0]

extensions = ["myst_nb"]
include_patterns = ["*.md", "docs/**.md", "docs/**.ipynb", "benchmarks/README.md", "plugins/*/README.md"]
# The page of the package index repeats README.md; a template is no decision.
exclude_patterns = [
    ".*",
    "build",
    "dist",
    "runs",
    "data",
    "docs/package.md",
    "docs/decisions/0000-template.md",
    "docs/site",
]
root_doc = "docs/index"
nitpicky = True
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "off"  # tests execute the notebooks; the site shows what they left
suppress_warnings = ["misc.highlighting_failure"]  # what a command prints is no language

html_theme = "furo"
html_title = f"synth {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/icon.svg"
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
ENTRY = re.compile(r"^\* \[(.+?)\]\((.+?)\.(?:md|ipynb)\)(.*)$", re.MULTILINE)


def sections() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The navigation: heading → title, page below docs/ without suffix, and what the list says of it."""
    _, *parts = HEADING.split((ROOT / "docs/index.md").read_text(encoding="utf-8"))
    return [(head, ENTRY.findall(body)) for head, body in zip(parts[::2], parts[1::2], strict=True)]


def add_navigation(_app: Sphinx, name: str, source: list[str]) -> None:
    """The lists of links become the sidebar; plain Markdown knows no such thing."""
    if name == root_doc:
        for head, entries in sections():
            pages = "\n".join(f"{title} <{page}>" for title, page, _ in entries)
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {head}\n\n{pages}\n```\n"
    elif name == "docs/decisions/README":
        source[0] += "\n\n```{toctree}\n:glob:\n:maxdepth: 1\n\n0*\n```\n"


def add_markdown(app: Sphinx, failure: Exception | None) -> None:
    """Each page as it was written, and a list of them for programs that read."""
    if failure or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in app.env.found_docs:
        shutil.copy(app.env.doc2path(name), out / Path(app.env.doc2path(name, base=False)))
    lines = ["# synth", "", "> A declarative simulator of labelled payment events, with exact ground truth."]
    for head, entries in sections():
        lines += ["", f"## {head}", ""]
        for title, page, told in entries:
            [file] = [
                each
                for each in (Path("docs") / f"{page}.md", Path("docs") / f"{page}.ipynb")
                if (ROOT / each).is_file()
            ]
            lines.append(f"- [{title}]({_plain(file)}){told}")
    (out / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plain(path: Path) -> str:
    """``docs/../README.md`` is ``README.md``."""
    return (ROOT / path).resolve().relative_to(ROOT).as_posix()


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", add_navigation)
    app.connect("build-finished", add_markdown)
    return {"parallel_read_safe": True}
