"""The AWS settings that every tool finds, for libraries that look only at some of them."""

from dataclasses import dataclass

FILE_IO, OPTIONS = "synth_lakehouse.put.PutFileIO", "synth.s3"
"""What pyiceberg puts files by where a recipe says how, and the property of it that says how."""


@dataclass(frozen=True, repr=False)
class S3Settings:
    """Where S3 is and who we are; never shown."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    token: str


def find_settings() -> S3Settings:
    """As boto3 finds them: environment, profiles, roles."""
    import boto3.session

    session = boto3.session.Session()
    client = session.client("s3")
    found = session.get_credentials()
    keys = found.get_frozen_credentials() if found else None
    return S3Settings(
        endpoint=client.meta.endpoint_url,
        region=client.meta.region_name,
        access_key=(keys.access_key or "") if keys else "",
        secret_key=(keys.secret_key or "") if keys else "",
        token=(keys.token or "") if keys else "",
    )
