import json
from collections.abc import Callable

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment

Up = Callable[..., Deployment]


def test_a_bucket_is_configured_by_its_side_resources(up: Up, cloud: LocalCloud) -> None:
    bucket = up("""
        logs = aws.s3.Bucket("access-logs")
        bucket = aws.s3.Bucket("input", tags={"Part": "input"})
        aws.s3.BucketPublicAccessBlock(
            "input", bucket=bucket.id, block_public_acls=True, ignore_public_acls=True
        )
        aws.s3.BucketOwnershipControls(
            "input", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}
        )
        aws.s3.BucketServerSideEncryptionConfiguration("input", bucket=bucket.id, rules=[{
            "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"},
            "bucket_key_enabled": True,
        }])
        aws.s3.BucketVersioning("input", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
        aws.s3.BucketPolicy("input", bucket=bucket.id, policy=bucket.arn.apply(lambda arn: json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": arn}],
        })))
        aws.s3.BucketLifecycleConfiguration("input", bucket=bucket.id, rules=[{
            "id": "tidy",
            "status": "Enabled",
            "filter": {"prefix": "old/"},
            "expiration": {"days": 30},
            "noncurrent_version_expiration": {"noncurrent_days": 7},
            "transitions": [{"days": 10, "storage_class": "STANDARD_IA"}],
            "abort_incomplete_multipart_upload": {"days_after_initiation": 2},
        }])
        aws.s3.BucketLogging("input", bucket=bucket.id, target_bucket=logs.id, target_prefix="input/")
        aws.s3.BucketNotification("input", bucket=bucket.id, eventbridge=True)
        pulumi.export("name", bucket.bucket)
        pulumi.export("logs", logs.bucket)
    """).outputs
    s3, name = cloud.client("s3"), bucket["name"]
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "Part", "Value": "input"}]
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    ownership = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"] == [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    ]
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    assert policy["Statement"][0]["Resource"] == f"arn:aws:s3:::{name}"
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"] == [
        {
            "ID": "tidy",
            "Status": "Enabled",
            "Filter": {"Prefix": "old/"},
            "Expiration": {"Days": 30},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}],
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        }
    ]
    target = {"TargetBucket": bucket["logs"], "TargetPrefix": "input/"}
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"] == target
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name)


def test_a_versioned_bucket_is_emptied_of_all_versions_and_markers(up: Up, cloud: LocalCloud) -> None:
    deployment = up("""
        bucket = aws.s3.Bucket("input", force_destroy=True)
        aws.s3.BucketVersioning("input", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
        pulumi.export("name", bucket.bucket)
    """)
    s3, name = cloud.client("s3"), deployment.outputs["name"]
    for body in (b"first", b"second"):
        s3.put_object(Bucket=name, Key="a+b", Body=body)
    s3.delete_object(Bucket=name, Key="a+b")
    deployment.destroy()
    assert name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_queues_and_their_policies(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        queue = aws.sqs.Queue(
            "undelivered",
            message_retention_seconds=1209600,
            visibility_timeout_seconds=60,
            sqs_managed_sse_enabled=True,
            tags={"Part": "trigger"},
        )
        policy = queue.arn.apply(lambda arn: json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }],
        }))
        aws.sqs.QueuePolicy("undelivered", queue_url=queue.url, policy=policy)
        pulumi.export("url", queue.url)
        pulumi.export("arn", queue.arn)
    """).outputs
    sqs = cloud.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=outputs["url"], AttributeNames=["All"])["Attributes"]
    assert attributes["QueueArn"] == outputs["arn"]
    assert attributes["MessageRetentionPeriod"] == "1209600"
    assert attributes["VisibilityTimeout"] == "60"
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert json.loads(attributes["Policy"])["Statement"][0]["Resource"] == outputs["arn"]
    assert sqs.list_queue_tags(QueueUrl=outputs["url"])["Tags"] == {"Part": "trigger"}


def test_topics_their_policies_and_subscriptions(up: Up, cloud: LocalCloud) -> None:
    arn = up("""
        topic = aws.sns.Topic("alarms", display_name="Alarms", tags={"Part": "monitoring"})
        aws.sns.TopicPolicy("alarms", arn=topic.arn, policy=topic.arn.apply(lambda arn: json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": arn,
            }],
        })))
        aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="team@example.com")
        pulumi.export("arn", topic.arn)
    """).outputs["arn"]
    sns = cloud.client("sns")
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "Alarms"
    principal = json.loads(attributes["Policy"])["Statement"][0]["Principal"]
    assert principal == {"Service": "cloudwatch.amazonaws.com"}
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [(each["Protocol"], each["Endpoint"]) for each in subscriptions] == [("email", "team@example.com")]
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "Part", "Value": "monitoring"}]
