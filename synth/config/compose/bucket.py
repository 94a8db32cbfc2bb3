"""``${sagemaker_bucket:}``: the bucket that a SageMaker session uses by default."""


class BucketError(Exception):
    """Why the bucket's name could not be found out, in one line without any credential."""


def sagemaker_bucket() -> str:
    """``sagemaker-{region}-{account}``, as ``sagemaker.Session().default_bucket()`` names it.

    The region is the boto3 session's, the account comes from STS.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError as error:
        message = "no SageMaker bucket without boto3; pip install boto3"
        raise BucketError(message) from error
    try:
        session = boto3.session.Session()
        region = session.region_name
        if not region:
            message = "no AWS region; set AWS_DEFAULT_REGION"
            raise BucketError(message)
        patience = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
        sts = session.client("sts", region_name=region, config=patience)
        account = sts.get_caller_identity()["Account"]
    except NoCredentialsError as error:
        message = "no AWS credentials"
        raise BucketError(message) from error
    except ClientError as error:
        # a full message may quote the signed request, session token included
        code = error.response.get("Error", {}).get("Code", "unknown error")
        message = f"AWS STS refused the credentials: {code}"
        raise BucketError(message) from error
    except BotoCoreError as error:
        raise BucketError(str(error).splitlines()[0]) from error
    return f"sagemaker-{region}-{account}"
