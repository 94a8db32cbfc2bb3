"""What other commands have found of the same rows: a part for each of their answers, as ``--json`` prints them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from synth.errors import RefusedError
from synth.report.figures import Column, Figure, Part
from synth.report.gathered import Gathered
from synth.wording import counted, on_one_line


def read_answer(file: Path) -> Mapping[str, Any]:
    """The answer of a command that has a part here.

    Raises:
        RefusedError: the file cannot be read, or holds no such answer.
    """
    try:
        answer = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{file} is no JSON: {on_one_line(str(error))}") from error
    command = answer.get("command") if isinstance(answer, dict) else None
    if command not in PARTS:
        known = ", ".join(f"synth {name} --json" for name in PARTS)
        raise RefusedError(f"{file} holds no answer that a report has a place for: {known}")
    if not isinstance(answer.get("data"), dict):
        raise RefusedError(f"{file} holds what went wrong with synth {command}, and no answer")
    return {**answer, "file": str(file)}


def answered(found: Gathered, answer: Mapping[str, Any]) -> Part:
    """The part of an answer.

    Raises:
        RefusedError: it is about other rows, or in another form.
    """
    try:
        return PARTS[answer["command"]](found, answer["data"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedError(
            f"{answer['file']} has another form than is known here: {on_one_line(repr(error))}"
        ) from error


def _lint(found: Gathered, data: Mapping[str, Any]) -> Part:
    rows, fraud = found.stats["rows"]["found"], found.stats["fraud"]["rows"]
    if (data["rows"], data["fraud_rows"]) != (rows, fraud):
        raise RefusedError(
            f"the answer of synth lint is about {data['rows']:,} rows, {data['fraud_rows']:,} of them fraud, "
            f"and these are {rows:,} and {fraud:,}"
        )
    tests = sum(data["tests"].values())
    notes = [f"{counted(len(data['findings']), 'finding')} in {counted(tests, 'test')} by synth lint."]
    notes += [f"Not checked: {each}." for each in data["not_checked"]]
    columns = (
        Column("severity", "how bad"),
        Column("scenario", "scenario"),
        Column("message", "what tells fraud from genuine payments"),
    )
    figures = [
        Figure(f"lint_{key}", title, columns, [_finding(each) for each in data[key]], size="full")
        for key, title in (("findings", "What gives fraud away"), ("declared", "What the scenarios declare, and so"))
        if data[key]
    ]
    return Part("lint", "What gives fraud away", notes, figures)


def _finding(finding: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: str(finding[name]) for name in ("severity", "scenario", "message")}


#: Command → what makes a part of its answer.
PARTS: Mapping[str, Callable[[Gathered, Mapping[str, Any]], Part]] = {"lint": _lint}
