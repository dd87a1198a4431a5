"""An account with a stack whose machine images are of different ages, and the commands run on it."""

from collections.abc import Mapping
from typing import Any

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import BatchAccount, python, unique
from tests.operations.commands import run_command

POLICY = {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 90}


class Account:
    """A stack with two environments, of which its queue uses one; and another stack's."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.account = cloud, BatchAccount(cloud)
        self.tags = {"Project": "transcription", "Stack": unique("stack")}
        self.on_demand = self.environment("LATEST", self.tags)
        self.spot = self.environment("UPDATE_AVAILABLE", self.tags)
        self.new = self.environment(None, self.tags)
        self.stranger = self.environment("UPDATE_AVAILABLE", {**self.tags, "Stack": "other"})
        self.outputs: Mapping[str, str] = {
            "deadLetterQueue": "none",
            "inputBucket": "none",
            "jobQueue": self.account.queue(self.on_demand),
            "jobDefinition": self.account.definition(python("pass")),
        }

    def environment(self, image_status: str | None, tags: Mapping[str, str]) -> str:
        name = self.account.environment(
            ec2Configuration=[
                {
                    "imageType": "ECS_AL2023_NVIDIA",
                    **({"batchImageStatus": image_status} if image_status else {}),
                }
            ]
        )
        batch = self.account.client
        (described,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
        batch.tag_resource(resourceArn=described["computeEnvironmentArn"], tags=tags)
        batch.update_compute_environment(computeEnvironment=name, updatePolicy=POLICY)
        return name

    def described(self, name: str) -> dict[str, Any]:
        answer = self.account.client.describe_compute_environments(computeEnvironments=[name])
        return dict(answer["computeEnvironments"][0])

    def image_status(self, name: str) -> str | None:
        configuration = self.described(name)["computeResources"]["ec2Configuration"][0]
        return configuration.get("batchImageStatus")

    def patch(self, *options: str, exit_code: int = 0) -> str:
        return self.run("operations.patch", *options, exit_code=exit_code)

    def run(self, module: str, *options: str, exit_code: int, **environment: str) -> str:
        """Run a command on this stack and return what it printed."""
        variables = {**self.cloud.client_environment(), **environment}
        ended = run_command(module, *options, given=self.outputs, environment=variables)
        assert ended.returncode == exit_code, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr
