"""The settings of a stack's worker, from the command and environment of its job definition."""

from dataclasses import dataclass
from typing import Any

from operations.errors import OperationError
from transcriber.options import environment_name


@dataclass(frozen=True)
class Worker:
    """Where a job writes its results, and how it transcribes."""

    destination: str
    """The prefix of transcripts, as ``s3://BUCKET/PREFIX``."""

    failures: str
    """The prefix of failure reports."""

    formats: tuple[str, ...]
    mode: str

    @staticmethod
    def of_job_definition(batch: Any, arn: str) -> "Worker":
        """Read the command and the environment of a job definition.

        Raises:
            OperationError: there is no job definition, or it is not one of this program.
        """
        definitions = batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
        if not definitions:
            raise OperationError(f"{arn}: there is no such job definition; is the stack destroyed?")
        container = definitions[0].get("containerProperties", {})
        environment = {each["name"]: each["value"] for each in container.get("environment", [])}
        try:
            return Worker(
                destination=container["command"][-1],
                failures=environment[environment_name("failures")],
                formats=tuple(environment[environment_name("formats")].split(",")),
                mode=environment[environment_name("mode")],
            )
        except (KeyError, IndexError):
            raise OperationError(f"{arn}: this job definition is not of such a stack.") from None
