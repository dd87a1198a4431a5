"""Turn errors of S3 into errors with an exit code and a sentence for the user.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. Errors of KMS have the prefix
``KMS.``.
"""

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
from transcriber.storage.conditional_requests import NOT_FOUND

NO_PLACE = {"InvalidBucketName", "InvalidURI", "KeyTooLongError"}
DENIED = {
    "403",
    "AccessDenied",
    "Forbidden",
    "AllAccessDisabled",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
BUSY = {
    *("408", "429", "503", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"),
    *("TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "RequestTimeout"),
    *("InternalError", "ServiceUnavailable", "OperationAborted", "ConditionalRequestConflict"),
    # The request was changed on its way, or came too late.
    *("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "RequestTimeTooSkewed"),
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
REPLACED = {"412", "PreconditionFailed"}

KMS = "KMS."
KMS_KEY = "the KMS key that encrypts it"
NOT_NOW = f"{KMS_KEY} can't be used, as one that is to be deleted"
UPLOAD_AGAIN = "upload it again under the bucket's own encryption"
LOST_KEYS = {
    f"{KMS}DisabledException": f"{KMS_KEY} is disabled; enable it, or {UPLOAD_AGAIN}",
    f"{KMS}NotFoundException": f"{KMS_KEY} is not there any more; {UPLOAD_AGAIN}",
    f"{KMS}KMSInvalidStateException": f"{NOT_NOW}; {UPLOAD_AGAIN}",
    f"{KMS}InvalidStateException": f"{NOT_NOW}; {UPLOAD_AGAIN}",
    f"{KMS}InvalidKeyUsageException": f"{KMS_KEY} is not one for encryption; {UPLOAD_AGAIN}",
}
"""If it is the key of the stack itself, no failure report can be written either, so Batch tries again."""

FORBIDDEN_KEY = ("kms:", "ciphertext refers to a customer master key")
"""Texts in the message of AccessDenied if the role may not use the key."""

CUSTOMER_KEY = "Server Side Encryption"
"""The text in the message of InvalidRequest if only the uploader has the key of the object."""

UNREACHABLE = (
    botocore_errors.ConnectionError,
    botocore_errors.HTTPClientError,
    botocore_errors.IncompleteReadError,
    botocore_errors.CredentialRetrievalError,
    botocore_errors.MetadataRetrievalError,
)


@contextmanager
def explain_s3_errors(uri: str, action: str) -> Iterator[None]:
    """Turn errors of botocore in the block into errors with an exit code and a sentence.

    Args:
        uri: the object or bucket that the block uses.
        action: the permission that the block needs, such as ``s3:GetObject``.

    Raises:
        UnusableInputError: there is no such object.
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


@contextmanager
def explain_recording_errors(uri: str) -> Iterator[None]:
    """Like `explain_s3_errors`, for reading a recording. Also finds recordings that no try can read.

    Raises:
        UnusableInputError: there is no such object, it is in an archive, or its key can't be used.
        TranscriberError: as `explain_s3_errors` says.
    """
    with explain_s3_errors(uri, "s3:GetObject"):
        try:
            yield
        except ClientError as error:
            if reason := _why_unreadable(error):
                raise UnusableInputError(f"{uri}: {reason}.") from error
            raise


def _why_unreadable(error: ClientError) -> str | None:
    """Return why no try can read this object, although S3 works; None if the reason is another one."""
    code, message = _code(error), _message(error)
    if code == "InvalidObjectState":
        return "the object is in an archive; restore it and upload it again"
    if code == "InvalidRequest" and CUSTOMER_KEY in message:
        return f"it is encrypted with a key that only its uploader has (SSE-C); {UPLOAD_AGAIN}"
    if code == "AccessDenied" and any(sign in message for sign in FORBIDDEN_KEY):
        return f"the job's role may not use {KMS_KEY}; {UPLOAD_AGAIN}"
    return LOST_KEYS.get(code)


def _explain_answer(error: ClientError, uri: str, action: str) -> TranscriberError:
    code, message = _code(error), _message(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in NOT_FOUND:
        return UnusableInputError(f"{uri}: there is no such object; was it deleted before its turn?")
    if code == "NoSuchBucket":
        return UsageError(f"{uri}: there is no such bucket.")
    if code in NO_PLACE:
        return UsageError(f"{uri}: not a place in S3 ({code}: {message}).")
    if code in DENIED:
        return FaultError(
            f"{uri}: access denied; the job's role needs {action}, and s3:ListBucket to tell what is missing."
        )
    if code in EXPIRED:
        return TemporaryFailureError(f"{uri}: the job's credentials have expired; another try gets new ones.")
    if code in REPLACED:
        return TemporaryFailureError(f"{uri}: the object was replaced while it was being read.")
    if code in LOST_KEYS:
        return FaultError(f"{uri}: S3 can't use the KMS key ({code}: {message}).")
    if status >= 500 or code in BUSY or code.startswith(KMS):
        return TemporaryFailureError(f"{uri}: S3 is busy ({code}: {message}).")
    return FaultError(f"{uri}: S3 refused ({code}: {message}).")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
