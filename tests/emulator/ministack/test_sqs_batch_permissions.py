"""Policies of emulated IAM hold requests of many messages to what they say of one, as real ones do."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique


def test_who_may_send_a_message_may_send_many(cloud: LocalCloud) -> None:
    iam, user = cloud.client("iam"), unique("user")
    queue = cloud.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    iam.create_user(UserName=user)
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="send", PolicyDocument=document)
    credentials = iam.create_access_key(UserName=user)["AccessKey"]
    sender = boto3.client(
        "sqs",
        endpoint_url=cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
    )
    entries = [{"Id": str(number), "MessageBody": "text"} for number in range(2)]
    assert len(sender.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 2
    with pytest.raises(ClientError, match="AccessDenied"):
        sender.delete_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "ReceiptHandle": "any"}])
