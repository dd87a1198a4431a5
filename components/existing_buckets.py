"""Buckets that existed before the stack, such as those that an earlier stack has left."""

from dataclasses import dataclass

import pulumi_aws as aws

from components.stack_config import ConfigError


@dataclass(frozen=True)
class ExistingBucket:
    """A bucket that the stack uses and never deletes."""

    name: str
    arn: str


def find_existing_bucket(key: str, name: str | None, region: str) -> ExistingBucket | None:
    """Look up the bucket that the configuration ``key`` names, or return None if it names none.

    Raises:
        ConfigError: there is no such bucket that this account may look at, or it is in another region.
    """
    if name is None:
        return None
    try:
        found = aws.s3.get_bucket(bucket=name)
    except Exception as error:
        # The SDK has no narrower class for a function that the provider refuses.
        raise ConfigError(
            key, name, f"allowed is a bucket of this account in {region}, and this can't be looked at"
        ) from error
    if found.bucket_region != region:
        raise ConfigError(key, name, f"allowed is a bucket in {region}, this one is in {found.bucket_region}")
    return ExistingBucket(name, found.arn)
