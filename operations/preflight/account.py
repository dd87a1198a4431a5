"""The account and the region of a stack."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from operations.clients import client
from operations.preflight.rows import Row, note, ok, wrong
from operations.program import sentence

CREDENTIALS = "credentials"
REGION = "region"
UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"}
FAILURES = (BotoCoreError, ClientError, ResponseParserError)


@dataclass(frozen=True)
class Place:
    """The region, and the credentials for it."""

    region: str
    profile: str | None

    def client(self, service: str) -> Any:
        """Return a client for this account and region."""
        return client(service, self.region, self.profile)


def find_place(region: str | None, profile: str | None) -> Place | Row:
    """Return the region of the stack, otherwise that of the shell; or a row about what is wrong."""
    try:
        session = boto3.Session(profile_name=profile)
        found = region or session.region_name
        regions = [
            each
            for partition in session.get_available_partitions()
            for each in session.get_available_regions("batch", partition)
        ]
    except BotoCoreError as error:
        return wrong(CREDENTIALS, sentence(error))
    command = "pulumi config set aws:region eu-central-1"
    if not found:
        return wrong(REGION, "none is chosen", command)
    if found not in regions:
        return wrong(REGION, f"{found} is no region that has AWS Batch", command)
    return Place(found, profile)


def check_account(place: Place) -> list[Row]:
    """Check the credentials, and tell whose account they belong to."""
    try:
        identity = place.client("sts").get_caller_identity()
    except FAILURES as error:
        if isinstance(error, ClientError) and error.response["Error"].get("Code") in UNKNOWN_KEY:
            return [
                wrong(
                    CREDENTIALS,
                    f"AWS does not know the access key in {place.region}: it is no more, or the account has"
                    " not enabled the region",
                    f"aws account enable-region --region-name {place.region}",
                )
            ]
        return [wrong(CREDENTIALS, sentence(error), "aws sts get-caller-identity")]
    return [
        ok(CREDENTIALS, f"account {identity['Account']}, as {identity['Arn']}"),
        ok(REGION, place.region),
    ]


def looked_at(subject: str, check: Callable[[], Iterator[Row]], *, needed: bool) -> list[Row]:
    """Return the rows of ``check``, or a row about why AWS does not answer.

    Args:
        subject: what is checked.
        check: makes the rows.
        needed: whether `pulumi up` makes the same request, and so would fail too.
    """
    try:
        return list(check())
    except FAILURES as error:
        return [(wrong if needed else note)(subject, f"can't be looked at: {sentence(error)}")]
