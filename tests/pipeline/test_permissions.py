"""What a job's role does not allow, its job can't do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.pipeline.service import SAMPLES, Service


@contextmanager
def without(service: Service, action: str) -> Iterator[None]:
    """Take ``action`` away from the role of jobs within the block."""
    batch, iam = service.pipeline.cloud.client("batch"), service.pipeline.cloud.client("iam")
    (definition,) = batch.describe_job_definitions(
        jobDefinitions=[service.pipeline.outputs["jobDefinition"]]
    )["jobDefinitions"]
    role = definition["containerProperties"]["jobRoleArn"].rsplit("/", 1)[-1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = json.loads(json.dumps(policy))
    for statement in reduced["Statement"]:
        actions = statement["Action"]
        statement["Action"] = (
            [each for each in [actions] if each != action]
            if isinstance(actions, str)
            else [each for each in actions if each != action]
        )
    reduced["Statement"] = [each for each in reduced["Statement"] if each["Action"]]
    assert reduced != policy
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_a_job_whose_role_lacks_a_permission_fails_and_names_it(service: Service, action: str) -> None:
    key = f"forbidden/{action.replace(':', '-')}.wav"
    with without(service, action):
        (transcription,) = service.wait(service.upload(SAMPLES / "meeting.wav", key))
    assert transcription.status == "FAILED"
    last = service.log(transcription.job)[-1]
    assert "access denied" in last["message"]
    assert action in last["message"]
    assert f"transcripts/{key}.json" not in service.objects("outputBucket")
