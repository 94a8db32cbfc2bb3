"""What came, what the recipe makes expect, and how to make it again."""

import json
from collections.abc import Iterator
from typing import Any

from synth.report.figures import Column, Figure, Part, duration, told
from synth.report.gathered import Gathered
from synth.wording import counted

_SIDES = (Column("what", ""), Column("came", "came"), Column("expected", "expected"))


def overview(found: Gathered, repeat: str) -> Part:
    """Counts beside what the recipe makes expect, digests, and the recipe."""
    stats, output = found.stats, found.subject.output
    fraud = stats["fraud"]
    share = told(fraud["share_of_rows"], "share") or "0 %"
    start, end = (_moment(stats["window"][edge]) for edge in ("start", "end"))
    notes = [
        f"{counted(stats['rows']['found'], 'payment')} from {start} to {end} (UTC), "
        f"{fraud['rows']:,} of them fraud ({share})."
    ]
    figures = [Figure("overview", "What came, and what the recipe makes expect", _SIDES, [*_counts(found)])]
    if output is None:
        return Part("overview", "At a glance", [*notes, "These rows come without a recipe."], figures)
    notes.append(_EXPECTED)
    rows = [{"what": "fingerprint of the recipe", "value": output.manifest["fingerprint"]}]
    rows += [{"what": "digest of the rows", "value": output.manifest["digest"]}]
    rows += [{"what": f"made with {name}", "value": version} for name, version in output.manifest["versions"].items()]
    rows += [{"what": "made with synth", "value": output.manifest["synth"]}]
    origin = (Column("what", ""), Column("value", ""))
    figures.append(Figure("origin", "How to know it again", origin, rows))
    tables = [
        {"table": name, "rows": table["rows"], "doc": table.get("doc", "")}
        for name, table in output.manifest["tables"].items()
    ]
    columns = (Column("table", "table"), Column("rows", "rows", "count"), Column("doc", "a row is"))
    figures.append(Figure("tables", "Tables", columns, tables, size="full"))
    notes.append(f"Made again, to the same bytes, by: {repeat}" if repeat else _AGAIN)
    return Part("overview", "At a glance", notes, figures, document=_yaml(output.manifest["recipe"]))


_EXPECTED = (
    "Expected is what follows from the recipe alone, asked for or not: numbers that the recipe sets come exactly, "
    "averages with chance around them. Where a cell is empty, the recipe does not say."
)
_AGAIN = (
    "The recipe below, with its seed, makes the same rows again, whatever the machine and the number of workers; "
    "the digest says whether it did."
)


def _counts(found: Gathered) -> Iterator[dict[str, Any]]:
    stats = found.stats
    yield _side("payments", stats["rows"])
    yield {"what": "window", "came": duration(stats["window"]["seconds"]), "expected": ""}
    if "time" in stats:
        yield _side("payments a day", stats["time"]["rows_per_day"]["mean"])
    for name, noun in (("cards", "in use"), ("merchants", "in use")):
        if name in stats:
            yield _side(f"{stats[name]['by'].partition('_')[0]}s {noun}", stats[name]["active"])
    fraud = stats["fraud"]
    planned = [scenario["rows"]["recipe"] for scenario in fraud["scenarios"].values()]
    known = bool(planned) and None not in planned
    yield _side("fraud payments", {"found": fraud["rows"], "recipe": sum(planned) if known else None})
    if fraud["value"] is not None:
        value = f"{told(fraud['value'], 'money')} ({told(fraud['share_of_value'], 'share') or '0 %'} of all)"
        yield {"what": "fraud value", "came": value, "expected": ""}
    for name, scenario in fraud["scenarios"].items():
        yield _side(f"{name}: payments", scenario["rows"])
        if found.subject.output is not None:
            yield _side(f"{name}: episodes", scenario["episodes"])


def _moment(text: str) -> str:
    """A time for people; midnight is the day."""
    return text.removesuffix("T00:00:00Z").removesuffix("Z").replace("T", " ")


def _side(what: str, figure: Any) -> dict[str, Any]:
    sides = {"came": figure["found"], "expected": figure["recipe"]}
    return {"what": what, **{side: told(value, "count") for side, value in sides.items()}}


def _yaml(recipe: Any) -> str:
    import yaml

    return yaml.safe_dump(json.loads(json.dumps(recipe)), sort_keys=False, allow_unicode=True, width=100)
