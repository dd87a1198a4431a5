"""The settings of an S3 bucket. Since version 7 of the AWS provider each is a resource."""

from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.properties import Properties


def create_public_access_block(new: Creation) -> Created:
    """``aws.s3.BucketPublicAccessBlock``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    settings = {
        "BlockPublicAcls": False,
        "BlockPublicPolicy": False,
        "IgnorePublicAcls": False,
        "RestrictPublicBuckets": False,
        **new.inputs.pascal(
            "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"
        ),
    }
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)
    new.on_delete(s3.delete_public_access_block, Bucket=bucket)
    return Created(bucket)


def create_ownership_controls(new: Creation) -> Created:
    """``aws.s3.BucketOwnershipControls``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    rules = [new.inputs.block("rule").pascal("objectOwnership")]
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
    new.on_delete(s3.delete_bucket_ownership_controls, Bucket=bucket)
    return Created(bucket)


def create_encryption(new: Creation) -> Created:
    """``aws.s3.BucketServerSideEncryptionConfiguration``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    rules = []
    for rule in new.inputs.blocks("rules"):
        default = rule.block("applyServerSideEncryptionByDefault").pascal(
            sseAlgorithm="SSEAlgorithm", kmsMasterKeyId="KMSMasterKeyID"
        )
        rules.append({"ApplyServerSideEncryptionByDefault": default, **rule.pascal("bucketKeyEnabled")})
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    new.on_delete(s3.delete_bucket_encryption, Bucket=bucket)
    return Created(bucket)


def create_policy(new: Creation) -> Created:
    """``aws.s3.BucketPolicy``."""
    s3, bucket, policy = new.client("s3"), new.inputs.get("bucket"), new.policy()
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    new.on_delete(s3.delete_bucket_policy, Bucket=bucket)
    return Created(bucket, {"policy": policy})


def create_lifecycle(new: Creation) -> Created:
    """``aws.s3.BucketLifecycleConfiguration``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    rules = [_lifecycle_rule(rule) for rule in new.inputs.blocks("rules")]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    new.on_delete(s3.delete_bucket_lifecycle, Bucket=bucket)
    return Created(bucket)


def create_logging(new: Creation) -> Created:
    """``aws.s3.BucketLogging``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    target = new.inputs.pascal("targetBucket", "targetPrefix")
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    new.on_delete(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus={})
    return Created(bucket)


def create_versioning(new: Creation) -> Created:
    """``aws.s3.BucketVersioning``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    settings = new.inputs.block("versioningConfiguration").pascal("status", mfaDelete="MFADelete")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=settings)
    # Versioning can only be suspended.
    new.on_delete(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    return Created(bucket)


def create_notification(new: Creation) -> Created:
    """``aws.s3.BucketNotification``."""
    s3, bucket = new.client("s3"), new.inputs.get("bucket")
    settings: dict[str, Any] = (
        {"EventBridgeConfiguration": {}} if new.inputs.get("eventbridge", False) else {}
    )
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=settings)
    new.on_delete(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration={})
    return Created(bucket)


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    api = rule.pascal("status", id="ID")
    api["Filter"] = rule.block("filter").pascal("prefix") or {"Prefix": ""}
    if "expiration" in rule:
        api["Expiration"] = rule.block("expiration").pascal("days", "expiredObjectDeleteMarker")
    if "noncurrentVersionExpiration" in rule:
        block = rule.block("noncurrentVersionExpiration")
        api["NoncurrentVersionExpiration"] = block.pascal("noncurrentDays", "newerNoncurrentVersions")
    if "transitions" in rule:
        api["Transitions"] = [block.pascal("days", "storageClass") for block in rule.blocks("transitions")]
    if "abortIncompleteMultipartUpload" in rule:
        block = rule.block("abortIncompleteMultipartUpload")
        api["AbortIncompleteMultipartUpload"] = block.pascal("daysAfterInitiation")
    return api


HANDLERS: dict[str, Handler] = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": create_public_access_block,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": create_ownership_controls,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        create_encryption
    ),
    "aws:s3/bucketPolicy:BucketPolicy": create_policy,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": create_lifecycle,
    "aws:s3/bucketLogging:BucketLogging": create_logging,
    "aws:s3/bucketVersioning:BucketVersioning": create_versioning,
    "aws:s3/bucketNotification:BucketNotification": create_notification,
}
