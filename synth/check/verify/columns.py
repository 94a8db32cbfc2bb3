"""What the manifest says of columns, held against what this version declares of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from synth import __version__
from synth.check.manifest import short
from synth.check.verify.rows import Check
from synth.config.typed import adapter
from synth.contracts.output import Output
from synth.tables.column import as_json
from synth.tables.registry import TABLES
from synth.tables.views import ColumnsConfig, column_of

#: What tools go by when they part truth from the rest; docs may be worded anew.
_FACTS = ("role", "unit")


def check_columns(output: Output) -> Iterator[Check]:
    """Roles and units of each built-in column, and the transactions' columns as the recipe's view has them.

    Where another version wrote the manifest, it may declare others; then nothing can be said.
    """
    name, wrote = "columns", output.manifest["synth"]
    if wrote != __version__ or output.manifest["format"] < 2:
        yield Check(name, None, f"synth {short(wrote)} wrote the manifest, in form {output.manifest['format']}")
        return
    problem = next(_unlike_view(output), "") or next(_odd(output), "")
    yield Check(
        name, not problem, problem or "roles and units are those that are declared, and the view is the recipe's"
    )


def _odd(output: Output) -> Iterator[str]:
    """What differs from the declarations; a column that is shown as viewed has the forms that the view gives it."""
    forms: dict[str, set[str]] = {}
    for column in output.table("transactions")["columns"]:
        forms.setdefault(column["source"], set()).add(column["format"])
    for table, entry in output.manifest["tables"].items():
        declared = TABLES[table].columns if table in TABLES else {}
        for column in entry["columns"]:
            known = declared.get(column["source"])
            if known is None:
                if table in TABLES and table != "transactions" and column["source"] != column["name"]:
                    yield f"{table}.{column['name']}: nothing is declared that is called {short(column['source'])}"
                continue
            as_viewed = column["source"] in TABLES[table].facts.as_viewed
            shown = forms.get(column["source"]) if as_viewed else None
            if table != "transactions" and column["format"] not in (shown or {known.formats[0]}):
                yield f"{table}.{column['name']}: nothing is shown as {short(column['format'])}"
            found: Mapping[str, Any] = column
            for fact in _FACTS:
                if found.get(fact, "") != as_json(known).get(fact, ""):
                    yield f"{table}.{column['name']}: its {fact} is not what is declared"


def _unlike_view(output: Output) -> Iterator[str]:
    """What differs between the columns of the transactions and those of the view that the recipe has."""
    try:
        view = adapter(ColumnsConfig).validate_json(json.dumps(output.manifest["recipe"]["columns"])).shown()
    except (KeyError, ValueError, TypeError):
        yield "the recipe has no view that can be read"
        return
    found = output.table("transactions")["columns"]
    names = [column["name"] for column in found]
    if names != [field.name for field in view]:
        yield f"transactions: the columns are {short(', '.join(names))}, and not those of the recipe's view"
        return
    for field, column in zip(view, found, strict=True):
        known = column_of(field.source)
        form = field.format or (known.formats[0] if known else column["format"])
        if known and (column["source"], column["format"]) != (field.source, form):
            told = f"{short(column['source'])} as {short(column['format'])}, and not {field.source} as {form}"
            yield f"transactions.{column['name']}: it is {told}, as the recipe's view has it"
