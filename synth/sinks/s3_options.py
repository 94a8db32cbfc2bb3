"""How objects are put into a bucket: encryption, rights, storage class and tags, the same for every one of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import Field

from synth.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel
    from mypy_boto3_s3 import S3Client

Encryption = Literal["AES256", "aws:kms", "aws:kms:dsse"]
Acl = Literal[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
]

ASLEEP = ("GLACIER", "DEEP_ARCHIVE")
"""Storage classes whose objects have to be woken up before anybody can read them, a run's own manifest included."""


_TAG, _TAG_VALUE = re.compile(r"(?!aws:)[\w +=.:/@-]{1,128}", re.IGNORECASE), re.compile(r"[\w +=.:/@-]{0,256}")


@dataclass(frozen=True, kw_only=True)
class S3Options:
    """What the objects of a run are put into a bucket with; null: what the bucket says itself."""

    encryption: Annotated[
        Encryption | None, Field(description="by S3's own keys (AES256), or by keys of KMS, in one layer or two")
    ] = None
    kms_key: Annotated[str | None, Field(min_length=1, description="the key's id, ARN or alias; null: AWS's own")] = (
        None
    )
    bucket_key: Annotated[
        bool | None, Field(description="whether the bucket keeps a key of its own, which spares questions to KMS")
    ] = None
    acl: Annotated[Acl | None, Field(description="who else has rights to the objects, in S3's canned words")] = None
    storage_class: Annotated[
        str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$", description="e.g. STANDARD_IA, as the store names it")
    ] = None
    tags: Annotated[dict[str, str], Field(max_length=10, description="tags of each object, name to value")] = field(
        default_factory=dict
    )

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        by_kms = self.encryption in ("aws:kms", "aws:kms:dsse")
        if self.kms_key is not None and not by_kms:
            yield Problem(path="kms_key", message="a key is of KMS", allowed=("with encryption: aws:kms, or null",))
        if self.bucket_key is not None and self.encryption != "aws:kms":
            message = "a bucket's own key is one of KMS"
            yield Problem(path="bucket_key", message=message, allowed=("with encryption: aws:kms, or null",))
        if self.storage_class in ASLEEP:
            message = f"{self.storage_class} cannot be read at once, and a run reads what it has put"
            hint = "a lifecycle rule of the bucket moves it there later"
            yield Problem(path="storage_class", message=message, allowed=("e.g. GLACIER_IR or STANDARD_IA",), hint=hint)
        for name, value in self.tags.items():
            if not _TAG.fullmatch(name) or not _TAG_VALUE.fullmatch(value):
                message = f"{name!r} cannot be a tag with the value {value!r}"
                signs = "letters, digits, spaces and + - = . _ : / @"
                allowed = (f"{signs}; a name of 1 to 128 that does not begin with aws:, a value of up to 256",)
                yield Problem(path="tags", message=message, allowed=allowed)

    def apply(self, client: S3Client) -> None:
        """Lets each request of a client that makes an object say so: one that puts it, copies it or begins it in parts.

        These requests are known by what they take, so that none that somebody adds is forgotten.
        """
        words = {
            "ServerSideEncryption": self.encryption,
            "SSEKMSKeyId": self.kms_key,
            "BucketKeyEnabled": self.bucket_key,
            "ACL": self.acl,
            "StorageClass": self.storage_class,
            "Tagging": urlencode(self.tags) or None,
        }
        given = {name: value for name, value in words.items() if value is not None}

        def add(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
            if model.input_shape and {"Key", *words} <= model.input_shape.members.keys():
                params.update(given)

        if given:
            client.meta.events.register("provide-client-params.s3", add)


S3 = Annotated[S3Options, Field(description="how objects are put into a bucket; null: as the bucket says")]
"""The field ``s3`` of a sink that writes to a directory or to S3."""
