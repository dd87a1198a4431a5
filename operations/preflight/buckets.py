"""Existing buckets that the configuration names."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from components.settings import PipelineSettings
from operations.preflight.rows import Row, ok, wrong

BUCKETS = "buckets"
REFUSALS = {
    "404": "does not exist",
    "403": "is another account's, or you may not look at it",
    "301": "is in another region",
}
"""What each status of a HEAD request means."""


def check_buckets(s3: Any, settings: PipelineSettings) -> Iterator[Row]:
    """Check whether the stack can use the buckets that the configuration names."""
    named = {
        "existingInputBucket": settings.existing_input_bucket,
        "existingOutputBucket": settings.existing_output_bucket,
    }
    for key, bucket in named.items():
        if not bucket:
            continue
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in REFUSALS:
                raise
            yield wrong(BUCKETS, f"{key}: {bucket} {REFUSALS[code]}", f"pulumi config rm {key}")
        else:
            yield ok(BUCKETS, f"{key}: {bucket}")
