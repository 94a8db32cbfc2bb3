"""Builds the documentation into build/site/VERSION, and the door in front of all versions: python docs/site/build.py

A warning is an error. A folder holds one version; those of other versions stay as they are, and are listed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from packaging.version import Version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SITE = ROOT / "build/site"
HEAD = '<meta charset="utf-8"><link rel="icon" href="data:,"><title>synth</title>'
PAGE = f'<!doctype html>\n<html lang="en">{HEAD}{{}}</html>\n'


def main() -> int:
    """Returns Sphinx's exit code."""
    sys.path.insert(0, str(HERE))
    from conf import release

    work = ROOT / "build/sphinx"
    shutil.rmtree(work, ignore_errors=True)
    words = ["-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-d", str(work / "doctrees")]
    done = subprocess.run([sys.executable, *words, "-c", str(HERE), str(ROOT), str(work / "html")], check=False)
    if done.returncode:
        return done.returncode
    out = SITE / release
    shutil.rmtree(out, ignore_errors=True)
    SITE.mkdir(parents=True, exist_ok=True)
    (work / "html").rename(out)
    made = sorted((each.name for each in SITE.iterdir() if each.is_dir()), key=Version, reverse=True)
    door = f'<meta http-equiv="refresh" content="0; url={made[0]}/docs/index.html">'
    (SITE / "index.html").write_text(PAGE.format(f'{door}<a href="{made[0]}/docs/index.html">synth {made[0]}</a>'))
    items = "".join(f'<li><a href="{each}/docs/index.html">synth {each}</a></li>' for each in made)
    (SITE / "versions.html").write_text(PAGE.format(f"<h1>Versions</h1><ul>{items}</ul>"))
    print(f"{SITE / 'index.html'}: {len(list(out.rglob('*.html')))} pages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
