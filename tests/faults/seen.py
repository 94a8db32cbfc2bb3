"""What a reader sees in a place: the digest of a whole run, nothing, or what is wrong."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.config.catalog import Catalog


def look(plugin: str, stranger: str, *uris: str) -> None:
    """Prints a line for each uri: the digest of the run there, ``none``, or ``half: …`` or ``torn: …``.

    ``half`` is what a check says that the sink's own plugin brings: ``synth verify`` tells it by name.

    Args:
        plugin: path of a plugin to load.
        stranger: whether the reader may not write there, ``stranger`` or empty; for directories alone.
    """
    from synth.config.catalog import load_catalog

    catalog = load_catalog([Path(plugin)], [])
    with _as_stranger([Path(uri) for uri in uris]) if stranger else contextlib.nullcontext():
        for uri in uris:
            print(_seen(uri, catalog))


def _seen(uri: str, catalog: "Catalog") -> str:
    from synth.check.reader import open_output
    from synth.check.verify.tables import check_files, check_foreign
    from synth.errors import SynthError

    try:
        output = open_output(uri, catalog)
        for check in (check_files(output), check_foreign(output)):
            if not check.ok:
                return f"torn: {check.name}: {check.detail}"
        for _, spec in catalog.checks:
            if output.manifest["sink"]["kind"] in spec.sinks:
                for told in spec.function(output):
                    return f"half: {told}"
        return str(output.manifest["digest"])
    except SynthError as error:
        return "none" if "holds no synth run" in str(error) else f"torn: {error}"


@contextmanager
def _as_stranger(places: list[Path]) -> Iterator[None]:
    """Who may not write below the places: nobody, or else their owner, whose rights are taken away meanwhile."""
    if os.geteuid() == 0:
        os.setuid(65534)
        yield
        return
    folders = [folder for place in places for folder in (place, *filter(Path.is_dir, place.rglob("*")))]
    for folder in folders:
        folder.chmod(0o555)
    yield
    for folder in folders:
        folder.chmod(0o755)
