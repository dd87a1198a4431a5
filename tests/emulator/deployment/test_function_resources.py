import json
from collections.abc import Callable

import pytest

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment
from emulator.errors import EmulatorError

Up = Callable[..., Deployment]

PROGRAM = """
    role = aws.iam.Role("f", assume_role_policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                       "Principal": {"Service": "lambda.amazonaws.com"}}],
    }))
    function = aws.lambda_.Function(
        "f",
        runtime="python3.13",
        handler="main.handler",
        code=pulumi.AssetArchive({"main.py": pulumi.StringAsset(CODE)}),
        role=role.arn,
        timeout=10,
        environment={"variables": {"GREETING": "hello"}},
    )
    schedule = aws.scheduler.Schedule(
        "f",
        schedule_expression="rate(1 minute)",
        flexible_time_window={"mode": "OFF"},
        target={"arn": function.arn, "role_arn": role.arn, "retry_policy": {"maximum_retry_attempts": 0}},
    )
    pulumi.export("function", function.name)
    pulumi.export("schedule", schedule.name)
"""

CODE = """
import os
def handler(event, context):
    return [os.environ["GREETING"], os.environ["AWS_ENDPOINT_URL_BATCH"], event]
"""


def test_a_function_runs_with_its_variables_and_finds_batch(up: Up, cloud: LocalCloud) -> None:
    names = up(f"    CODE = {CODE!r}\n{PROGRAM}").outputs
    answer = cloud.client("lambda").invoke(FunctionName=names["function"], Payload=b'{"a": 1}')
    assert json.loads(answer["Payload"].read()) == ["hello", cloud.batch_endpoint, {"a": 1}]


def test_a_schedule_calls_what_the_program_says_until_it_is_destroyed(up: Up, cloud: LocalCloud) -> None:
    scheduler = cloud.client("scheduler")
    deployment = up(f"    CODE = {CODE!r}\n{PROGRAM}")
    found = scheduler.get_schedule(Name=deployment.outputs["schedule"])
    assert found["ScheduleExpression"] == "rate(1 minute)"
    assert found["Target"]["Arn"].endswith(f":function:{deployment.outputs['function']}")
    deployment.destroy()
    assert scheduler.list_schedules()["Schedules"] == []
    assert cloud.client("lambda").list_functions()["Functions"] == []


def test_code_from_elsewhere_is_refused(up: Up) -> None:
    program = PROGRAM.replace("StringAsset(CODE)", 'RemoteAsset("https://example.org/main.py")')
    with pytest.raises(EmulatorError, match=r"code: main\.py is neither a text nor a file"):
        up(program)
