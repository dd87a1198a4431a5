"""Policies of emulated IAM, as real ones take their wildcards."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique

KEYS = ["calls/a.mp3", "calls/two\nlines.mp3", "calls/\x1b[2J\r\n.mp3"]


@pytest.mark.parametrize("key", KEYS)
def test_a_wildcard_stands_for_any_character_of_a_key(cloud: LocalCloud, key: str) -> None:
    s3, iam = cloud.client("s3"), cloud.client("iam")
    bucket, user = unique("bucket"), unique("user")
    s3.create_bucket(Bucket=bucket)
    for each in (key, "others/a.mp3"):
        s3.put_object(Bucket=bucket, Key=each, Body=b"content")
    iam.create_user(UserName=user)
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/calls/*.mp3",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="read", PolicyDocument=document)
    credentials = iam.create_access_key(UserName=user)["AccessKey"]
    reader = boto3.client(
        "s3",
        endpoint_url=cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
    )
    assert reader.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_object(Bucket=bucket, Key="others/a.mp3")
