"""The beginning of a plugin: a module that works, under the author's name; alone, or as a package around it.

The modules beside this one are the text: whole plugins that are checked like any other code, named ``my_<kind>``.
"""

import keyword
import re
import sys
from functools import cache
from string import Template

from synth import __version__
from synth.errors import PluginError

#: Kind of component → the config group that its choices are in.
GROUPS = {
    "injector": "scenario",
    "claimer": "scenario",
    "generator": "generator",
    "sink": "sink",
    "amount": "amount",
    "runner": "runner",
}

#: Word for a kind → the kind; the name of its group is understood, too, as the first kind of it.
KINDS = {kind: kind for kind in GROUPS} | {group: kind for kind, group in reversed(GROUPS.items())}


#: What projects are for → what one is; each has its files in ``synth/cli/projects``.
TEMPLATES = {
    "fraud": "a small world with a fraud scenario of your own, and the beginning of a pattern in Python",
    "stream": "a labelled stream with late, doubled and dropped events",
    "course": "a small data set with an exercise, for a lesson",
    "plugin": "a package with a fraud pattern, which can be built and installed",
    "ml": "data to train and judge a detector with, and a detector",
}

#: Names that YAML reads as something else, or whose class would hide one that the templates import.
_TAKEN = {
    "null",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "spec",
    "keys",
    "events",
    "batch",
    "table",
    "context",
    "world",
    "column",
}


def write_module(name: str, kind: str) -> dict[str, str]:
    """A plugin in one file: file name → text.

    Raises:
        PluginError: the name cannot be one.
    """
    return {f"{checked(name)}.py": _module(name, kind)}


def write_package(name: str, kind: str) -> dict[str, str]:
    """A plugin as a package that can be built, installed and tested: path → text.

    Raises:
        PluginError: the name cannot be one.
    """
    checked(name)
    group, module, project = GROUPS[kind], f"synth_{name}", f"synth-{name.replace('_', '-')}"
    words = {
        "name": name,
        "kind": kind,
        "camel": _camel(name),
        "contract": f"{kind.capitalize()}Contract",
        "group": group,
        "module": module,
        "project": project,
        "needs": needed(),
    }
    roots = (
        '\n\n@hookimpl\ndef synth_config_roots() -> list[str]:\n    """Its presets."""\n    return ["pkg://{}.conf"]\n'
    )
    package = f"# @package {group}.{name}_preset\n" if group in ("scenario", "sink") else ""
    return {
        f"{project}/pyproject.toml": _PYPROJECT.substitute(words),
        f"{project}/README.md": _README.substitute(words),
        f"{project}/{module}/__init__.py": _module(name, kind) + roots.format(module),
        f"{project}/{module}/py.typed": "",
        f"{project}/{module}/conf/{group}/{name}_preset.yaml": package + _PRESET.substitute(words),
        f"{project}/tests/test_{name}.py": _TEST.substitute(words),
    }


def needed() -> str:
    """The versions of synth that a beginning is for."""
    major, minor = __version__.split(".")[:2]
    return f">={major}.{minor},<{major}.{int(minor) + 1}"


def renamed(text: str, old: str, new: str) -> str:
    """A text in which a name is another one, however it is written there."""
    for write in (str, _camel, _spoken):
        text = text.replace(write(old), write(new))
    return text


def checked(name: str) -> str:
    """The name, if Python, YAML and the packages of this machine leave it free.

    Raises:
        PluginError: they do not.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) or keyword.iskeyword(name) or keyword.iskeyword(_camel(name)):
        near = re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_0123456789").lower()[:60]
        hint = f", such as {near}" if near and near != name else ""
        raise PluginError(f"{name!r} cannot name a plugin: small letters, digits and _, a letter first{hint}")
    if name in _TAKEN or name in sys.stdlib_module_names or name in _installed_modules():
        raise PluginError(f"{name!r} cannot name a plugin: it means something else to Python or YAML; add a word")
    return name


@cache
def _installed_modules() -> frozenset[str]:
    """The modules of every installed package; listed once, which reads what each package has."""
    from importlib import metadata

    return frozenset(metadata.packages_distributions())


def _module(name: str, kind: str) -> str:
    from importlib.resources import files

    text = files("synth.cli.scaffold").joinpath(f"my_{kind}.py").read_text(encoding="utf-8")
    return renamed(text, f"my_{kind}", name)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


_PYPROJECT = Template("""\
[build-system]
requires = ["hatchling>=1.27,<2"]
build-backend = "hatchling.build"

[project]
name = "$project"
version = "0.1.0"
description = "A plugin of synth: $kind $name"
requires-python = ">=3.11"
dependencies = ["numpy>=2.1,<3", "pyarrow>=20", "pydantic>=2.10,<3", "synth-fraud$needs"]

[project.optional-dependencies]
test = ["pytest>=8.4"]

[project.entry-points.synth]
$name = "$module"

[tool.hatch.build.targets.wheel]
only-include = ["$module"]

[tool.mypy]
strict = true

[[tool.mypy.overrides]]
module = "pyarrow.*"   # it has no types
ignore_missing_imports = true
""")

_README = Template("""\
# $project

A plugin of synth: $kind `$name`. In this folder, where synth is installed:

```console
$$ pip install -e '.[test]'
$$ pytest
$$ synth plugins check $name
$$ synth preview $group=$name
```

`synth describe $name` explains its keys, `synth list $group` its presets; they are the files in `$module/conf/`.
""")

_PRESET = Template("""\
# What this preset is for
defaults:
  - $name@_here_        # starts from the defaults of the class; write below what differs
  - _self_
""")

_TEST = Template('''\
"""$name keeps every rule of its kind."""

from synth.testing import $contract


class Test$camel($contract):
    """Each check is a test of its own."""

    kind = "$name"
''')
