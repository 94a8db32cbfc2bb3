"""``synth.open``, ``synth.verify`` and ``synth.stats``: finished outputs."""

from os import PathLike, fspath
from typing import Any

from synth.api.recipes import Paths, as_paths
from synth.api.words import speaking_python
from synth.check.reader import open_output
from synth.check.stats import measure
from synth.check.verify import Report
from synth.check.verify import verify as check
from synth.config.catalog import load_catalog
from synth.contracts.output import Output


@speaking_python
def open(uri: str | PathLike[str], *, plugin_files: Paths = (), plugins_dirs: Paths = ()) -> Output:
    """A finished output: a folder, ``s3://bucket/prefix``, or where a plugin's sink says that it reads.

    >>> output = synth.open("out")
    >>> output.manifest["counts"]["fraud"]
    5
    >>> len(output.tables["labels"].to_pandas())
    5

    Args:
        uri: as ``synth.run`` was told.
        plugin_files, plugins_dirs: as those of ``synth.run``, for a format or a place that only a plugin reads.

    Raises:
        RefusedError: there is no run, it cannot be read, or its manifest was changed.
    """
    return open_output(fspath(uri), load_catalog(as_paths(plugin_files), as_paths(plugins_dirs)))


@speaking_python
def verify(uri: str | PathLike[str], *, plugin_files: Paths = (), plugins_dirs: Paths = ()) -> Report:
    """Reads an output back and checks it against its manifest, its recipe and itself.

    >>> synth.verify("out").ok
    True

    Returns:
        ``checks``, each with ``name``, ``ok`` (None where it could not be made) and ``detail``; ``ok``; ``failed``.

    Args:
        uri, plugin_files, plugins_dirs: as those of ``synth.open``.

    Raises:
        RefusedError: there is no run, or it cannot be read.
    """
    return check(fspath(uri), catalog=load_catalog(as_paths(plugin_files), as_paths(plugins_dirs)))


@speaking_python
def stats(uri: str | PathLike[str], *, plugin_files: Paths = (), plugins_dirs: Paths = ()) -> dict[str, Any]:
    """What an output is like: amounts, rhythm, cards, fraud, beside what its recipe asks for.

    >>> synth.stats("out")["rows"]["found"]
    2000

    Returns:
        Plain data, as ``synth stats --json`` prints it; amounts are in major units.

    Args:
        uri, plugin_files, plugins_dirs: as those of ``synth.open``.

    Raises:
        RefusedError: there is no run, or it cannot be read.
        VerifyError: it is damaged.
    """
    return measure(fspath(uri), catalog=load_catalog(as_paths(plugin_files), as_paths(plugins_dirs)))
