"""``synth.open``, ``synth.verify``, ``synth.stats`` and ``synth.lint``: finished outputs."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from synth.api.recipes import Given, Paths, as_paths, load
from synth.api.words import speaking_python
from synth.check.foreign import read_foreign
from synth.check.reader import open_output
from synth.check.records import Records, read_records
from synth.check.stats import measure
from synth.check.verify import Report
from synth.check.verify import verify as check
from synth.cli.lint import is_place, renamed
from synth.config.catalog import load_catalog
from synth.config.compose import shown
from synth.contracts.output import Output
from synth.engine.trial import tried
from synth.errors import ConfigError, Problem
from synth.leaks import Report as LintReport
from synth.leaks import lint as look_for_leaks


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


@speaking_python
def lint(
    *what: Given | PathLike[str],
    mapping: str | PathLike[str] | None = None,
    plugin_files: Paths = (),
    plugins_dirs: Paths = (),
    config_dirs: Paths = (),
) -> LintReport:
    """Looks for what gives fraud away: in an output, in what a recipe makes, or in files of other people.

    >>> report = synth.lint("scenario=card_chain", "generator.transactions=20000", "scenario.card_chain.ratio=0.02")
    >>> report.ok, [finding.scenario for finding in report.declared]
    (True, ['card_chain'])

    Args:
        what: a place as ``synth.open`` takes it, a recipe as ``synth.run`` does, or files where there is a mapping.
        mapping: a YAML file that says which column of the files is what.
        plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Returns:
        ``findings`` and what is ``declared``, each with ``severity``, ``scenario``, ``feature``, ``message``,
        ``effect``; ``not_checked``; ``ok``.

    Raises:
        ConfigError: the recipe or the mapping is wrong.
        RefusedError: there is no run, or it cannot be read.
        VerifyError: it is damaged.
    """
    if mapping is not None:
        return look_for_leaks(read_foreign(as_files(what), Path(mapping)))
    if len(what) == 1 and isinstance(what[0], str | PathLike) and is_place(fspath(what[0])):
        return look_for_leaks(
            read_records(fspath(what[0]), load_catalog(as_paths(plugin_files), as_paths(plugins_dirs)))
        )
    given = [each for each in what if not isinstance(each, PathLike)]
    loaded, catalog, _ = load(given, plugin_files, plugins_dirs, config_dirs)
    with tried(loaded, catalog) as place:
        return look_for_leaks(_named(read_records(place, catalog), given))


def as_files(what: tuple[Any, ...]) -> list[Path]:
    """The files that a mapping explains.

    Raises:
        ConfigError: something is none.
    """
    if wrong := [each for each in what if not isinstance(each, str | PathLike)]:
        message = f"a mapping explains files, and {wrong[0]!r} is none"
        raise ConfigError([Problem(path="", message=message)])
    return [Path(fspath(each)) for each in what]


def _named(records: Records, given: list[Any]) -> Records:
    words = (shown(each) if isinstance(each, str) else "the recipe" for each in given)
    return renamed(records, " ".join(words) or "the default recipe")
