"""The clicks of one block: a pure function of its genuine rows, of what fraud made of them, and of keyed streams.

Legend: ``_g`` a genuine online purchase, ``_f`` a fraudulent one that was added, ``_s`` a session, ``_t`` a click.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from synth.arrays import Int64
from synth.clicks.config import ShopVisits
from synth.clicks.paths import Path, draw_path
from synth.clicks.visits import Names, Visits, draw_visits
from synth.contracts.events import Events
from synth.contracts.sessions import ACCOUNT_TYPES, LOGIN, LOGIN_FAILED, PROFILE_CHANGE, PURCHASE, Session, ShopIds
from synth.engine.components import Components
from synth.engine.facts import Truth
from synth.engine.plan import Plan
from synth.engine.render import BlockRows
from synth.errors import RefusedError
from synth.rng import Streams
from synth.tables.arrow import names_to_arrow, to_arrow
from synth.tables.batch import Batch
from synth.tables.table import Table, click_tables
from synth.timeline import US_PER_S

#: Clicks of a block have ids from its index times this number on.
STRIDE = 1 << 31

#: Roles of clicks that are no purchase.
ROLES = ("login", "profile_change", "browse")

#: What a session is not for: a transaction that is in the output.
_NO_PURCHASE, _GAVE_WAY = -1, -2


@dataclass(frozen=True)
class ClickMaker:
    """Makes the clicks of any block.

    Attributes:
        names: what devices and sessions are called.
        tables: clicks, and what is true of them.
    """

    components: Components
    plan: Plan
    shop: ShopVisits
    names: Names
    tables: tuple[Table, Table]

    @classmethod
    def of(cls, components: Components, plan: Plan, shop: ShopVisits) -> "ClickMaker":
        """The clicks of a run.

        Raises:
            RefusedError: there are no customers.
        """
        people = components.world.population
        if people is None or not len(people.devices):
            message = "clicks are those of customers, and the population has only cards"
            raise RefusedError(message, path="clicks", hint="clicks=none")
        ids = ShopIds.of(components.seed, components.world.timeline, components.world.cards)
        names = Names.of(
            people.devices,
            len(people.customers),
            shop=ids,
            days=shop.devices.days,
            timeline=components.world.timeline,
            seed=components.seed,
        )
        return cls(components, plan, shop, names, click_tables())

    def __call__(self, index: int, genuine: Events, rows: BlockRows, source_t: Int64) -> dict[str, Batch]:
        """The clicks of a block and their labels.

        Honest sessions are those of the control world: they are drawn for its rows, and those of rows that gave way are
        left out. Sessions of added rows have streams of their own.

        Args:
            genuine: all genuine rows of the block, those that give way included.
            rows: what became of the block.
            source_t: (t,) genuine row that each final one was; -1 for an added one.
        """
        became = np.full(len(genuine.time_us_t), _GAVE_WAY)
        became[source_t[source_t >= 0]] = np.flatnonzero(source_t >= 0)
        honest, row_g = self._honest(index, genuine)
        row_s = np.full(len(honest), _NO_PURCHASE)
        row_s[: len(row_g)] = became[row_g]
        path = draw_path(self.shop, honest, rng=self._draw("paths", index))
        staying_t = row_s[path.session_t] != _GAVE_WAY
        path = Path(path.session_t[staying_t], path.type_t[staying_t], path.second_t[staying_t])
        added, row_f = self._added(index, rows, source_t)
        path_f = draw_path(self.shop, added, rng=self._draw("paths of fraud", index))
        path = Path(
            np.concatenate([path.session_t, len(honest) + path_f.session_t]),
            np.concatenate([path.type_t, path_f.type_t]),
            np.concatenate([path.second_t, path_f.second_t]),
        )
        return self._render(index, honest.joined(added), path, np.concatenate([row_s, row_f]), rows)

    @cached_property
    def _online(self) -> int:
        channel = next(column for column in self.components.generator.columns if column.name == "channel")
        return int(channel.categories.index("online"))

    @cached_property
    def _session_r(self) -> list[Session]:
        """What is declared of the session behind each role of the run."""
        patterns = self.components.patterns
        roles_of = self.plan.roles_of.items()
        return [patterns[name].sessions.get(role, Session()) for name, roles in roles_of for role in roles]

    @cached_property
    def _device_e(self) -> Int64:
        """(e,) the device of each planned episode, by its id; new to the customer of its first event."""
        people = self.components.world.population
        assert people is not None, "clicks are those of customers"
        second_e, card_e = self.plan.firsts
        span_e = self.names.spans_of(people.cards.customer_c[card_e], second_e)
        return self.names.new_devices(span_e, 1 + np.arange(len(span_e)))

    def _draw(self, purpose: str, index: int) -> "np.random.Generator":
        return Streams(self.components.seed, "clicks").draw(purpose, index)

    def _honest(self, index: int, genuine: Events) -> tuple[Visits, Int64]:
        """The visits of the control world, and the genuine rows that the first of them lead to.

        The others lead to nothing: customer and shop are those of one purchase, the time is that of another.
        """
        row_g = np.flatnonzero(genuine.own["channel"] == self._online)
        rng = self._draw("visits", index)
        browsing = round(self.shop.browsing * len(row_g))
        who, when = (rng.random((2, browsing)) * len(row_g)).astype(np.int64)
        who_s, when_s = (np.concatenate([row_g, row_g[picked]]) for picked in (who, when))
        card_s, last_s = genuine.card_t[who_s], genuine.time_us_t[when_s] // US_PER_S
        buys_s = np.arange(len(who_s)) < len(row_g)
        id_s = np.concatenate(
            [
                self.names.purchases(last_s[buys_s], card_s[buys_s]),
                self.names.browsing(last_s[~buys_s], card_s[~buys_s]),
            ]
        )
        return draw_visits(
            self.shop,
            self.names,
            genuine.own["customer_id"][who_s],
            genuine.own["merchant_id"][who_s],
            last_s,
            last_s - self.plan.blocks.edge_s_b[index],
            buys_s,
            id_s,
            rng=rng,
        ), row_g

    def _added(self, index: int, rows: BlockRows, source_t: Int64) -> tuple[Visits, Int64]:
        """The visits that lead to added rows, and those rows."""
        truth, own = rows.truth, rows.events.own
        mine = (source_t[truth.row_f] < 0) & (own["channel"][truth.row_f] == self._online)
        row_f, role_f = truth.row_f[mine], truth.facts.role_f[mine]
        rng = self._draw("visits of fraud", index)
        last_f = rows.events.time_us_t[row_f] // US_PER_S
        room_f = last_f - self.plan.blocks.edge_s_b[index]
        visits = draw_visits(
            self.shop,
            self.names,
            own["customer_id"][row_f],
            own["merchant_id"][row_f],
            last_f,
            room_f,
            np.ones(len(row_f), dtype=bool),
            self.names.purchases(last_f, rows.events.card_t[row_f]),
            rng=rng,
        )
        declared = self._session_r
        login_f = np.array([session.login for session in declared], dtype=bool)[role_f]
        change_f = rng.random(len(row_f)) < np.array([session.profile_change for session in declared])[role_f]
        new_f = np.array([session.new_device for session in declared], dtype=bool)[role_f]
        device_f = self._device_e[truth.facts.episode_id_f[mine]]
        longest_f = np.array([_longest(session) for session in declared], dtype=np.int64)[role_f]
        return visits.altered(login_f, change_f, new_f, device_f, longest_f), row_f

    def _render(self, index: int, visits: Visits, path: Path, row_s: Int64, rows: BlockRows) -> dict[str, Batch]:
        """Both tables, in order of time; clicks of one second in the order of their sessions' ids."""
        session_t = path.session_t
        order = np.lexsort((visits.id_s[session_t], path.second_t))
        session_t, type_t = session_t[order], path.type_t[order]
        id_t = index * STRIDE + np.arange(len(order))
        buys_t = type_t == PURCHASE
        columns = {
            "click_id": to_arrow(id_t),
            "time": to_arrow(path.second_t[order] * US_PER_S),
            "customer_id": to_arrow(visits.customer_s[session_t]),
            "session_id": to_arrow(visits.id_s[session_t]),
            "event_type": names_to_arrow(ACCOUNT_TYPES).take(to_arrow(type_t)),
            "merchant_id": to_arrow(visits.merchant_s[session_t]),
            "device_id": to_arrow(visits.device_s[session_t]),
            "event_id": to_arrow(np.where(buys_t, rows.first_event_id + row_s[session_t], 0), buys_t),
        }
        clicks, labels = self.tables
        return {
            "clicks": Batch.of(clicks, columns, {}),
            "click_labels": Batch.of(labels, _labels(rows.truth, len(rows), row_s[session_t], id_t, type_t), {}),
        }


def _longest(session: Session) -> int:
    return np.iinfo(np.int64).max if session.longest_s is None else session.longest_s


def _labels(truth: Truth, rows: int, row_t: Int64, id_t: Int64, type_t: Int64) -> Mapping[str, pa.Array]:
    """What is true of the clicks whose session leads to a fraud row.

    Args:
        row_t: the row that the session of each click leads to, below 0 for none.
    """
    fact_r = np.full(rows + 1, -1)
    fact_r[truth.row_f] = np.arange(len(truth.row_f))
    fact_t = fact_r[np.maximum(row_t, -1)]
    here = np.flatnonzero(fact_t >= 0)
    fact, type_l = fact_t[here], type_t[here]
    # Behind the roles of transactions: a login, failed or not, a change of the profile, and all that is looked at.
    other_l = len(truth.roles) + np.select(
        [(type_l == LOGIN) | (type_l == LOGIN_FAILED), type_l == PROFILE_CHANGE], [0, 1], 2
    )
    role_l = np.where(type_l == PURCHASE, truth.facts.role_f[fact], other_l)
    return {
        "click_id": to_arrow(id_t[here]),
        "scenario": names_to_arrow(truth.scenarios).take(to_arrow(truth.facts.scenario_f[fact])),
        "episode_id": to_arrow(truth.facts.episode_id_f[fact]),
        "role": names_to_arrow((*truth.roles, *ROLES)).take(to_arrow(role_l)),
    }
