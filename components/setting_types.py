"""Types of the stack's settings: what a value may be, and in which words that is said."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from components.media_suffixes import media_suffixes
from components.stack_config import AsGiven
from transcriber.options import Allowed
from transcriber.outcomes import FAILURES_FOLDER

PATTERN_CHARACTERS = frozenset("*?$")
"""What an IAM policy would not take literally."""

KEY_PREFIX_LIMIT_BYTES = 512
"""Half of an S3 key, so that a prefix and a recording's own key fit together."""

LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""What PutRetentionPolicy takes."""

EMAIL_ADDRESS = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])$"
)
"""What a browser takes for one (HTML, input type=email), and a domain that has a dot."""

INSTANCE_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"

Days = Annotated[int | None, Field(ge=1, le=36_500)]

BUCKET_NAME = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
BucketName = Annotated[
    str | None,
    Field(pattern=BUCKET_NAME),
    Allowed("the name of a bucket, or empty for one of the stack's own"),
]
BucketNames = Annotated[
    tuple[Annotated[str, Field(pattern=BUCKET_NAME)], ...],
    Allowed("names of buckets, such as old-calls,archive"),
]
VpcId = Annotated[
    str | None, Field(pattern=r"^vpc-[0-9a-f]+$"), Allowed("a VPC id such as vpc-0a1b2c3d, or empty")
]
SubnetIds = Annotated[
    tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")], ...],
    Allowed("subnet ids such as subnet-0a1b2c3d"),
]
InstanceTypes = Annotated[
    tuple[Annotated[str, Field(pattern=f"^{INSTANCE_TYPE}$")], ...],
    Allowed("instance types such as g6.xlarge,g5.xlarge"),
]
HubName = Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$"), Allowed("a model of the hub, OWNER/NAME")]
Commit = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{40}$"),
    Allowed("a commit of 40 hex digits, so that a build can be repeated"),
]
Sha256 = Annotated[
    str | None,
    Field(pattern=r"^[0-9a-f]{64}$"),
    Allowed("a SHA-256 of 64 hex digits, or empty for what the hub tells"),
]
ImageUri = Annotated[
    str | None,
    Field(pattern=r"^[\w.:/@-]+$"),
    Allowed("an image such as HOST/NAME:TAG or HOST/NAME@sha256:DIGEST, or empty"),
]
EmailAddresses = Annotated[
    tuple[Annotated[str, Field(pattern=EMAIL_ADDRESS)], ...],
    Allowed("addresses such as team@example.org"),
]
KeyArn = Annotated[
    str | None,
    Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$"),
    Allowed("the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-..., or empty"),
]
MediaSuffixes = Annotated[tuple[str, ...], AfterValidator(media_suffixes)]


def _prices(entries: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Return the pairs that texts such as ``g6.xlarge=0.374`` stand for."""
    if not all(re.fullmatch(INSTANCE_TYPE + r"=\d{1,4}(\.\d{1,6})?", entry) for entry in entries):
        raise ValueError
    pairs = tuple((kind, float(usd)) for kind, usd in (entry.split("=") for entry in entries))
    if len(dict(pairs)) < len(pairs):
        raise ValueError("allowed is one price for each instance type")
    return pairs


def _key_prefix(value: str) -> str:
    """Return what S3 keys begin with: empty, or text that ends with a slash."""
    fits = len(value.encode()) <= KEY_PREFIX_LIMIT_BYTES and value.isprintable()
    folders_fit = all(folder == folder.strip() for folder in value.split("/"))
    if value and not (value.endswith("/") and not value.startswith("/") and fits and folders_fit):
        raise ValueError(
            f"allowed is empty or a prefix such as calls/, of {KEY_PREFIX_LIMIT_BYTES} bytes at most and"
            " without space around the names of folders"
        )
    return value


def _results_prefix(value: str) -> str:
    """Return a prefix that stands in a policy; neither it nor `FAILURES_FOLDER` begins with the other."""
    apart = not value.startswith(FAILURES_FOLDER) and not FAILURES_FOLDER.startswith(value)
    if not apart or PATTERN_CHARACTERS & set(value):
        raise ValueError(
            "allowed is a prefix such as transcripts/, not empty, without * ? $ and outside"
            f" {FAILURES_FOLDER}, where failure reports go"
        )
    return value


InstancePrices = Annotated[
    tuple[tuple[str, float], ...],
    BeforeValidator(_prices),
    Allowed("prices in USD an hour such as g6.xlarge=0.374,g5.xlarge=0.5"),
]
KeyPrefix = Annotated[str, AsGiven(), AfterValidator(_key_prefix)]
ResultsPrefix = Annotated[KeyPrefix, AfterValidator(_results_prefix)]
