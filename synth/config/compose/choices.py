"""Checks the file that every group takes before Hydra loads any, so that all mistakes are found at once.

Hydra stops at the first. Others it takes in silence: an option given twice, a list where a group takes one option,
the name of a file, a path out of the root, a group of no defaults list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from synth.config.compose.entries import Entry, Wanted, broken_entries, make_absolute, read_entry, read_wanted
from synth.config.compose.files import ConfigFile, Library
from synth.config.compose.overrides import (
    Given,
    command_line,
    read_overrides,
    sweep_outside_multirun,
    unknown_group,
    unknown_option,
)
from synth.config.compose.resolving import forbidden_resolvers
from synth.config.compose.roots import PRIMARY, group_names, option_names
from synth.config.compose.steering import steering_problems
from synth.errors import ConfigError, Problem


@dataclass(kw_only=True)
class Choices:
    """The walk over the defaults lists, from the primary config down, in Hydra's order.

    Attributes:
        chosen: group key -> what the command line or an ``override`` entry puts there; the first one wins.
        multirun: several values for one key are a sweep, and no mistake.
        lists: group -> what is chosen, for each group that takes several.
        singles: group key -> the entry that lists it, for each group that takes one.
        steering: Hydra's own group -> the entry that has the last word on it.
        entries: file -> its defaults list, for every file that was visited.
        final: group key -> what is chosen in the end.
    """

    library: Library
    given: Sequence[Given]
    problems: list[Problem] = field(default_factory=list)
    multirun: bool = False
    lists: dict[str, Wanted] = field(default_factory=dict)
    singles: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, Wanted] = field(default_factory=dict)
    steering: dict[str, Entry] = field(default_factory=dict)
    entries: dict[str, Sequence[Entry]] = field(default_factory=dict)
    final: dict[str, Wanted] = field(default_factory=dict)
    _appended: dict[str, Entry] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _listed_at: dict[str, str] = field(default_factory=dict)

    def walk(self) -> None:
        """Fill the attributes; afterwards every file that Hydra will load exists and parses."""
        for given in self.given:
            if given.steers_hydra:
                self._steer_by(given)
            wanted = self._wanted_by(given)
            if wanted is None:
                continue
            entry = Entry(group=given.group, package=given.parsed.package or "", wanted=wanted)
            if not given.parsed.is_add():
                self.chosen[entry.key] = wanted
            elif entry.key in self._appended:
                hint = f"append several at once: '+{entry.key}=[a,b]'"
                self._refuse(entry.group, f"'+{entry.key}=…' is given twice", given.where, hint)
            else:
                self._appended[entry.key] = entry
        self._visit(PRIMARY)
        self._check_appended()
        for given in self.given:
            self._check_given(given)
        self._check_repeated()
        self._report_unused()

    def _wanted_by(self, given: Given) -> Wanted | None:
        """What an override chooses; None when it sets a key or is wrong."""
        parsed = given.parsed
        if given.steers_hydra or parsed.is_sweep_override():
            return None
        if not self._is_group(given.group):
            if "/" in given.group or parsed.package is not None:
                self.problems.append(unknown_group(given.group, group_names(self.library.roots), given.where))
            return None
        value = parsed.value()
        names: list[Any] = value if isinstance(value, list) else [value]
        if parsed.is_delete() or parsed.is_force_add() or not all(isinstance(name, str) for name in names):
            return None
        options = tuple((name, given.where) for name in names)
        return Wanted(options=options, where=given.where, many=isinstance(value, list))

    def _steer_by(self, given: Given) -> None:
        parsed = given.parsed
        if "." in given.group or parsed.is_delete() or parsed.is_sweep_override():
            return
        value = parsed.value()
        if not isinstance(value, dict):
            names = value if isinstance(value, list) else [value]
            wanted = Wanted(options=tuple((str(name), given.where) for name in names), where=given.where, many=False)
            self._steer(Entry(group=given.group, package="", wanted=wanted))

    def _steer(self, entry: Entry) -> None:
        """Hydra's own groups lead into no recipe; but no file of the user's may serve them."""
        if self.steering.setdefault(entry.group, entry) is not entry:
            return
        for name, _ in entry.wanted.options:
            file = self.library.find(f"{entry.group}/{name}")
            self.problems += file.problems if file else ()

    def _check_appended(self) -> None:
        for key, entry in self._appended.items():
            names = [name for name, _ in entry.wanted.options]
            if key in self.singles:
                hint = f"without the '+': {key}={','.join(names)}"
                self._refuse(entry.group, f"'{key}' takes one option and has one already", entry.wanted.where, hint)
            elif key in self.lists:
                before = self.lists[key]
                self.lists[key] = replace(before, options=before.options + entry.wanted.options)
                self.final[key] = self.lists[key]

    def _check_given(self, given: Given) -> None:
        """What is wrong with an override once it is known which groups take several options."""
        parsed, group, many = given.parsed, given.group, given.group in self.lists
        if given.steers_hydra:
            return
        if parsed.is_sweep_override():
            if not self.multirun:
                self.problems.append(sweep_outside_multirun(given, many=many))
        elif parsed.is_delete():
            if many:
                message = f"'{group}' takes several options and cannot be deleted"
                self._refuse(group, message, given.where, f"{group}=[] for none")
        elif not self._is_group(group) or isinstance(parsed.value(), dict):
            return
        elif parsed.is_force_add():
            self._refuse(group, f"a group cannot be forced with '++': '{given.shown}'", given.where, "use one '+'")
        elif self._wanted_by(given) is None:
            options = option_names(self.library.roots, group)
            hint = f"'{group}=[]' for none" if many else f"name one, such as {group}={next(iter(options), '…')}"
            self._refuse(group, f"'{given.shown}' does not name an option", given.where, hint, tuple(options))

    def _check_repeated(self) -> None:
        for key, wanted in self.lists.items():
            seen: set[str] = set()
            for name, where in wanted.options:
                if name in seen:
                    hint = f"for a second one under a name of its own: +{key}@{key}.second={name}"
                    self._refuse(key, f"'{key}' takes '{name}' twice", where, hint)
                seen.add(name)

    def _visit(self, config_path: str) -> None:
        file = self.library.find(config_path)
        if config_path in self._open:
            way = " → ".join([*self._open[self._open.index(config_path) :], config_path])
            self._refuse(config_path, f"'{config_path}' builds on itself: {way}", f"{file.label}:1" if file else "", "")
        if file is None or config_path in self.entries:
            return
        self._open.append(config_path)
        self.problems += file.problems
        entries = self.entries[config_path] = self._entries(file, config_path.rpartition("/")[0])
        self.problems += broken_entries(file, entries) if config_path != PRIMARY else ()
        for entry in entries:
            if entry.override:
                self.chosen.setdefault(entry.key, entry.wanted)
        for entry in reversed(self._appended.values() if config_path == PRIMARY else ()):
            self._take(entry, entry.wanted)
        for entry in reversed(entries):
            if not entry.override:
                self._take_default(entry)
        self._open.remove(config_path)

    def _take_default(self, entry: Entry) -> None:
        wanted = self.chosen.get(entry.key, entry.wanted)
        self.final.setdefault(entry.key, wanted)
        listed_at = self._listed_at.setdefault(entry.key, entry.wanted.where)
        if entry.key in self.lists and entry.group:
            hint = f"write 'override /{entry.key}: …'"
            self._refuse(entry.group, f"'{entry.key}' is chosen a second time", listed_at, hint)
        elif entry.wanted.many:
            self.lists[entry.key] = wanted
        elif entry.group:
            self.singles.setdefault(entry.key, entry.wanted.where)
            if wanted.many and wanted.options:
                hint = f"choose one: {entry.key}={wanted.options[0][0]}"
                self._refuse(entry.group, f"'{entry.key}' takes one option, not a list", wanted.where, hint)
                return
        self._take(entry, wanted)

    def _take(self, entry: Entry, wanted: Wanted) -> None:
        for name, where in wanted.options:
            if "${" in name:
                self.problems += forbidden_resolvers(entry.group, name, where)
                continue
            if name == "???":
                self._refuse(entry.group, f"'{entry.key}' needs an option", where, f"choose one: {entry.key}=…")
                continue
            config_path = f"{entry.group}/{name}" if entry.group else name
            plain = name.removesuffix(".yaml")
            if plain != name:
                option = f"[{plain}]" if entry.key in self.lists else plain
                hint = f"{entry.key}={option}" if entry.group else plain
                self._refuse(entry.group, f"'{name}' is a file, not the name of an option", where, hint)
            elif any(step in ("", ".", "..") for step in name.split("/")):
                options = option_names(self.library.roots, entry.group)
                self.problems.append(unknown_option(entry.group or "config", name, options, where))
            elif (file := self.library.find(config_path)) is None:
                if not entry.optional:
                    self.problems.append(self._missing(config_path, where))
            elif file.node is None and not file.problems:
                hint = "it needs a kind" if entry.key in self.lists else ""
                self._refuse(entry.group, f"'{config_path}' holds nothing", f"{file.label}:1", hint)
            else:
                self._visit(config_path)

    def _missing(self, config_path: str, where: str) -> Problem:
        group, _, name = config_path.rpartition("/")
        options = option_names(self.library.roots, group)
        if group and not options:
            return self._unknown_group(group, where)
        problem = unknown_option(group or "config", name, options, where)
        misnamed = next(filter(None, (root.misnamed(config_path) for root in self.library.roots)), "")
        return replace(problem, hint=f"rename {misnamed} to {name}.yaml") if misnamed else problem

    def _unknown_group(self, group: str, where: str) -> Problem:
        known = group_names(self.library.roots)
        problem, meant = unknown_group(group, known, where), group.rpartition("/")[2]
        absolute = "/" in group and meant in known
        return replace(problem, hint=f"write '/{meant}' for the group at the top") if absolute else problem

    def _report_unused(self) -> None:
        for key, wanted in self.chosen.items():
            group = key.partition("@")[0]
            if key in self.final:
                continue
            if not self._is_group(group):
                self.problems.append(self._unknown_group(group, wanted.where))
            elif wanted.where.startswith("command line:"):
                hint = f"add it with '+': +{key}={','.join(name for name, _ in wanted.options)}"
                self._refuse(group, f"'{key}' is in no defaults list", wanted.where, hint)
            else:
                hint = f"write 'override /{group}: …'" if "@" in key else "leave the word 'override' out"
                self._refuse(group, f"'{key}' is in no defaults list that could be overridden", wanted.where, hint)

    def _entries(self, file: ConfigFile, parent: str) -> list[Entry]:
        """The file's defaults list, Hydra's own groups left out."""
        pairs = file.node.value if file.node else []
        defaults = next((value for key, value in pairs if key.value == "defaults"), None)
        if defaults is None:
            return []
        if not isinstance(defaults, yaml.SequenceNode):
            message = "'defaults' must be a list"
            self.problems.append(Problem(path="defaults", message=message, where=file.at(defaults)))
            return []
        entries = []
        for item in defaults.value:
            if isinstance(item, yaml.MappingNode) and item.value:
                key, value = item.value[0]
                *words, name = str(key.value).split()
                entry = read_entry(file, name, parent, wanted=read_wanted(file, value), words=words)
            elif isinstance(item, yaml.ScalarNode) and item.value != "_self_":
                path, _, package = item.value.partition("@")
                wanted = Wanted(
                    options=((make_absolute(path, parent), file.at(item)),), where=file.at(item), many=False
                )
                entry = Entry(group="", package=package, wanted=wanted)
            else:
                continue
            if entry.group == "hydra" or entry.group.startswith("hydra/"):
                self._steer(entry)
            else:
                entries.append(entry)
        return entries

    def _is_group(self, name: str) -> bool:
        return any(root.is_group(name) for root in self.library.roots)

    def _refuse(self, group: str, message: str, where: str, hint: str, allowed: tuple[str, ...] = ()) -> None:
        path = group.replace("/", ".")
        self.problems.append(Problem(path=path, message=message, where=where, hint=hint, allowed=allowed))


def check_choices(library: Library, overrides: Sequence[str], *, multirun: bool = False) -> Choices:
    """Read the overrides and walk the defaults lists.

    Raises:
        ConfigError: an override cannot be read, or a choice or a file is wrong.
    """
    given, problems = read_overrides(overrides)
    problems += steering_problems(given, multirun=multirun)
    choices = Choices(library=library, given=given, problems=problems, multirun=multirun)
    choices.walk()
    if choices.problems:
        places = [command_line(override) for override in overrides]
        order = {where: number for number, where in reversed(list(enumerate(places)))}
        raise ConfigError(sorted(choices.problems, key=lambda v: order.get(v.where, len(order))))
    return choices
