import re
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment, DeploymentError, StackConfig, UnsupportedError, deploy
from emulator.errors import WrongUseError

Up = Callable[..., Deployment]

BUCKET = 'aws.s3.Bucket("input")\n'


def bucket_names(cloud: LocalCloud) -> list[str]:
    return [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]


def test_an_unknown_resource_type_is_an_error_that_names_it(up: Up, cloud: LocalCloud) -> None:
    before = bucket_names(cloud)
    with pytest.raises(UnsupportedError) as caught:
        up(BUCKET + 'aws.dynamodb.Table("jobs", attributes=[])')
    assert str(caught.value) == (
        "aws:dynamodb/table:Table 'jobs' (urn:pulumi:local::small::aws:dynamodb/table:Table::jobs):"
        " this resource type is not supported by the local deployment."
    )
    assert bucket_names(cloud) == before


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('aws.s3.Bucket("input", acceleration_status="Enabled")', "aws:s3/bucket:Bucket.accelerationStatus"),
        (
            'bucket = aws.s3.Bucket("input")\n'
            'aws.s3.BucketLifecycleConfiguration("input", bucket=bucket.id,'
            ' rules=[{"id": "a", "status": "Enabled"}, {"id": "b", "status": "Enabled", "prefix": "old/"}])',
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration.rules[1].prefix",
        ),
    ],
)
def test_an_unknown_property_is_an_error_that_names_it(
    up: Up, cloud: LocalCloud, source: str, path: str
) -> None:
    before = bucket_names(cloud)
    with pytest.raises(UnsupportedError) as caught:
        up(source)
    assert f"{path} is not supported by the local deployment." in str(caught.value)
    assert "(urn:pulumi:local::small::aws:s3/" in str(caught.value)
    assert bucket_names(cloud) == before


def test_an_unknown_function_is_an_error_that_names_it(up: Up) -> None:
    with pytest.raises(UnsupportedError, match="aws:index/getBillingServiceAccount:getBillingServiceAccount"):
        up("aws.get_billing_service_account()")


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (
            'aws.sqs.Queue("queue", name=bucket.hosted_zone_id)',
            r"'queue' .*: name depends on .*Bucket::input",
        ),
        ('pulumi.export("zone", bucket.hosted_zone_id)', "output zone depends on"),
    ],
)
def test_an_output_that_is_not_provided_is_an_error_where_it_is_used(up: Up, use: str, named: str) -> None:
    with pytest.raises(UnsupportedError, match=named):
        up(f'bucket = aws.s3.Bucket("input")\n{use}')


def test_building_an_image_is_refused_with_what_to_do_instead(up: Up) -> None:
    with pytest.raises(UnsupportedError, match="the local deployment builds no image; set imageUri"):
        up('aws.ecr.Repository("worker")')


def test_reading_an_existing_resource_is_refused(up: Up) -> None:
    with pytest.raises(UnsupportedError, match="'theirs': reading an existing resource is not supported"):
        up('aws.s3.Bucket.get("theirs", "somebodys-bucket")')


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ('raise pulumi.RunError("maxVcpus is -1; at least 4")', WrongUseError, "maxVcpus is -1; at least 4"),
        ("1 / 0", DeploymentError, "The program failed: ZeroDivisionError: division by zero"),
        (
            'aws.s3.Bucket("other").arn.apply(lambda arn: 1 / 0)',
            DeploymentError,
            "The program failed: ZeroDivisionError: division by zero",
        ),
        (
            'aws.s3.Bucket("input")',
            DeploymentError,
            "Two resources have the URN urn:pulumi:local::small::aws:s3/bucket:Bucket::input.",
        ),
    ],
)
def test_a_failure_midway_is_one_sentence_and_leaves_nothing_behind(
    up: Up, cloud: LocalCloud, source: str, error: type[Exception], message: str
) -> None:
    before = bucket_names(cloud)
    with pytest.raises(error) as caught:
        up(BUCKET + source)
    assert (type(caught.value), str(caught.value)) == (error, message)
    assert bucket_names(cloud) == before


def test_what_aws_refuses_names_the_resource_and_the_reason(up: Up, cloud: LocalCloud) -> None:
    before = bucket_names(cloud)
    with pytest.raises(DeploymentError, match=r"aws:iam/rolePolicy:RolePolicy 'read' .*NoSuchEntity.*nobody"):
        up(
            """
            bucket = aws.s3.Bucket("input")
            aws.iam.RolePolicy("read", role="nobody", policy=bucket.arn.apply(lambda arn: "{}"))
            """
        )
    assert bucket_names(cloud) == before


def test_a_resource_that_fails_half_made_is_taken_back(up: Up, cloud: LocalCloud) -> None:
    before = bucket_names(cloud)
    with pytest.raises(DeploymentError, match=r"'input' .*TagSet\[0\]\.Key"):
        up('aws.s3.Bucket("input", tags={"": "a tag needs a key"})')
    assert bucket_names(cloud) == before


def test_another_region_than_the_emulated_one_is_refused(up: Up) -> None:
    with pytest.raises(
        WrongUseError, match="aws:region is eu-central-1, but the emulated account is in us-east-1"
    ):
        up(BUCKET, "aws:region=eu-central-1")


def test_a_folder_without_a_program_is_refused(cloud: LocalCloud, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=re.escape(f"{tmp_path} has no __main__.py")):
        deploy(tmp_path, StackConfig("small", "local", {}), cloud)
