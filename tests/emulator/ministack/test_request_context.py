"""How requests reach emulated AWS."""

import json

import boto3
from botocore.config import Config

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique


def test_policies_that_ask_for_tls_let_this_machine_in(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    tls_only = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [tls_only]}))
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"content")
    assert s3.get_object(Bucket=bucket, Key="a.mp3")["Body"].read() == b"content"


def test_an_endpoint_named_after_the_account_is_reached_through_a_proxy(cloud: LocalCloud) -> None:
    """S3 Control puts the account before the host's name, which no resolver knows."""
    s3, bucket = cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    tags = [{"Key": "Project", "Value": "parakeet"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    control = boto3.client(
        "s3control",
        endpoint_url=cloud.aws_endpoint.replace("127.0.0.1", "localhost"),
        region_name=cloud.region,
        aws_access_key_id=cloud.credentials.access_key_id,
        aws_secret_access_key=cloud.credentials.secret_access_key,
        config=Config(proxies={"http": cloud.aws_endpoint}),
    )
    answer = control.list_tags_for_resource(AccountId="000000000000", ResourceArn=f"arn:aws:s3:::{bucket}")
    assert answer["Tags"] == tags
