"""Says of a place without a finished run what it holds instead, and which command finishes it or takes it away."""

from shlex import quote

from synth.contracts.store import Source, TableSource
from synth.sinks.jsonl_stream import CHECKPOINT
from synth.sinks.places import MANIFEST, STAGING, LocalPlace, S3Place, parse_uri
from synth.sinks.staging import RECEIPTS
from synth.sinks.stores import find_stagings
from synth.wording import counted


def why_no_run(uri: str, store: Source | TableSource) -> str:
    """Why there is no manifest at a uri, in one line.

    Args:
        store: the place; one that is no directory and no bucket tells only that the manifest is missing.

    Raises:
        RefusedError: the place cannot be read.
    """
    if "://" in uri and not uri.lower().startswith("s3://"):
        return f"{uri} holds no synth run: {MANIFEST} is missing"
    place, command = parse_uri(uri), quote(uri)
    if stagings := find_stagings(uri):
        blocks = sum(len(staging.list(RECEIPTS)) for staging in stagings)
        ways = f"synth run --resume {command} finishes it, synth clean {command} removes it"
        return f"{uri} holds no synth run: one is unfinished, with {counted(blocks, 'block')} made; {ways}"
    files = store.list_files()
    if CHECKPOINT in files:
        ways = "synth stream --resume with its recipe goes on, --overwrite replaces it"
        return f"{uri} holds no synth run: a stream there has not ended; {ways}"
    if isinstance(place, LocalPlace) and any(path.is_dir() for path in place.path.glob(f"{STAGING}*")):
        return f"{uri} holds no synth run: one is under way there, or died; synth clean {command} removes what it left"
    return f"{uri} holds no synth run: {f'{MANIFEST} is missing' if files else _what_is_there(place)}"


def _what_is_there(place: LocalPlace | S3Place) -> str:
    if isinstance(place, S3Place):
        return "nothing is there"
    if place.path.is_dir():
        return "the folder is empty"
    return "it is a file" if place.path.exists() else "there is no such folder"
