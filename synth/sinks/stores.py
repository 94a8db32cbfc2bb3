"""Opens the store at a uri: a local directory or `s3://bucket/prefix`, behind one interface."""

from collections.abc import Sequence

from synth.contracts.store import Staging, Store
from synth.sinks.places import RunFolder, S3Place, parse_uri
from synth.sinks.s3_options import S3Options


def open_store(uri: str, beside: str = "", *, run_folder: RunFolder = "auto", s3: S3Options | None = None) -> Store:
    """The store at a uri. Touches nothing yet; boto3 is imported only for `s3://`.

    Args:
        beside: the folder below it, with a slash at its end, in which manifest and card are written.
        run_folder: whether a run has a folder of its own below it.
        s3: how objects are put into a bucket; None: as the bucket says.

    Raises:
        RefusedError: the uri is neither a directory's path nor `s3://bucket/prefix`.
    """
    place = parse_uri(uri)
    if isinstance(place, S3Place):
        from synth.sinks.s3_store import S3Store

        return S3Store(place, beside, run_folder, s3)
    from synth.sinks.local_store import LocalStore

    return LocalStore(place, beside, run_folder)


def find_stagings(uri: str) -> Sequence[Staging]:
    """What runs that are not published keep at a uri, by id.

    Raises:
        RefusedError: the uri is no place, or it cannot be read.
    """
    place = parse_uri(uri)
    if isinstance(place, S3Place):
        from synth.sinks.s3_staging import stagings_below

        return stagings_below(place)
    from synth.sinks.staging import stagings_in

    return stagings_in(place.uri, place.path)


def clean(uri: str) -> None:
    """Removes all that unfinished runs have left at a uri.

    Raises:
        RefusedError: the uri is no place, somebody is writing there, or it cannot be removed.
    """
    place = parse_uri(uri)
    open_store(uri).read_manifest()  # ends a commit that died, which may need what is staged
    if isinstance(place, S3Place):
        from synth.sinks.s3_staging import clean_below

        return clean_below(place)
    from synth.sinks.staging import clean as clean_directory

    return clean_directory(place.uri, place.path)
