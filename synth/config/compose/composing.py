"""One composition, step by step: read, check, load, override, resolve. Each step reports all that it finds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from shlex import quote

import yaml
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, GrammarParseError, OmegaConfBaseException

from synth.config.compose.choices import Choices, check_choices
from synth.config.compose.composition import Composition, Listed
from synth.config.compose.files import Library, broken_interpolation
from synth.config.compose.inert import find_deliberate, find_inert
from synth.config.compose.loading import Repository, modern_hydra
from synth.config.compose.origins import Origins
from synth.config.compose.overrides import Given, command_line
from synth.config.compose.resolving import Resolver, register_resolvers
from synth.config.compose.results import Composed
from synth.config.compose.roots import find_shadows, group_names, note_shadows, noting_shadows, option_names
from synth.config.compose.sources import ConfigSource
from synth.config.compose.stamps import Stamp
from synth.config.compose.steering import run_directory
from synth.config.compose.steps import Reached, broken_list_step, reach, whole_keys
from synth.errors import ConfigError, Problem
from synth.wording import in_yaml, nearest

_FAILURES = (HydraException, OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, LookupError, AssertionError)


def compose_roots(overrides: Sequence[str], roots: Sequence[ConfigSource], stamp: Stamp | None = None) -> Composed:
    """Compose from the given roots; see ``synth.config.compose.compose``."""
    composed = try_compose_roots(overrides, roots, stamp)
    if composed.problems:
        raise ConfigError(composed.problems)
    return composed


def try_compose_roots(overrides: Sequence[str], roots: Sequence[ConfigSource], stamp: Stamp | None = None) -> Composed:
    """The same, of what can be composed: what is wrong is left out, and stands in ``problems``.

    Args:
        stamp: of a job of a sweep; a single run is told the time.

    Raises:
        ConfigError: nothing can be composed.
    """
    shadows = find_shadows(roots)
    now = stamp or Stamp(now=datetime.now(UTC))  # noqa: TID251 — for a place; data do not see it
    with noting_shadows(shadows):
        composed = _compose_right(overrides, roots, now)
    return replace(composed, shadows=shadows, problems=tuple(note_shadows(composed.problems, shadows)))


def _compose_right(overrides: Sequence[str], roots: Sequence[ConfigSource], stamp: Stamp) -> Composed:
    """Composes without the overrides that are wrong."""
    try:
        return _compose(overrides, roots, stamp)
    except ConfigError as error:
        wrong = {problem.where for problem in error.problems}
        right = [override for override in overrides if command_line(override) not in wrong]
        if len(right) == len(overrides) or not Library(roots=roots).has_builtin_primary:
            raise
        rest = _compose_right(right, roots, stamp)
        groups = {problem.path.partition(".")[0] for problem in error.problems}
        further = [problem for problem in rest.problems if problem.path.partition(".")[0] not in groups]
        return replace(rest, overrides=tuple(overrides), problems=(*error.problems, *further))


def _compose(overrides: Sequence[str], roots: Sequence[ConfigSource], stamp: Stamp) -> Composed:
    library = Library(roots=roots)
    choices = check_choices(library, overrides)
    given = [item for item in choices.given if not item.steers_hydra]
    register_resolvers()
    with modern_hydra(), readable_errors(library, given, choices):
        composition = Composition(Repository(roots))
        listed = composition.list_files([item.parsed for item in given])
        without = find_inert(choices)
        origins = _origins_of_files(library, listed, without)
        config = composition.merge(listed, without)
        for group, wanted in choices.lists.items():
            origins.add_absent(group, wanted.where)
        for item in given:
            if item.parsed.is_delete():
                origins.add_absent(item.key, item.where)
        problems = _check_packages(library, listed, choices)
        problems += _apply(given, listed, config, origins, choices)
        resolver = Resolver(origins=origins.found, keys=origins.keys, stamp=stamp)
        numbered = resolver.stamp_places(config)
        plain = resolver.plain(config)
    directory = run_directory(choices.given, stamp.now, problems)
    several = {group: [name for name, _ in wanted.options] for group, wanted in choices.lists.items()}
    return Composed(
        config=plain,
        origins=origins.within(plain),
        choices={**listed.choices, **several},
        chosen_at={group: wanted.where for group, wanted in choices.final.items()},
        inert=origins.inert,
        words=origins.words,
        interpolated=resolver.interpolated,
        deliberate=find_deliberate(choices),
        overrides=tuple(overrides),
        roots=tuple(roots),
        options={group: tuple(option_names(roots, group)) for group in several},
        problems=(*problems, *resolver.problems),
        directory=directory,
        numbered=numbered,
    )


@contextmanager
def readable_errors(library: Library, given: Sequence[Given], choices: Choices) -> Iterator[None]:
    """What no check foresaw still ends as a ConfigError: Hydra's reason, without its advice."""
    try:
        yield
    except _FAILURES as error:
        raise ConfigError([_problem(error, library, given, choices)]) from error


def _problem(error: Exception, library: Library, given: Sequence[Given], choices: Choices) -> Problem:
    cause = error.__cause__ if isinstance(error, HydraException) and not str(error) else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()] or [type(error).__name__]
    reason = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    reason = reason.replace("DictConfig", "a mapping").replace("ListConfig", "a list")
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        where = f"{mark.name}:{mark.line + 1}:{mark.column + 1}"
        return Problem(path="", message=f"cannot read the file: {reason}", where=where)
    if twice := re.match(r"Multiple values for ([^ ]+?)\.", reason):
        key = twice[1]
        return Problem(
            path=key,
            message=f"'{key}' is chosen a second time",
            where=choices.singles.get(key, ""),
            hint=f"write 'override /{key}: …'",
        )
    if in_file := re.match(r"In '?([\w/.-]+)'?: (?:\w+ raised while composing config: )?", reason):
        file = library.find(in_file[1])
        return Problem(
            path="",
            message=f"cannot compose: {reason[in_file.end() :]}",
            where=file.label if file else "",
        )
    for item in given:
        value = item.text.partition("=")[2]
        if item.text in reason or ("${" in value and value in reason):
            return Problem(
                path=item.key,
                message=f"cannot compose: {reason.replace(item.text, item.shown)}",
                where=item.where,
            )
    return Problem(path="", message=f"cannot compose: {reason}")


def _origins_of_files(library: Library, listed: Listed, without: Mapping[str, frozenset[str]]) -> Origins:
    origins = Origins()
    for default in listed.files:
        config_path = default.config_path or ""
        file = library.find(config_path)
        if file is not None:
            origins.add_file(file, default.package or "", without.get(config_path, frozenset()))
    if origins.clashes:
        raise ConfigError(origins.clashes)
    return origins


def _check_packages(library: Library, listed: Listed, choices: Choices) -> list[Problem]:
    """Files that forgot their ``# @package`` line land where nobody looks for them."""
    problems = []
    for default in listed.files:
        config_path = default.config_path or ""
        group, _, name = config_path.rpartition("/")
        file = library.find(config_path)
        if file is None or file.node is None or default.package != group.replace("/", "."):
            continue
        if group == "experiment" and any(key.value != "defaults" for key, _ in file.node.value):
            expected = "_global_"
        elif group in choices.lists and any(key.value == "kind" for key, _ in file.node.value):
            expected = f"{group}.{name}"
        else:
            continue
        problems.append(
            Problem(
                path=f"{group}.{name}",
                message=f"'{config_path}' does not say where it belongs",
                where=f"{file.label}:1",
                hint=f"make '# @package {expected}' its first line",
            )
        )
    return problems


def _apply(
    given: Sequence[Given], listed: Listed, config: DictConfig, origins: Origins, choices: Choices
) -> list[Problem]:
    problems = []
    by_identity = {id(item.parsed): item for item in given}
    for parsed in listed.keys:
        item = by_identity[id(parsed)]
        reached = reach(item, config)
        try:
            Composition.apply(parsed, config)
        except _FAILURES as error:
            problems.append(_explain(item, error, reached, choices))
        else:
            origins.add_override(item)
    return problems


def _explain(item: Given, error: Exception, reached: Reached, choices: Choices) -> Problem:
    cause = error.__cause__
    deletes = item.parsed.is_delete()
    if into_list := broken_list_step(item, reached):
        return into_list
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) or (deletes and "does not exist" in str(error)):
        return _unknown_key(item, reached, choices)
    if isinstance(cause, GrammarParseError):
        return broken_interpolation(item.key, item.where)
    if deletes and cause is None:
        message = f"cannot delete '{item.key}': it has another value"
        return Problem(path=item.key, message=message, where=item.where, hint=f"~{item.key} deletes any value")
    if item.parsed.is_add() and cause is None:
        return Problem(
            path=item.key,
            message=f"'{item.key}' exists already",
            where=item.where,
            hint="leave the '+' out to change it",
        )
    value = item.parsed.value()
    if isinstance(value, list | dict) and "Cannot merge" in str(cause or error):
        message = f"{item.key} is {in_yaml(value)}"
        allowed = ("a mapping",) if isinstance(value, list) else ("a list",)
        return Problem(path=item.key, message=message, where=item.where, allowed=allowed)
    reason = str(cause or error).splitlines()[0]
    return Problem(path=item.key, message=f"cannot set '{item.key}': {reason}", where=item.where)


def _beginning(parts: Sequence[str], reached: Reached, choices: Choices) -> str:
    """What the beginning of a key was that somebody left out: ``sink`` of ``csv.uri``; empty where there is none."""
    if reached.taken:
        return ""
    if whole := whole_keys(parts, reached.node):
        return f"did you mean {' or '.join(map(repr, whole))}?"
    roots, key = choices.library.roots, ".".join(parts)
    group = next((each for each in choices.lists if len(parts) > 1 and parts[0] in option_names(roots, each)), "")
    return f"choose it first: {group}=[{parts[0]}]; then its key is {group}.{key}" if group else ""


def _unknown_key(item: Given, reached: Reached, choices: Choices) -> Problem:
    parts, parent = list(reached.steps), reached.node
    if reached.taken == len(parts):
        value = item.parsed.value() if isinstance(parent, DictConfig) else None
        parts += [str(key) for key in value if key not in parent][:1] if isinstance(value, dict) else []
        last = parts[-1]
    else:
        last = parts[reached.taken]
    key = ".".join(parts)
    roots = choices.library.roots
    siblings = [str(key) for key in parent] if isinstance(parent, DictConfig) else []
    groups = group_names(roots) if not reached.taken else []
    message = f"unknown key '{key}'"
    group, _, name = ".".join(parts[:2]).partition(".")
    options = option_names(roots, group) if group in choices.lists else []
    unchosen = options if last == name else []
    hint = nearest(last, [*siblings, *unchosen, *(group for group in groups if group != item.key)])
    if beginning := _beginning(parts, reached, choices):
        hint = beginning
    elif last in parts[:2] and name in options:
        hint = f"choose it first: {group}=[{name}]"
    elif item.key in groups:
        hint = f"name an option: {item.key}=" + (f"[{options[0]}]" if options else "…")
        if not item.parsed.is_delete():
            message = f"'{item.key}' takes the names of options, not {in_yaml(item.parsed.value())}"
    elif isinstance(parent, DictConfig) and not siblings and not item.parsed.is_delete():
        hint = f"'{key.rpartition('.')[0]}' holds nothing yet; add with '+': {quote('+' + item.shown)}"
    return Problem(
        path=key,
        message=message,
        where=item.where,
        allowed=() if hint else tuple(siblings),
        hint=hint,
    )
