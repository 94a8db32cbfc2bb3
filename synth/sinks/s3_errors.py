"""Turns the errors of S3 and its client into one line: the cause and the next step, never a credential."""

from __future__ import annotations

from urllib.parse import urlsplit

from botocore import exceptions as aws

CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
ENDPOINT = "check AWS_ENDPOINT_URL, the network and the proxy"

ABSENT = {"NoSuchKey", "404", "NotFound"}

ANSWERS = {
    "InvalidAccessKeyId": f"the access key is unknown there; {CREDENTIALS}",
    "SignatureDoesNotMatch": "the secret key is not the access key's; check AWS_SECRET_ACCESS_KEY or the profile",
    "InvalidToken": "the session token is not valid; sign in again",
    "ExpiredToken": "the session token has expired; sign in again",
    "RequestExpired": "the session token has expired; sign in again",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the server's; set the clock",
    "PermanentRedirect": "the bucket is in another region; set AWS_DEFAULT_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set AWS_DEFAULT_REGION",
    "NoSuchUpload": "a staged upload is gone, as when another run starts in the same place; run again",
    "QuotaExceeded": "the quota is used up; make room or choose another uri",
    "InvalidStorageClass": "the bucket has no such storage class; check s3.storage_class of the sink",
    "InvalidTag": "the store takes no such tags; check s3.tags of the sink",
    "AccessControlListNotSupported": "the bucket takes no ACL; leave s3.acl of the sink out",
    "KMS.NotFoundException": "KMS has no such key in the bucket's region; check s3.kms_key of the sink",
    "KMS.DisabledException": "the key is disabled in KMS; enable it, or name another one in s3.kms_key of the sink",
    "KMS.KMSInvalidStateException": "the key cannot be used now, as before its deletion; check s3.kms_key of the sink",
    "KMS.InvalidKeyUsageException": "the key is not for encryption; check s3.kms_key of the sink",
    "EntityTooLarge": "the file is larger than the server takes; use layout=parts",
    "SlowDown": "the server is too busy; try again later",
    "ServiceUnavailable": "the server is too busy; try again later",
    "InternalError": "the server failed; try again later",
}

_PUTS = ("PutObject", "CreateMultipartUpload")

FAILURES: dict[type[aws.BotoCoreError] | tuple[type[aws.BotoCoreError], ...], str] = {
    aws.NoCredentialsError: f"no credentials were found; {CREDENTIALS}",
    aws.PartialCredentialsError: f"the credentials are incomplete; {CREDENTIALS}",
    aws.ProfileNotFound: "the profile does not exist; check AWS_PROFILE",
    (
        aws.CredentialRetrievalError,
        aws.TokenRetrievalError,
        aws.SSOError,
    ): "the credentials cannot be had; sign in again",
    (aws.ConnectTimeoutError, aws.ReadTimeoutError): f"{{endpoint}} does not answer in time; {ENDPOINT}",
    aws.SSLError: "no trusted TLS connection to {endpoint}; check its certificate and AWS_CA_BUNDLE",
    aws.ProxyConnectionError: "the proxy cannot be reached; check HTTPS_PROXY",
    aws.EndpointConnectionError: f"{{endpoint}} cannot be reached; {ENDPOINT}",
    (
        aws.HTTPClientError,
        aws.IncompleteReadError,
    ): f"the connection to {{endpoint}} was lost; {ENDPOINT}, and run again",
}


def explain(error: aws.BotoCoreError | aws.ClientError, bucket: str, endpoint: str) -> str:
    """Cause and next step. The server's own message is left out: it may quote what was sent."""
    if isinstance(error, aws.ClientError):
        return _explain_answer(error, bucket)
    for kind, text in FAILURES.items():
        if isinstance(error, kind):
            return text.format(endpoint=_host(endpoint))
    return f"the S3 client failed with {type(error).__name__}; see --debug"


def code_of(error: aws.ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _explain_answer(error: aws.ClientError, bucket: str) -> str:
    code = code_of(error)
    if code in ANSWERS:
        return ANSWERS[code]
    if code == "NoSuchBucket":
        return f"bucket '{bucket}' does not exist; create it, or choose another uri"
    if code in {"AccessDenied", "403", "Forbidden"}:
        what = f"these credentials may not do {error.operation_name} in bucket '{bucket}'"
        if error.operation_name in _PUTS:
            return f"{what}; ask its owner for the right, or what it demands of objects, and say it in s3 of the sink"
        return f"{what}; ask its owner for the right"
    if code in ABSENT:
        return "there is no such file"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "?")
    return f"the server answered {code or 'an error'} (HTTP {status}) to {error.operation_name}; see --debug"


def _host(endpoint: str) -> str:
    """The endpoint without a user and password that somebody may have put in it."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
