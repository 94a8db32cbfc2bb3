"""What is measured: labelled rows in the order of time, of an output or of other people, and what is known of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synth.check.manifest import short
from synth.check.reader import open_output, with_original_times
from synth.check.records import Records
from synth.check.stats.foreign import truth_of
from synth.check.stats.fraud import Labels
from synth.check.stats.targets import RecipeFigures, read_targets
from synth.check.verify.noise import Dropped, NoiseKey, read_noise
from synth.check.verify.tables import Found, one_piece, sources_of
from synth.config.catalog import Catalog
from synth.config.typed import adapter
from synth.contracts.output import Output
from synth.errors import RefusedError
from synth.timeline import US_PER_S, Timeline, TimelineConfig

_FEW_VALUES = ("string", "bool", "int8")

#: Years that are counted hour by hour; a file whose numbers are no times spans more.
_MOST_YEARS = 200
_YEAR_S = 366 * 86_400


@dataclass(frozen=True)
class Subject:
    """Labelled rows.

    Attributes:
        name: where they are.
        fingerprint: of the run that made them; empty for rows of other people.
        timeline: the window that they lie in.
        targets: what their recipe asks for.
        shown: event column → the column of the rows that shows it.
        few: event columns that may have few values.
        labels: which rows are fraud.
        count: how many rows there are.
        rows: reads them.
        output: the run that made them; None for rows of other people.
        dropped: what of it never came; None where all rows did.
        truth: the small tables of rows of other people.
        guessed: whether nothing says which rows are of one episode.
    """

    name: str
    fingerprint: str
    timeline: Timeline
    targets: RecipeFigures
    shown: Mapping[str, str]
    few: Sequence[str]
    labels: Labels
    count: int
    rows: Callable[[], Iterator[pa.RecordBatch]]
    output: Output | None = None
    dropped: Dropped | None = None
    truth: Mapping[str, Mapping[str, pa.Array]] = field(default_factory=dict)
    guessed: bool = False

    def columns_of(self, table: str, needed: Sequence[str]) -> Mapping[str, pa.Array] | None:
        """Some columns of a small table; None where it does not have all of them."""
        if self.output is None:
            found = self.truth.get(table, {})
            return {name: found[name] for name in needed} if found.keys() >= {*needed} else None
        if table not in self.output.manifest["tables"]:
            return None
        known = sources_of(self.output, table)
        return _columns(self.output, table, needed) if all(source in known for source in needed) else None


def read_subject(uri: str, catalog: Catalog) -> Subject:
    """The rows of a finished output, as they were made.

    Raises:
        RefusedError: the place holds no run, cannot be read, or its recipe has no window.
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    output = with_original_times(open_output(uri, catalog))
    timeline = _window(output)
    targets = read_targets(output.manifest["recipe"], output.manifest["counts"], timeline, catalog)
    shown = sources_of(output, "transactions")
    noise = _noise(output)
    count = output.table("transactions")["rows"] - len(noise.dropped.event_d)
    labels = Labels(
        noise.dropped.without(_columns(output, "labels", ("event_id", "scenario", "role"))),
        _columns(output, "episodes", ("scenario",)),
        count,
    )
    few = [*_few(output, shown)]
    fingerprint = output.manifest["fingerprint"]
    return Subject(
        uri, fingerprint, timeline, targets, shown, few, labels, count, noise.rows, output, dropped=noise.dropped
    )


def subject_of(records: Records) -> Subject:
    """Rows of other people, in the order of time.

    Raises:
        RefusedError: their times span more years than can be counted by hour.
    """
    time_us = records.rows.column("time").cast(pa.int64()).to_numpy()
    order = np.argsort(time_us, kind="stable")
    start_s, end_s = (int(time_us[order[at]]) // US_PER_S for at in (0, -1))
    if end_s - start_s > _MOST_YEARS * _YEAR_S:
        raise RefusedError(f"the times of {records.name} span more than {_MOST_YEARS} years")
    table = records.rows.take(pa.array(order)).combine_chunks()
    truth = truth_of(records, order)
    few = [field.name for field in table.schema if str(field.type) in _FEW_VALUES and field.name not in records.roles]
    return Subject(
        name=records.name,
        fingerprint="",
        timeline=Timeline(start_s, end_s + 1),
        targets=RecipeFigures(),
        shown={name: name for name in table.column_names},
        few=few,
        labels=Labels(truth["labels"], truth["episodes"], table.num_rows),
        count=table.num_rows,
        rows=lambda: iter(table.to_batches()),
        truth=truth,
        guessed=records.guessed,
    )


def _few(output: Output, shown: Mapping[str, str]) -> Iterator[str]:
    """Each observable column of texts, flags or small numbers, the generator's own included."""
    for column in output.table("transactions")["columns"]:
        observable = column.get("role") == "observable" and shown.get(column["source"]) == column["name"]
        if observable and column["type"] in _FEW_VALUES:
            yield column["source"]


def _window(output: Output) -> Timeline:
    """The window of the recipe."""
    try:
        config = adapter(TimelineConfig).validate_json(json.dumps(output.manifest["recipe"]["timeline"]))
        for problem in config.problems():
            raise ValueError(problem.line)
        return Timeline.parse(config)
    except (KeyError, ValueError, OverflowError) as error:
        raise RefusedError(
            f"the manifest of {output.uri} has no window that can be read: {short(str(error))}"
        ) from error


def _columns(output: Output, table: str, needed: Sequence[str]) -> Mapping[str, pa.Array]:
    """Some columns of a small table: event column → values."""
    names = sources_of(output, table)
    if absent := [source for source in needed if source not in names]:
        raise RefusedError(f"table {table} of {output.uri} has no {' and no '.join(absent)}")
    whole = pa.Table.from_batches(output.batches(table), output.schema(table))
    return {source: one_piece(whole.column(names[source])) for source in needed}


def _noise(output: Output) -> NoiseKey:
    """What undoes the noise of a stream: the rows are counted as they were made, but for those that never came."""
    found = Found.keeping(output, "noise") if "noise" in output.manifest["tables"] else None
    noise = read_noise(output, found)
    if noise.hidden:
        raise RefusedError(f"the transactions of {output.uri} cannot be put back as they were made: {noise.hidden}")
    return noise
