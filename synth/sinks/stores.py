"""Opens the store at a uri: a local directory or `s3://bucket/prefix`, behind one interface."""

from synth.contracts.store import Store
from synth.sinks.places import S3Place, parse_uri


def open_store(uri: str, beside: str = "", *, folders: bool = True) -> Store:
    """The store at a uri. Touches nothing yet; boto3 is imported only for `s3://`.

    Args:
        beside: the folder below it, with a slash at its end, in which manifest and card are written.
        folders: whether a run that replaces another one in a bucket may have a folder of its own.

    Raises:
        RefusedError: the uri is neither a directory's path nor `s3://bucket/prefix`.
    """
    place = parse_uri(uri)
    if isinstance(place, S3Place):
        from synth.sinks.s3_store import S3Store

        return S3Store(place, beside, folders=folders)
    from synth.sinks.local_store import LocalStore

    return LocalStore(place, beside)
