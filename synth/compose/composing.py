"""One composition, step by step: read, check, load, override, resolve. Each step reports all that it finds."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import DefaultsList, create_defaults_list
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, GrammarParseError, OmegaConfBaseException

from synth.compose.choices import Choices, check_choices
from synth.compose.files import Library, broken_interpolation
from synth.compose.loading import Repository, make_loader, modern_hydra
from synth.compose.origins import Origins
from synth.compose.overrides import Given, did_you_mean, read_overrides
from synth.compose.resolving import Resolver, register_resolvers
from synth.compose.results import Composed
from synth.compose.roots import PRIMARY, ConfigSource, group_names, option_names
from synth.errors import ConfigError, Violation

_FAILURES = (HydraException, OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, LookupError, AssertionError)


def compose_roots(overrides: Sequence[str], roots: Sequence[ConfigSource]) -> Composed:
    """Compose from the given roots; see ``synth.compose.compose``."""
    library = Library(roots=roots)
    given = [item for item in read_overrides(overrides) if not item.steers_hydra]
    choices = check_choices(library, given)
    register_resolvers()
    with modern_hydra(), readable_errors(library, given, choices):
        defaults, config = _load(given, roots)
        origins = _origins_of_files(library, defaults)
        violations = _check_packages(library, defaults, choices)
        violations += _apply(given, defaults, config, origins, library)
        resolver = Resolver(origins=origins.found)
        plain = resolver.plain(config)
    violations += resolver.violations
    if violations:
        raise ConfigError(violations)
    known: dict[str, Any] = dict(defaults.overrides.known_choices)
    chosen = {group: name for group, name in known.items() if name is not None} | choices.lists
    return Composed(config=plain, origins=origins.within(plain), choices=chosen, overrides=tuple(overrides))


@contextmanager
def readable_errors(library: Library, given: Sequence[Given], choices: Choices) -> Iterator[None]:
    """What no check foresaw still ends as a ConfigError: Hydra's reason, without its advice."""
    try:
        yield
    except _FAILURES as error:
        raise ConfigError([_violation(error, library, given, choices)]) from error


def _violation(error: Exception, library: Library, given: Sequence[Given], choices: Choices) -> Violation:
    cause = error.__cause__ if isinstance(error, HydraException) and not str(error) else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()] or [type(error).__name__]
    reason = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        where = f"{library.label_of(mark.name)}:{mark.line + 1}:{mark.column + 1}"
        return Violation(path="", message=f"cannot read the file: {reason}", where=where)
    if twice := re.match(r"Multiple values for ([^ ]+?)\.", reason):
        key = twice[1]
        return Violation(
            path=key,
            message=f"'{key}' is chosen a second time",
            where=choices.singles.get(key, ""),
            hint=f"write 'override /{key}: …'",
        )
    if in_file := re.match(r"In '?([\w/.-]+)'?: (?:\w+ raised while composing config: )?", reason):
        file = library.find(in_file[1])
        return Violation(
            path="",
            message=f"cannot compose: {reason[in_file.end() :]}",
            where=file.label if file else "",
        )
    for item in given:
        value = item.text.partition("=")[2]
        if item.text in reason or ("${" in value and value in reason):
            return Violation(
                path=item.key,
                message=f"cannot compose: {reason.replace(item.text, item.shown)}",
                where=item.where,
            )
    return Violation(path="", message=f"cannot compose: {reason}")


def _load(given: Sequence[Given], roots: Sequence[ConfigSource]) -> tuple[DefaultsList, DictConfig]:
    """Hydra's composition of the files; the overrides of single keys are still to come."""
    repository = Repository(roots)
    cache = CachingConfigRepository(repository)
    defaults = create_defaults_list(
        repo=cache,
        config_name=PRIMARY,
        overrides_list=[item.parsed for item in given],
        prepend_hydra=False,
        skip_missing=False,
    )
    config = make_loader(repository)._compose_config_from_defaults_list(defaults.defaults, cache)
    with open_dict(config):
        config.pop("hydra", None)
    OmegaConf.set_struct(config, True)
    return defaults, config


def _origins_of_files(library: Library, defaults: DefaultsList) -> Origins:
    origins = Origins()
    for default in defaults.defaults:
        file = library.find(default.config_path or "")
        if file is not None:
            origins.add_file(file, default.package or "")
    return origins


def _check_packages(library: Library, defaults: DefaultsList, choices: Choices) -> list[Violation]:
    """Files that forgot their ``# @package`` line land where nobody looks for them."""
    violations = []
    for default in defaults.defaults:
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
        violations.append(
            Violation(
                path=f"{group}.{name}",
                message=f"'{config_path}' does not say where it belongs",
                where=f"{file.label}:1",
                hint=f"make '# @package {expected}' its first line",
            )
        )
    return violations


def _apply(
    given: Sequence[Given], defaults: DefaultsList, config: DictConfig, origins: Origins, library: Library
) -> list[Violation]:
    violations = []
    by_identity = {id(item.parsed): item for item in given}
    for parsed in defaults.config_overrides:
        item = by_identity[id(parsed)]
        try:
            ConfigLoaderImpl._apply_overrides_to_config([parsed], config)
        except _FAILURES as error:
            violations.append(_explain(item, error, config, library))
        else:
            origins.add_override(item)
    return violations


def _explain(item: Given, error: Exception, config: DictConfig, library: Library) -> Violation:
    cause = error.__cause__
    deletes = item.parsed.is_delete()
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) or (deletes and "does not exist" in str(error)):
        return _unknown_key(item, config, library)
    if deletes:
        message = f"cannot delete '{item.key}': it has another value"
        return Violation(path=item.key, message=message, where=item.where, hint=f"~{item.key} deletes any value")
    if isinstance(cause, GrammarParseError):
        return broken_interpolation(item.key, item.where)
    if item.parsed.is_add():
        return Violation(
            path=item.key,
            message=f"'{item.key}' exists already",
            where=item.where,
            hint="leave the '+' out to change it",
        )
    reason = str(cause or error).splitlines()[0]
    return Violation(path=item.key, message=f"cannot set '{item.key}': {reason}", where=item.where)


def _unknown_key(item: Given, config: DictConfig, library: Library) -> Violation:
    parent: Any = config
    *_, last = parts = item.key.split(".")
    for part in parts:
        if not isinstance(parent, DictConfig) or part not in parent:
            last = part
            break
        parent = parent._get_node(part)
    siblings = [str(key) for key in parent] if isinstance(parent, DictConfig) else []
    groups = group_names(library.roots) if parent is config else []
    hint = did_you_mean(last, siblings + [group for group in groups if group != item.key])
    if parts[0] == last and len(parts) > 1 and parts[1] in option_names(library.roots, last):
        hint = f"choose it first: {last}=[{parts[1]}]"
    elif item.key in groups:
        hint = f"name an option: {item.key}=…"
    return Violation(
        path=item.key,
        message=f"unknown key '{item.key}'",
        where=item.where,
        allowed="" if hint else ", ".join(siblings),
        hint=hint,
    )
