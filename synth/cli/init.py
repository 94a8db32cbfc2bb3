"""``synth init``."""

import argparse
import json
from collections.abc import Iterator
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable

from synth.cli import output
from synth.cli.scaffold import checked, needed, renamed, write_module, write_package
from synth.cli.scaffold.files import write_files
from synth.cli.schema import config_schema, file_schema
from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import list_options
from synth.libraries import PACKAGE

#: In the files of a project: its name, and the dot of a hidden one.
_NAME, _DOT = "my_project", "dot_"

#: The folder in which Visual Studio Code looks for a project's settings.
_EDITOR = ".vscode"


def main(args: argparse.Namespace) -> int:
    """Writes a project that runs at once into a new folder."""
    catalog = load_catalog(args.plugin, args.plugins_dir)
    made = {f"{args.name}/{path}": text for path, text in _project(args.name, args.template, catalog).items()}
    write_files(made)
    steps = [f"cd {args.name}", f"synth run experiment={args.name}", "synth verify out"]
    if args.template == "plugin":
        steps.insert(1, "pip install -e '.[test]'")
    shown = dict.fromkeys(f"{args.name}/{_EDITOR}/" if f"/{_EDITOR}/" in path else path for path in made)
    return output.succeed(args, list(made), "\n".join([*shown, "", *steps]))


#: Where synth comes from, if it does not say: no package index has it yet.
_WHERE = f"# No package index has synth yet: elsewhere, as in CI, name a clone instead: {PACKAGE} @ git+REPOSITORY\n"


def _project(name: str, template: str, catalog: Catalog) -> dict[str, str]:
    """Path below the project's folder → text."""
    checked(name)
    root = files("synth.cli") / "projects"
    made = {"requirements.txt": f"{_requirement()}\npytest>=8.4\n"}
    if template == "plugin":
        made = {path.partition("/")[2]: text for path, text in write_package(name, "injector").items()}
        made["requirements.txt"] = f"{_requirement()}\n-e .[test]\n"
    elif template == "fraud":
        made |= write_module(f"{name}_pattern", "injector")
    for folder in (root / "all", root / template):
        made |= {renamed(path, _NAME, name): renamed(text, _NAME, name) for path, text in _texts(folder)}
    return made | _editor(catalog)


def _requirement() -> str:
    """What gives other machines this very synth: the commit of the repository that it was installed from, if it was."""
    try:
        source = json.loads(metadata.distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:  # run from its folder
        source = {}
    if "vcs_info" not in source or source["url"].startswith("file:"):
        return f"{_WHERE}{PACKAGE}{needed()}"
    return f"{PACKAGE} @ {source['vcs_info']['vcs']}+{source['url']}@{source['vcs_info']['commit_id']}"


def _texts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        path = above + entry.name.replace(_DOT, ".", entry.name.startswith(_DOT))
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _texts(entry, f"{path}/")
        else:
            yield path, entry.read_text(encoding="utf-8")


def _editor(catalog: Catalog) -> dict[str, str]:
    """What makes an editor know the keys of each kind of file."""
    groups, composed = list_options(plugin_roots=catalog.config_roots), config_schema(catalog)
    schemas = {group: json.dumps(file_schema(group, composed)) + "\n" for group in groups}
    shown = {f"{_EDITOR}/{group}.json": f"conf/{group}/*.yaml" for group in groups}
    settings = json.dumps({"yaml.schemas": shown}, indent=2) + "\n"
    return {f"{_EDITOR}/{group}.json": text for group, text in schemas.items()} | {f"{_EDITOR}/settings.json": settings}
