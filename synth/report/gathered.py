"""Reads what a report tells: the figures of ``synth stats``, and single episodes in the lives of their cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.check.stats import measure_rows
from synth.check.stats.rows import CARD, named
from synth.check.stats.subject import Subject
from synth.report.alike import LookAlikes, Sought, Stretch
from synth.report.passes import AmountShape, FraudRows, Lives

#: Scenarios of which an episode is drawn, those with the most fraud: a column of other people may have many values.
MOST_SCENARIOS = 12

#: Events that an episode has to have to be a picture of its scenario, if any has.
_TOLD = 2


@dataclass(frozen=True)
class Chosen:
    """An episode that stands for its scenario.

    Attributes:
        scenario, episode: which one.
        card: index of the card that it names into ``Gathered.lives``; None where it names none that the rows show.
        fraud: (n,) its rows, as indices into the fraud rows.
        roles: of each.
        sought: what its look-alike would be like; None where it names no card.
    """

    scenario: str
    episode: int
    card: int | None
    fraud: Int64
    roles: Sequence[str]
    sought: Sought | None = None


@dataclass(frozen=True)
class Gathered:
    """All that a report tells of one place.

    Attributes:
        subject: the rows, and what is known of them.
        stats: the figures, as ``synth stats`` gives them.
        shape: rows in each bin of amounts; None where there are no amounts.
        fraud: the fraud rows; None where there are no times.
        by: the event column that tells cards apart; empty where the view shows none.
        episode_f: (f,) the episode of each fraud row; None where nothing says so.
        chosen: an episode of each scenario.
        lives: the rows of the cards of those; None where the view shows too little.
        alike: their look-alikes, in their order; None for one that has none.
    """

    subject: Subject
    stats: Mapping[str, Any]
    shape: Mapping[str, Sequence[int]] | None
    fraud: FraudRows | None
    by: str
    episode_f: Int64 | None
    chosen: Sequence[Chosen]
    lives: Lives | None
    alike: Sequence[Stretch | None]

    def table(self, name: str, *needed: str) -> Mapping[str, pa.Array] | None:
        """Some columns of a small table; None where it does not have all of them."""
        return self.subject.columns_of(name, needed)


def gather(subject: Subject) -> Gathered:
    """Reads the rows once, and the small tables.

    Raises:
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    episode_f, chosen, cards = _choose(subject)
    by = named(CARD, subject.shown)
    keys = _keys(subject, by, cards) if cards else None
    people = None if keys is None else keys.drop_null().unique()  # cards of one customer may be one
    places = [] if keys is None else pc.index_in(keys, value_set=people).to_pylist()
    chosen = [replace(each, card=places[each.card] if places and each.card is not None else None) for each in chosen]
    shape, fraud = AmountShape(), FraudRows()
    lives = None if people is None else Lives(by, people)
    alike = LookAlikes(by, [each.sought for each in chosen])
    more = [shape, fraud, *([lives] if lives else []), *([alike] if by else [])]
    stats = measure_rows(subject, more)
    return Gathered(
        subject=subject,
        stats={name: value for name, value in stats.items() if name not in {each.name for each in more}},
        shape=stats.get(shape.name),
        fraud=fraud if fraud.name in stats else None,
        by=by,
        episode_f=episode_f,
        chosen=chosen,
        lives=lives if lives and lives.name in stats else None,
        alike=alike.found,
    )


def _choose(subject: Subject) -> tuple[Int64 | None, list[Chosen], list[Any]]:
    """(f,) the episode of each fraud row, of each scenario the one of median length, and the cards that these name."""
    labels = subject.columns_of("labels", ("event_id", "scenario", "episode_id", "role"))
    if labels is None:
        return None, [], []
    if subject.dropped is not None:
        labels = subject.dropped.without(labels)
    episodes = subject.columns_of("episodes", ("episode_id", "card_number", "first_time", "last_time", "amount_minor"))
    episode_f = labels["episode_id"].to_numpy(zero_copy_only=False).astype(np.int64)
    chosen, cards = [], dict[Any, int]()
    counted = pc.value_counts(labels["scenario"].drop_null()).to_pylist()
    most = sorted(counted, key=lambda each: (-each["counts"], each["values"]))[:MOST_SCENARIOS]
    for scenario in sorted(each["values"] for each in most if each["values"]):
        mine_f = np.flatnonzero(np.asarray(pc.equal(labels["scenario"], scenario)))
        names, events = np.unique(episode_f[mine_f], return_counts=True)
        long = events >= min(_TOLD, events.max())
        order = np.argsort(events[long], kind="stable")
        episode = int(names[long][order[(len(order) - 1) // 2]])
        fraud = mine_f[episode_f[mine_f] == episode]
        number, sought = _victim(episodes, episode, len(fraud))
        roles = [str(role) for role in labels["role"].take(pa.array(fraud)).to_pylist()]
        card = None if sought is None else cards.setdefault(number, len(cards))
        chosen.append(Chosen(scenario, episode, card, fraud, roles, sought))
    return episode_f, chosen, [*cards]


def _victim(episodes: Mapping[str, pa.Array] | None, episode: int, events: int) -> tuple[Any, Sought | None]:
    """The card that an episode names, None where it names none, and what a look-alike of it would be like."""
    if episodes is None:
        return None, None
    at = pc.index(episodes["episode_id"], pa.scalar(episode, episodes["episode_id"].type)).as_py()
    number = episodes["card_number"][at].as_py() if at >= 0 else None
    if number is None or number == "":
        return None, None
    first_us, last_us, minor = (
        episodes[name][at].cast(pa.int64()).as_py() for name in ("first_time", "last_time", "amount_minor")
    )
    return number, Sought(events, last_us - first_us, minor)


def _keys(subject: Subject, by: str, numbers: Sequence[Any]) -> pa.Array | None:
    """What the rows call cards of some numbers, null for one that there is not; None where that is not known."""
    given = pa.array(numbers)
    if by == "card_number":
        return given
    cards = subject.columns_of("cards", ("card_number", by)) if by else None
    if cards is None:
        return None
    return cards[by].take(pc.index_in(given, value_set=cards["card_number"].cast(given.type)))
