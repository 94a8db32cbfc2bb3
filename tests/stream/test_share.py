"""A stream in parts: together they are the stream, each row when it is due."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from synth.clock.schedule import make_schedule
from synth.config.recipe import load_recipe
from synth.contracts.sink import SinkJob
from synth.contracts.stream_sink import Checkpoint
from synth.engine.end_of_run import EndOfRun
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError
from synth.rng import Streams
from synth.sinks.stdout import Stdout, StdoutConfig
from synth.stream import Share, stream
from synth.stream.deliveries import deliveries
from synth.stream.pieces import BlockEnd, Piece, make_pieces

RECIPE = (
    *("generator.transactions=9000", "block_rows=1300", "population.cards=70", "timeline.end=2022-01-09"),
    *("scenario=card_chain", "scenario.card_chain.ratio=0.02"),
)
NOISE = ("noise=network", "noise.duplicates.share=0.05", "noise.drops.share=0.05", "noise.disorder.share=0.1")
CLOCKS = ["rate", "poisson", "ramp", "bursts", "replay"]
PARTS = 4
START = Checkpoint.start("a" * 64, origin_us=0)


@dataclass
class Sent:
    """What a part hands over.

    Attributes:
        rows: (microseconds after the start, text) of each transaction.
        fraud: how many of them are fraud.
        ends: of the blocks.
    """

    rows: list[tuple[int, bytes]]
    fraud: int
    ends: list[BlockEnd]


def send(prepared: Prepared, share: Share, at: Checkpoint = START) -> Sent:
    sent = Sent([], 0, [])
    schedule = make_schedule(prepared.recipe.clock, prepared.recipe.timeline, Streams(1, "clock"))
    made = deliveries(prepared, at.block, EndOfRun(prepared.make_block))
    sink = Stdout(StdoutConfig(), SinkJob("", prepared.make_block.tables, (), 1, overwrite=False))
    for piece in make_pieces(sink, schedule, made, at, share):
        if isinstance(piece, Piece):
            assert piece.offset_us_t is not None
            lines = (bytes(piece.encoded.rows(row, row + 1)) for row in range(piece.rows))
            sent.rows += zip(piece.offset_us_t.tolist(), lines, strict=True)
            sent.fraud += int(piece.fraud_t[-1])
        else:
            sent.ends.append(piece)
    return sent


def made(*overrides: str) -> Prepared:
    return prepare(load_recipe([*RECIPE, *overrides])[0])


@pytest.mark.parametrize("noise", [(), NOISE], ids=["clean", "noisy"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_the_parts_are_the_stream_and_each_row_is_due_when_it_was(clock: str, noise: tuple[str, ...]) -> None:
    prepared = made(f"clock={clock}", *noise)
    whole = send(prepared, Share())
    parts = [send(prepared, Share(part, PARTS)) for part in range(PARTS)]
    assert sorted(row for each in parts for row in each.rows) == sorted(whole.rows)
    assert sum(each.fraud for each in parts) == whole.fraud > 0
    assert min(len(each.rows) for each in parts) > len(whole.rows) / PARTS / 2
    for each in parts:
        own = {text for _, text in each.rows}
        assert each.rows == [row for row in whole.rows if row[1] in own]
        assert [(end.rows, end.digests, end.arrivals) for end in each.ends] == [
            (end.rows, end.digests, end.arrivals) for end in whole.ends
        ]
    assert [end.side for each in parts[1:] for end in each.ends if end.side] == []
    assert len(parts[0].ends[0].side) == len(whole.ends[0].side) > 0


@pytest.mark.parametrize("clock", ["poisson", "replay"])
@pytest.mark.parametrize("row", [0, 1, 150])
def test_a_part_goes_on_where_it_stopped(clock: str, row: int) -> None:
    prepared = made(f"clock={clock}", *NOISE)
    share = Share(2, PARTS)
    whole = send(prepared, share)
    deliver = deliveries(prepared, 0, EndOfRun(prepared.make_block))
    counts = [len(share.rows(delivery)) for delivery in deliver]
    for block in (0, 3, len(counts) - 1):
        done = sum(counts[:block]) + min(row, counts[block])
        before = sum(end.arrivals for end in whole.ends[:block])
        at = replace(START, block=block, row=min(row, counts[block]), before=before, events=done)
        assert send(prepared, share, at).rows == whole.rows[done:]


def test_a_card_is_in_one_part() -> None:
    prepared = made("columns=full", "clock=rate", *NOISE)
    for delivery in deliveries(prepared, 0, EndOfRun(prepared.make_block)):
        shown = delivery.transactions.native.column("card_id").to_numpy()
        np.testing.assert_array_equal(delivery.card_t, shown)
        for part in range(PARTS):
            assert (shown[Share(part, PARTS).rows(delivery)] % PARTS == part).all()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sink=jsonl_stream",), "'jsonl_stream' takes a stream in one part only"),
        (("sink=stdout", "clock=rebased"), "each of its parts starts on its own"),
    ],
)
def test_what_goes_in_one_part_only(words: tuple[str, ...], told: str) -> None:
    recipe, catalog, _ = load_recipe([*RECIPE, *words])
    with pytest.raises(ConfigError, match=told):
        stream(recipe, catalog, started=0.0, share=Share(1, 2))
