import re
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from botocore.exceptions import ClientError

from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from emulator.deployment import Deployment, DeploymentError, StackConfig, deploy

Up = Callable[..., Deployment]

BUCKET = 'aws.s3.Bucket("input")\n'


def bucket_names(cloud: LocalCloud) -> list[str]:
    return [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]


def test_exports_are_the_outputs_of_the_stack(up: Up) -> None:
    deployment = up("""
        bucket = aws.s3.Bucket("input")
        pulumi.export("name", bucket.bucket)
        pulumi.export("facts", {"arn": bucket.arn, "count": 1, "share": 0.5, "parts": [True]})
        pulumi.export("secret", pulumi.Output.secret("plain here"))
    """)
    name = deployment.outputs["name"]
    facts = {"arn": f"arn:aws:s3:::{name}", "count": 1, "share": 0.5, "parts": [True]}
    assert deployment.outputs == {"name": name, "facts": facts, "secret": "plain here"}
    assert isinstance(deployment.outputs["facts"]["count"], int)


def test_a_resource_without_a_name_gets_its_logical_name_and_seven_hex_digits(up: Up) -> None:
    deployment = up('aws.s3.Bucket("Input")\naws.iam.Role("Worker", assume_role_policy="{}")')
    ids = {resource.name: resource.id for resource in deployment.resources}
    assert re.fullmatch(r"input-[0-9a-f]{7}", ids["Input"])
    assert re.fullmatch(r"Worker-[0-9a-f]{7}", ids["Worker"])


def test_urns_name_the_components_around_a_resource(up: Up) -> None:
    deployment = up("""
        class Storage(pulumi.ComponentResource):
            def __init__(self):
                super().__init__("small:storage:Storage", "storage")
                self.bucket = aws.s3.Bucket("input", opts=pulumi.ResourceOptions(parent=self))
                self.register_outputs({"bucket": self.bucket.bucket})
        Storage()
        aws.s3.Bucket("output")
    """)
    assert {resource.urn for resource in deployment.resources} == {
        "urn:pulumi:local::small::small:storage:Storage$aws:s3/bucket:Bucket::input",
        "urn:pulumi:local::small::aws:s3/bucket:Bucket::output",
    }


def test_the_program_sees_its_project_stack_configuration_and_folder(up: Up, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text('WORD = "imported"')
    deployment = up(
        """
        from pathlib import Path
        from beside import WORD
        pulumi.export("project", pulumi.get_project())
        pulumi.export("stack", pulumi.get_stack())
        pulumi.export("size", pulumi.Config().require_int("size"))
        pulumi.export("folder", str(Path.cwd()))
        pulumi.export("word", WORD)
        pulumi.export("region", aws.get_region_output().region)
        """,
        "size=4",
        schema="config: {size: {type: integer, default: 3}}",
        stack="trial",
    )
    assert deployment.outputs == {
        "project": "small",
        "stack": "trial",
        "size": 4,
        "folder": str(tmp_path),
        "word": "imported",
        "region": "us-east-1",
    }


def test_creation_follows_dependencies_and_destruction_leaves_nothing(up: Up, cloud: LocalCloud) -> None:
    before = bucket_names(cloud)
    deployment = up("""
        role = aws.iam.Role("worker", assume_role_policy="{}")
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        aws.iam.RolePolicy("read", role=role.name, policy=policy)
        aws.iam.InstanceProfile("instance", role=role.name)
        queue = aws.sqs.Queue("undelivered")
        aws.s3.Bucket("input", opts=pulumi.ResourceOptions(depends_on=[queue]))
    """)
    names = [resource.name for resource in deployment.resources]
    assert names.index("worker") < min(names.index("read"), names.index("instance"))
    assert names.index("undelivered") < names.index("input")
    deployment.destroy()
    assert bucket_names(cloud) == before
    ids = {resource.name: resource.id for resource in deployment.resources}
    with pytest.raises(ClientError, match="NoSuchEntity"):
        cloud.client("iam").get_role(RoleName=ids["worker"])
    with pytest.raises(ClientError, match="NonExistentQueue"):
        cloud.client("sqs").get_queue_attributes(QueueUrl=ids["undelivered"])


def test_a_deployment_is_destroyed_at_the_end_of_its_block_and_only_once(up: Up, cloud: LocalCloud) -> None:
    before = bucket_names(cloud)
    with up(BUCKET) as deployment:
        assert bucket_names(cloud) != before
    assert bucket_names(cloud) == before
    deployment.destroy()


def test_what_is_to_outlive_the_stack_stays_when_it_is_destroyed_but_not_when_it_fails(
    up: Up, cloud: LocalCloud
) -> None:
    kept = 'aws.s3.Bucket("kept", opts=pulumi.ResourceOptions(retain_on_delete=True))\n'
    deployment = up(kept + BUCKET)
    ids = {resource.name: resource.id for resource in deployment.resources}
    deployment.destroy()
    deployment.destroy()
    assert ids["kept"] in bucket_names(cloud)
    assert ids["input"] not in bucket_names(cloud)
    cloud.client("s3").delete_bucket(Bucket=ids["kept"])
    before = bucket_names(cloud)
    with pytest.raises(DeploymentError):
        up(kept + 'aws.s3.BucketPolicy("policy", bucket="no-such-bucket", policy="{}")')
    assert bucket_names(cloud) == before


def test_what_somebody_deleted_meanwhile_is_no_obstacle(up: Up, cloud: LocalCloud) -> None:
    deployment = up(BUCKET + 'aws.sqs.Queue("undelivered")')
    cloud.client("s3").delete_bucket(Bucket=next(r.id for r in deployment.resources if r.name == "input"))
    deployment.destroy()


def test_two_deployments_stand_side_by_side(up: Up, cloud: LocalCloud) -> None:
    source = 'pulumi.export("name", aws.s3.Bucket("input").bucket)'
    first, second = up(source, stack="one"), up(source, stack="two")
    first.destroy()
    assert second.outputs["name"] in bucket_names(cloud)
    assert first.outputs["name"] not in bucket_names(cloud)


def test_a_deployment_leaves_the_process_as_it_was(up: Up) -> None:
    folder, stack = Path.cwd(), pulumi.get_stack()
    up(BUCKET, stack="elsewhere")
    assert (Path.cwd(), pulumi.get_stack()) == (folder, stack)


def test_a_bucket_with_objects_stays_and_is_named_unless_it_may_be_emptied(up: Up, cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    deployment = up('aws.s3.Bucket("kept")\naws.s3.Bucket("emptied", force_destroy=True)')
    ids = {resource.name: resource.id for resource in deployment.resources}
    for name in ids.values():
        for key in ("a b+c%2B.wav", "-dash/ü=&?'\".wav", "+", "escape\x1b[31m"):
            s3.put_object(Bucket=name, Key=key, Body=b"x")
    s3.create_multipart_upload(Bucket=ids["emptied"], Key="unfinished")
    with pytest.raises(
        DeploymentError, match=rf"aws:s3/bucket:Bucket 'kept' \({ids['kept']}\): .*BucketNotEmpty"
    ):
        deployment.destroy()
    assert ids["emptied"] not in bucket_names(cloud)
    for version in s3.list_objects_v2(Bucket=ids["kept"])["Contents"]:
        s3.delete_object(Bucket=ids["kept"], Key=version["Key"])
    deployment.destroy()
    assert ids["kept"] not in bucket_names(cloud)


def test_default_tags_reach_every_resource_that_has_tags(up: Up, cloud: LocalCloud) -> None:
    deployment = up(
        'aws.s3.Bucket("input", tags={"Owner": "us"})',
        'aws:defaultTags={"tags": {"Project": "small", "Owner": "all"}}',
    )
    tags = cloud.client("s3").get_bucket_tagging(Bucket=deployment.resources[0].id)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Project": "small", "Owner": "us"}


def test_a_program_may_be_named_by_a_relative_path(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "__main__.py").write_text('import pulumi\npulumi.export("ran", True)')
    monkeypatch.chdir(tmp_path.parent)
    with deploy(Path(tmp_path.name), StackConfig("small", "local", {}), cloud) as deployment:
        assert deployment.outputs == {"ran": True}


def test_an_emulator_that_died_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text('import pulumi_aws as aws\naws.s3.Bucket("a")\naws.s3.Bucket("b")')
    with Emulator(tmp_path / "ministack.log") as emulator:
        cloud = LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials)
        deployment = deploy(tmp_path, StackConfig("small", "local", {}), cloud)
    with pytest.raises(DeploymentError, match=r"^Emulated AWS does not answer any more: Could not connect"):
        deployment.destroy()


def test_a_program_may_go_on_when_a_look_up_fails_or_end_with_its_reason(up: Up) -> None:
    look_up = 'aws.s3.get_bucket(bucket="no-such-bucket")\n'
    found = up(f"""
        try:
            {look_up}
        except Exception as error:
            pulumi.export("error", str(error))
    """)
    assert "HeadBucket" in found.outputs["error"]
    with pytest.raises(DeploymentError, match=r"aws:s3/getBucket:getBucket failed: .* HeadBucket .*"):
        up(look_up)
