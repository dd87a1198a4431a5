"""Read and write S3 objects on condition that nobody else changed them meanwhile.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

The runbooks run this module too. Their boto3 is older and does not know all conditions as parameters, so this
module sends conditions as headers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from transcriber.outcomes import SOURCE_ETAG_METADATA
from transcriber.storage.base import NOTHING, ConditionFailedError, Seen

NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
"""The error codes for a missing object. An answer to HEAD has no body, so its code is the status."""

CONDITION_FAILED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"}


def look_at_result(client: Any, bucket: str, key: str) -> Seen:
    """Return the ETag of an object, and the ETag of its recording that `put_result` stored with it.

    Raises:
        botocore.exceptions.ClientError: S3 refused.
    """
    try:
        head = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_FOUND:
            raise
        return NOTHING
    return Seen(head["ETag"], head["Metadata"].get(SOURCE_ETAG_METADATA))


def put_result(
    client: Any,
    bucket: str,
    key: str,
    body: BinaryIO | bytes,
    content_type: str,
    source_etag: str,
    over: Seen,
) -> None:
    """Write an object over what was seen at its key.

    Raises:
        ConditionFailedError: something else is there now.
        botocore.exceptions.ClientError: S3 refused.
    """
    condition = {"If-None-Match": "*"} if over.etag is None else {"If-Match": over.etag}
    with _headers(client, "PutObject", condition), _raise_failed_condition():
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            Metadata={SOURCE_ETAG_METADATA: source_etag},
        )


def delete_result(client: Any, bucket: str, key: str, seen: Seen) -> None:
    """Delete the object that was seen at a key.

    Raises:
        ConditionFailedError: something else is there now.
        botocore.exceptions.ClientError: S3 refused.
    """
    with _headers(client, "DeleteObject", {"If-Match": seen.etag or ""}), _raise_failed_condition():
        client.delete_object(Bucket=bucket, Key=key)


_condition: ContextVar[Mapping[str, str]] = ContextVar("condition")
"""The headers of the request that this thread sends. Threads share a client, and its handlers."""


@contextmanager
def _headers(client: Any, operation: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Add ``headers`` to the requests of ``operation`` that this thread sends in the block."""
    event = f"before-call.s3.{operation}"
    # With an id, a client takes the handler once. It stays, so that no other thread loses its own.
    client.meta.events.register(event, _add_condition, unique_id=f"condition of {operation}")
    token = _condition.set(headers)
    try:
        yield
    finally:
        _condition.reset(token)


def _add_condition(params: dict[str, Any], **_rest: Any) -> None:
    params["headers"].update(_condition.get({}))


@contextmanager
def _raise_failed_condition() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in CONDITION_FAILED:
            raise ConditionFailedError from error
        raise
