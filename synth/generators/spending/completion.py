"""Completes fraud: where a thief pays, for what and how much, given what a pattern has settled.

What a pattern leaves open is drawn as the victim's own payments are. Who pays where the card is read needs time from
one place to the next: where an episode leaves none, the thief stays at the terminal.

Legend: ``_t`` an event, ``_k`` a category, ``_e`` an episode, ``_n`` a candidate.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.events import OPEN, IncompleteEvents
from synth.contracts.population import Population, expand_slices, first_of
from synth.errors import RefusedError
from synth.generators.spending.choices import remembered
from synth.generators.spending.config import Favourites
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.walks import walk
from synth.rng import Streams
from synth.timeline import US_PER_S

#: Terminals that are weighed against each other by an amount that a pattern has set.
_CANDIDATES = 8

#: Events whose categories are weighed at a time.
_WEIGHED = 65_536


@dataclass(frozen=True)
class Settled:
    """What patterns say of where their events happen: (t,) int64 each, ``OPEN`` where they do not.

    Attributes:
        terminal_t, merchant_t, category_t: where, or what is bought.
        online_t: 1 on the web, 0 where the card is read.
    """

    terminal_t: Int64
    merchant_t: Int64
    category_t: Int64
    online_t: Int64

    def take(self, events: Int64 | slice) -> "Settled":
        """What they say of some events."""
        return Settled(self.terminal_t[events], self.merchant_t[events], self.category_t[events], self.online_t[events])


@dataclass(frozen=True)
class Completion:
    """The fraud of a run, sorted by (episode, time), and the world that it happens in."""

    plan: SpendingPlan
    people: Population
    favourites: Favourites
    fraud: IncompleteEvents
    settled: Settled

    def terminals(self, *, streams: Streams) -> Int64:
        """(t,) int64 the terminal of each event.

        Raises:
            RefusedError: nobody sells what a pattern wants where it wants it.
        """
        terminal_t, settled = self._by_taste(streams=streams), self.settled
        shops = np.flatnonzero((settled.merchant_t != OPEN) & (settled.terminal_t == OPEN))
        terminal_t[shops] = self._nearest_of(settled.merchant_t[shops], shops)
        terminal_t = np.where(settled.terminal_t == OPEN, terminal_t, settled.terminal_t)
        free_t = (settled.terminal_t == OPEN) & (settled.merchant_t == OPEN)
        bound_t, wanted_t = self._bound(terminal_t), settled.category_t != OPEN
        web_t = self._on_the_web(bound_t, streams.draw("web shops of fraud"))
        return walk(self.fraud, terminal_t, free_t, bound_t, wanted_t, web_t, self.people, self.plan.shops)

    def _on_the_web(self, category_t: Int64, rng: "np.random.Generator") -> Int64:
        """(t,) a terminal on the web of each category; ``OPEN`` where there is none, or a pattern wants a shop."""
        bound = np.flatnonzero((category_t != OPEN) & (self.settled.online_t != 0))
        found = self._send(bound, category_t[bound], np.ones(len(bound), dtype=bool), rng)
        online = self.people.merchants.online_m[self.people.terminals.merchant_p[found]]
        web_t = np.full(len(category_t), OPEN)
        web_t[bound[online]] = found[online]
        return web_t

    def _bound(self, terminal_t: Int64) -> Int64:
        """(t,) what is bought: what a pattern wants, or what was drawn by the amount that it set; else ``OPEN``."""
        if self.plan.prices.laws is None:
            return self.settled.category_t
        drawn_t = self.people.merchants.category_m[self.people.terminals.merchant_p[terminal_t]]
        return np.where(self.fraud.amount_minor_t == OPEN, self.settled.category_t, drawn_t)

    @cached_property
    def customer_t(self) -> Int64:
        """(t,) whose card it is."""
        return self.people.cards.customer_c[self.fraud.card_t]

    @cached_property
    def _price_spread(self) -> float:
        """Standard deviation of the logarithm of what shops charge beside others of their category."""
        return float(np.log(self.people.merchants.price_level_m).std())

    @cached_property
    def _base(self) -> tuple[Int64, Int64, Int64]:
        """(t,) place, (t,) customer and (t,) city: where a thief starts from: where the first victim is, then, at home
        unless the city is given."""
        head = np.flatnonzero(np.diff(self.fraud.episode_t, prepend=-1))
        customer_e = self.customer_t[head]
        place_e, city_e = self.plan.shops.place_u[customer_e], np.full(len(head), -1)
        away, city = self.plan.trips.away(customer_e, self.fraud.time_us_t[head] // US_PER_S)
        place_e[away], city_e[away] = self.plan.shops.homes + city, city
        length_e = np.diff(head, append=len(self.fraud))
        return np.repeat(place_e, length_e), np.repeat(customer_e, length_e), np.repeat(city_e, length_e)

    def _by_taste(self, *, streams: Streams) -> Int64:
        """(t,) a terminal by the taste of the victim, of what a pattern has settled, and at its amount if that is."""
        category_t, web_t = self._draw_tastes(streams.draw("categories of fraud"))
        rng = streams.draw("shops of fraud")
        terminal_t = self._send(np.arange(len(self.fraud)), category_t, web_t, rng)
        priced = np.flatnonzero(self.fraud.amount_minor_t != OPEN)
        if not len(priced) or self.plan.prices.laws is None:
            return terminal_t
        others = (self._send(priced, category_t[priced], web_t[priced], rng) for _ in range(_CANDIDATES - 1))
        tried_n = np.stack([terminal_t[priced], *others])
        level_n = self.people.merchants.price_level_m[self.people.terminals.merchant_p[tried_n]]
        log_n = self._log_densities(priced, category_t[priced], np.log(level_n), 0.0)
        # The largest of logarithm and Gumbel noise comes up as often as the weights say (Gumbel, 1954).
        best = np.argmax(log_n + rng.gumbel(size=log_n.shape), axis=0)
        terminal_t[priced] = tried_n[best, np.arange(len(priced))]
        return terminal_t

    def _draw_tastes(self, rng: "np.random.Generator") -> tuple[Int64, Mask]:
        """(t,) categories and (t,) whether on the web, by the victim's taste at that hour, given what is settled."""
        category_t, web_t = np.empty(len(self.fraud), dtype=np.int64), np.empty(len(self.fraud), dtype=bool)
        for first in range(0, len(self.fraud), _WEIGHED):
            part = slice(first, min(first + _WEIGHED, len(self.fraud)))
            weight_tk, web_tk = self._weights(part)
            before_tk = np.cumsum(weight_tk, axis=1)
            at_t = rng.random(len(before_tk)) * before_tk[:, -1]
            category_t[part] = np.minimum((before_tk <= at_t[:, None]).sum(axis=1), before_tk.shape[1] - 1)
            chance_t = np.take_along_axis(web_tk, category_t[part][:, None], axis=1)[:, 0]
            web_t[part] = rng.random(len(chance_t)) < chance_t
        return category_t, web_t

    def _weights(self, part: slice) -> tuple[Float, Float]:
        """(t, k) weights of the categories, and (t, k) the chance that one is bought on the web."""
        plan, settled = self.plan, self.settled.take(part)
        time_us_t, customer_t = self.fraud.time_us_t[part], self.customer_t[part]
        segment_t = self.people.customers.segment_u[customer_t].astype(np.int64)
        segment_t += len(self.people.census.segments) * plan.change.past(time_us_t)
        row_t = segment_t * 24 + time_us_t // (3600 * US_PER_S) % 24
        online_t = settled.online_t[:, None]
        share_tk, web_tk = plan.tastes.share_ik[row_t], plan.tastes.online_ik[row_t]
        chance_tk = np.select([online_t == 1, online_t == 0], [web_tk, 1 - web_tk], 1.0)
        category_t = settled.category_t[:, None]
        wanted_tk = (category_t == np.arange(share_tk.shape[1])) | (category_t == OPEN)
        wanted_tk &= self._sold(self._base[0][part], online_t)
        weight_tk = np.where(wanted_tk, share_tk * chance_tk, 0.0)
        # What nobody buys at that hour, or in that way, is bought all the same where a pattern leaves nothing else.
        none_t = weight_tk.sum(axis=1) == 0
        weight_tk[none_t] = wanted_tk[none_t]
        self._refuse_unsold(weight_tk, settled)
        if plan.prices.laws is not None:
            self._weigh_amounts(weight_tk, part)
        return weight_tk, np.where(online_t == OPEN, web_tk, online_t)

    def _weigh_amounts(self, weight_tk: Float, part: slice) -> None:
        """Multiplies weights of categories by how likely the amounts are that patterns have set."""
        priced = np.flatnonzero(self.fraud.amount_minor_t[part] != OPEN)
        category_k = np.arange(weight_tk.shape[1])[:, None]
        log_kt = self._log_densities(priced + part.start, category_k, np.zeros((1, 1)), self._price_spread)
        log_kt[weight_tk[priced].T == 0] = -np.inf
        weight_tk[priced] *= np.exp(log_kt - log_kt.max(axis=0)).T

    def _sold(self, place_t: Int64, online_t: Int64) -> Mask:
        """(t, k) bool: what can be bought in the way that is settled; who has no shop in reach goes anywhere.

        Args:
            online_t: (t, 1) what is settled.
        """
        shops, category_k = self.plan.shops, np.arange(self.plan.shops.categories)
        web_k, shop_k = ~shops.web.empty(category_k), ~shops.all.empty(category_k)
        near_tk = ~shops.near.empty(place_t[:, None] * shops.categories + category_k)
        near_tk[~near_tk.any(axis=1)] = shop_k
        sold_tk: Mask = np.where(online_t == 1, web_k, np.where(online_t == 0, near_tk, web_k | shop_k))
        return sold_tk

    def _refuse_unsold(self, weight_tk: Float, settled: Settled) -> None:
        nowhere = np.flatnonzero(weight_tk.sum(axis=1) == 0)
        if nowhere.size:
            first = nowhere[0]
            way = {0: " in a shop", 1: " on the web"}.get(int(settled.online_t[first]), "")
            category = int(settled.category_t[first])
            what = self.people.census.categories[category] if category != OPEN else "anything"
            raise RefusedError(
                f"a scenario buys {what}{way}, and no merchant that was drawn sells it so",
                allowed=("merchants that do: population.merchants",),
            )

    def _send(self, events: Int64, category_t: Int64, web_t: Mask, rng: "np.random.Generator") -> Int64:
        """(t,) a terminal of each category, as the victim would choose it.

        Args:
            events: which of the fraud's events these are.
            web_t: who wants to buy on the web.
        """
        shops = self.plan.shops
        at_t = remembered(self.customer_t[events], category_t, self.plan.salt, self.favourites, rng)
        terminal_t, online_t = shops.send(self._base[0][events], category_t, web_t, at_t)
        astray = np.flatnonzero(online_t & (self.settled.online_t[events] == 0))
        terminal_t[astray] = shops.all.pick(category_t[astray], at_t[astray])
        return terminal_t

    def _log_densities(self, events: Int64, category: Int64, log_level: Float, spread: float) -> Float:
        """Logarithm of how likely amounts are, up to a constant an event.

        Args:
            events: (t,) which of the fraud's events, their amounts set.
            category, log_level: broadcast to (n, t): category, and logarithm of the price level.
            spread: standard deviation of what is not known of that.
        """
        plan, laws = self.plan, self.plan.prices.laws
        assert laws is not None, "where only the customer counts amounts say nothing of shops"
        major_t = np.maximum(self.fraud.amount_minor_t[events], 1) / 100
        scale_t = np.where(plan.change.past(self.fraud.time_us_t[events]), plan.change.amount, 1.0)
        log_t = np.log(major_t / (plan.prices.level_u[self.customer_t[events]] * scale_t))
        return laws.log_density(category, log_t - log_level, spread)

    def _nearest_of(self, merchant_t: Int64, events: Int64) -> Int64:
        """(t,) the terminal of each merchant that is nearest to where the thief starts from."""
        terminals, cities, homes = self.people.terminals, self.people.cities, self.people.customers
        first_m = first_of(terminals.merchant_p, len(self.people.merchants))
        asked, terminal = expand_slices(first_m[merchant_t], np.diff(first_m)[merchant_t])
        _, customer_t, city_t = (values[events] for values in self._base)
        x_t, y_t = homes.x_u[customer_t], homes.y_u[customer_t]
        away = np.flatnonzero(city_t >= 0)
        x_t[away], y_t[away] = cities.x_a[city_t[away]], cities.y_a[city_t[away]]
        km = np.hypot(terminals.x_p[terminal] - x_t[asked], terminals.y_p[terminal] - y_t[asked])
        order = np.lexsort((km, asked))
        _, first = np.unique(asked[order], return_index=True)
        nearest_t: Int64 = terminal[order][first]
        return nearest_t
