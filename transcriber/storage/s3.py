"""S3 objects."""

import io
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from transcriber.errors import UnusableInputError, UsageError
from transcriber.outcomes import S3_KEY_LIMIT_BYTES
from transcriber.storage.base import Seen, SourceVersion
from transcriber.storage.conditional_requests import (
    delete_result,
    look_at_result,
    put_result,
)
from transcriber.storage.s3_errors import explain_s3_errors
from transcriber.storage.s3_file import PIECE_BYTES, S3File

MOST_CONNECTIONS = 32
"""Threads share a client: those that look up and open recordings, fetch their ranges and write results."""

CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=MOST_CONNECTIONS,
)
UNEXPLAINED = {"400", "403"}
"""The status that S3 answers to HEAD for an object that exists and can't be read."""


def create_client() -> Any:
    """Return an S3 client for the region, endpoint and credentials that boto3 finds in its usual places.

    Raises:
        UsageError: AWS_ENDPOINT_URL is not a URL.
    """
    try:
        return boto3.Session().client("s3", config=CLIENT_CONFIG)
    except ValueError as error:
        raise UsageError(f"AWS_ENDPOINT_URL: {error}.") from error


class S3Source:
    """An object."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key

    @property
    def uri(self) -> str:
        """``s3://BUCKET/KEY``, the key as it is."""
        return f"s3://{self._bucket}/{self._key}"

    @property
    def name(self) -> str:
        """The key."""
        return self._key

    def version(self) -> SourceVersion:
        """Ask S3 for the object's ETag and size.

        An object that can't be read has a version too. Reading it raises the reason.

        Raises:
            TranscriberError: as `explain_s3_errors` says.
        """
        with explain_s3_errors(self.uri, "s3:GetObject"):
            try:
                head = self._client.head_object(Bucket=self._bucket, Key=self._key)
            except ClientError as error:
                if error.response["Error"]["Code"] in UNEXPLAINED and (version := self._listed_version()):
                    return version
                raise
        return _version(head["ETag"], head["ContentLength"])

    def _listed_version(self) -> SourceVersion | None:
        """Look in the list of the bucket, which also contains objects that nobody can read."""
        # The first name that begins with the key is the key itself.
        listed = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._key, MaxKeys=1)
        for each in listed.get("Contents", []):
            if each["Key"] == self._key:
                return _version(each["ETag"], each["Size"])
        return None

    def open(self, version: SourceVersion) -> BinaryIO:
        """Return the object as a file. Reading fails once the object was replaced."""
        raw = S3File(self._client, self._bucket, self._key, version.etag, version.size_bytes)
        return cast(BinaryIO, io.BufferedReader(raw, PIECE_BYTES))


class S3Destination:
    """A bucket, and the prefix of the keys of all results in it."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"

    def uri(self, name: str) -> str:
        """``s3://BUCKET/KEY`` of the result ``name``."""
        return f"s3://{self._bucket}/{self._prefix}{name}"

    def canonical_uri(self, name: str) -> str:
        """Return the URI; S3 has one spelling for each key."""
        return self.uri(name)

    def fits(self, name: str) -> bool:
        """Whether the result's key is one that S3 takes."""
        return len(f"{self._prefix}{name}".encode()) <= S3_KEY_LIMIT_BYTES

    def prepare(self) -> None:
        """Ask for the bucket.

        Raises:
            TranscriberError: as `explain_s3_errors` says.
        """
        try:
            with explain_s3_errors(f"s3://{self._bucket}/", "s3:ListBucket"):
                self._client.head_bucket(Bucket=self._bucket)
        except UnusableInputError:
            raise UsageError(f"s3://{self._bucket}/: there is no such bucket for results.") from None

    def look(self, name: str) -> Seen:
        """Ask for the object and the metadata that `write` put there.

        Raises:
            TranscriberError: as `explain_s3_errors` says.
        """
        with explain_s3_errors(self.uri(name), "s3:GetObject"):
            return look_at_result(self._client, self._bucket, self._prefix + name)

    def write(self, name: str, body: BinaryIO, content_type: str, source_etag: str, over: Seen, /) -> None:
        """Put the result as one object.

        Raises:
            ConditionFailedError: something else than ``over`` is stored there now.
            TranscriberError: as `explain_s3_errors` says.
        """
        with explain_s3_errors(self.uri(name), "s3:PutObject"):
            put_result(self._client, self._bucket, self._prefix + name, body, content_type, source_etag, over)

    def remove(self, name: str, seen: Seen, /) -> None:
        """Delete the object.

        Raises:
            ConditionFailedError: something else than ``seen`` is stored there now.
            TranscriberError: as `explain_s3_errors` says.
        """
        with explain_s3_errors(self.uri(name), "s3:DeleteObject"):
            delete_result(self._client, self._bucket, self._prefix + name, seen)


def _version(etag: str, size_bytes: int) -> SourceVersion:
    return SourceVersion(etag=etag.strip('"'), size_bytes=size_bytes)
