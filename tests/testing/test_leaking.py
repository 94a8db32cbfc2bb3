"""Every finding of lint is about one topic, and so breaks one rule."""

import pytest

from synth.leaks.findings import Effect, Finding
from synth.testing.leaking import DECLARABLE, OWN, TOPICS, topic_of


def finding(*columns: str) -> Finding:
    return Finding("columns", "mine", "it", columns, "it tells", Effect("auc", 0.9, 0.8, 1.0), -50.0, 9, 9, 9)


@pytest.mark.parametrize(
    ("columns", "topic"),
    [
        ((), "order"),
        (("event_id",), "order"),
        (("amount_minor", "amount"), "amount"),
        (("repeats", "amount", "cents"), "repeats"),
        (("the shop is open", "hour"), "time"),
        (("cards.opened", "card_id", "card"), "card"),
        (("tag", "weekday"), OWN),
        (("labels",), OWN),
    ],
)
def test_a_finding_is_about_one_topic(columns: tuple[str, ...], topic: str) -> None:
    assert topic_of(finding(*columns), {"tag"}) == topic
    assert topic in TOPICS


def test_what_may_be_declared_is_of_one_topic() -> None:
    assert len({*DECLARABLE}) == len(DECLARABLE)
    assert not {*DECLARABLE} & {column for topic in TOPICS.values() for column in topic.columns}
