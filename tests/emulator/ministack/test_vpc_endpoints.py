"""Policies that let requests in only through a gateway endpoint."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique


@pytest.fixture
def reader(cloud: LocalCloud) -> Any:
    """The client of a user who may list buckets from the default VPC."""
    iam, user = cloud.client("iam"), unique("user")
    (vpc,) = cloud.client("ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
    statement = {
        "Effect": "Allow",
        "Action": "s3:ListAllMyBuckets",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": vpc["VpcId"]}},
    }
    iam.create_user(UserName=user)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="list", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return boto3.client(
        "s3",
        endpoint_url=cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_requests_come_from_the_vpc_of_the_s3_endpoint_once_there_is_one(
    cloud: LocalCloud, reader: Any
) -> None:
    ec2 = cloud.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.list_buckets()
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc["VpcId"], ServiceName=f"com.amazonaws.{cloud.region}.s3", VpcEndpointType="Gateway"
    )["VpcEndpoint"]["VpcEndpointId"]
    assert "Buckets" in reader.list_buckets()
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.list_buckets()
