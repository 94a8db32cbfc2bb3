"""The catalog of components by kind and name, with the plugin that provides each, usable or not."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from synth.config.catalog.extras import Lack
from synth.config.catalog.options import Claims, claimed, find_claims, offered_root, option_clash, own_roots
from synth.config.catalog.provider import HOOKS, Provider
from synth.config.compose.roots import PluginRoot
from synth.contracts.hookspecs import CheckSpec, Spec
from synth.contracts.run_events import Subscriber
from synth.errors import ConfigError, MissingOption, PluginError, Problem


@dataclass(frozen=True)
class Catalog:
    """The plugins, the unusable and the disabled ones included."""

    providers: tuple[Provider, ...]

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, list[tuple[str, Spec]]]]:
        """Group → kind → its owners and specs; more than one is a clash."""
        kinds: dict[str, dict[str, list[tuple[str, Spec]]]] = {group: {} for group in HOOKS}
        for provider in self.providers:
            for group, spec in provider.specs:
                kinds[group].setdefault(spec.name, []).append((provider.name, spec))
        return kinds

    @cached_property
    def config_roots(self) -> list[PluginRoot]:
        """The plugins' choices: their folders, then what they offer without a file."""
        folders = [root for provider in self.providers for root in own_roots(provider)]
        return folders + [root for p in self.providers for root in offered_root(p, self.kinds, self._claims)]

    @cached_property
    def _claims(self) -> Claims:
        return find_claims(self.providers)

    @property
    def checks(self) -> list[tuple[str, CheckSpec]]:
        """(plugin, check) of every plugin."""
        return [(provider.name, check) for provider in self.providers for check in provider.checks]

    @property
    def subscribers(self) -> list[tuple[str, Callable[[], Subscriber]]]:
        """(plugin, what makes its subscriber) of every plugin; a sleeping one is told with what it needs."""
        watching = [provider for provider in self.providers if provider.subscribers]
        named = [(p, f"{p.name} ({p.lack.what})" if p.lack else p.name) for p in watching]
        return [(name, factory) for provider, name in named for factory in provider.subscribers]

    def names(self, group: str) -> list[str]:
        """The kinds of a group."""
        return sorted(self.kinds[group])

    def owner(self, group: str, kind: str) -> str:
        """The plugin that provides a kind."""
        return self.kinds[group][kind][0][0]

    def lack(self, group: str, kind: str) -> Lack:
        """What keeps a kind that is provided asleep."""
        owner = self.owner(group, kind)
        return next(provider.lack for provider in self.providers if provider.name == owner)

    def asleep(self, plugin: str) -> Lack:
        """What keeps the plugin of this name asleep; nothing where there is no such plugin."""
        return next((provider.lack for provider in self.providers if provider.name == plugin), Lack())

    def find(self, group: str, kind: str) -> Spec | None:
        """The spec of a kind, None when nobody provides it.

        Raises:
            PluginError: several plugins claim it.
        """
        claims = self.kinds[group].get(kind, [])
        if len(claims) > 1:
            raise PluginError(_kind_clash(group, kind, [owner for owner, _ in claims]))
        return claims[0][1] if claims else None

    def clashes(self, provider: Provider) -> list[str]:
        """What is wrong with each name of a plugin that another one claims, too."""
        of_kinds = [
            _kind_clash(group, kind, owners)
            for group, kinds in self.kinds.items()
            for kind, claims in kinds.items()
            if len(owners := [owner for owner, _ in claims]) > 1 and provider.name in owners
        ]
        of_options = [option_clash(path, owners) for path, owners in self._claims.items() if provider.name in owners]
        return of_kinds + of_options

    def broken(self) -> list[Provider]:
        """The plugins that cannot be used."""
        return [provider for provider in self.providers if provider.error]

    def broken_plugins_note(self) -> str:
        """What to add where something is missing: it may be a broken plugin's."""
        return "".join(f"; plugin {p.name!r} ({p.source}) could not be loaded: {p.error}" for p in self.broken())

    @contextmanager
    def noting_broken_plugins(self) -> Iterator[None]:
        """Adds the broken plugins to each error about an option that nobody offers."""
        try:
            yield
        except ConfigError as error:
            if not self.broken():
                raise
            raise self.with_broken_plugins_note(error) from error.__cause__

    def with_broken_plugins_note(self, error: ConfigError) -> ConfigError:
        """The same error, with the broken plugins named where an option is missing."""
        note = self.broken_plugins_note()
        return ConfigError(
            [replace(each, message=each.message + note) if _may_be_a_plugins(each) else each for each in error.problems]
        )


def _may_be_a_plugins(problem: Problem) -> bool:
    """Hydra's own groups are filled by plugins of Hydra."""
    return isinstance(problem, MissingOption) and not problem.path.startswith("hydra.")


def _kind_clash(group: str, kind: str, owners: list[str]) -> str:
    return claimed(f"{group} kind {kind!r}", owners)
