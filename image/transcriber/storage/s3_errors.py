"""What went wrong in S3, as the job sees it."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore_errors
from botocore.exceptions import BotoCoreError, ClientError

from transcriber.errors import (
    FaultError,
    TemporaryFailureError,
    TranscriberError,
    UnusableInputError,
    UsageError,
)

# HEAD answers carry no body, so that their code is the bare status.
NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
DENIED = {
    "403",
    "AccessDenied",
    "Forbidden",
    "AllAccessDisabled",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
BUSY = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestTimeout",
    "RequestLimitExceeded",
    "429",
    "408",
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
REPLACED = {"412", "PreconditionFailed"}

UNREACHABLE = (
    botocore_errors.ConnectionError,
    botocore_errors.HTTPClientError,
    botocore_errors.IncompleteReadError,
    botocore_errors.CredentialRetrievalError,
    botocore_errors.MetadataRetrievalError,
)


@contextmanager
def explain_s3_errors(uri: str, action: str) -> Iterator[None]:
    """Raise what botocore raises in the block as an error with an exit code and a sentence.

    Args:
        uri: what the block works on.
        action: the permission that the block needs, such as ``s3:GetObject``.

    Raises:
        UnusableInputError: there is no such object, or it is in an archive.
        FaultError: access is denied, or there are no credentials.
        UsageError: there is no such bucket, or it is no name of one.
        TemporaryFailureError: S3 can't be reached or is busy, credentials have expired, or the object was
            replaced.
    """
    try:
        yield
    except ClientError as error:
        raise _explain_answer(error, uri, action) from error
    except UNREACHABLE as error:
        raise TemporaryFailureError(f"{uri}: S3 can't be reached ({error}).") from error
    except botocore_errors.ParamValidationError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{uri}: not a place in S3 ({reason}).") from error
    except (botocore_errors.NoCredentialsError, botocore_errors.PartialCredentialsError) as error:
        raise FaultError(f"{uri}: no AWS credentials were found ({error}).") from error
    except BotoCoreError as error:
        raise FaultError(f"{uri}: S3 can't be used ({error}).") from error


def _explain_answer(error: ClientError, uri: str, action: str) -> TranscriberError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in NOT_FOUND:
        return UnusableInputError(f"{uri}: there is no such object; was it deleted before its turn?")
    if code == "NoSuchBucket":
        return UsageError(f"{uri}: there is no such bucket.")
    if code == "InvalidObjectState":
        return UnusableInputError(f"{uri}: the object is in an archive; restore it and upload it again.")
    if code in DENIED:
        return FaultError(
            f"{uri}: access denied; the job's role needs {action}, and s3:ListBucket to tell what is missing."
        )
    if code in EXPIRED:
        return TemporaryFailureError(f"{uri}: the job's credentials have expired; another try gets new ones.")
    if code in REPLACED:
        return TemporaryFailureError(f"{uri}: the object was replaced while it was being read.")
    if status >= 500 or code in BUSY:
        return TemporaryFailureError(f"{uri}: S3 is busy ({code}: {message}).")
    return FaultError(f"{uri}: S3 refused ({code}: {message}).")
