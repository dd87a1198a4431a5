"""The outputs of the stack that a command works on, as `pulumi stack output --json` prints them."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.media_suffixes import MEDIA_SUFFIXES, suffixes_of
from operations.errors import WrongUseError

NAMES = ("deadLetterQueue", "jobQueue", "jobDefinition", "inputBucket")
JOB_DEFINITION_ARN = re.compile(r"arn:[\w-]+:batch:([\w-]+):\d+:job-definition/\S+")


@dataclass(frozen=True)
class Stack:
    """Buckets, queues and other names of a deployed stack."""

    dead_letter_queue: str
    job_queue: str
    job_definition: str
    input_bucket: str
    input_prefix: str = ""
    media_suffixes: tuple[str, ...] = MEDIA_SUFFIXES
    model_name: str | None = None
    """The model in the image, if the stack has built the image."""

    model_revision: str | None = None
    list_job_definition: str | None = None
    """The job definition for lists of recordings, if the stack has one."""

    extra_input_buckets: tuple[str, ...] = ()
    """Other buckets whose recordings jobs may read."""
    collection_queue: str | None = None
    """The URL of the queue in which uploads wait to share a job, if they do."""

    @staticmethod
    def read(command: str) -> "Stack":
        """Read the stack's outputs from standard input.

        Args:
            command: the name of the command, for the error message.

        Raises:
            WrongUseError: the text is not the outputs of a deployed stack.
        """
        return Stack.from_json(standard_input(), command)

    @staticmethod
    def from_json(text: str, command: str) -> "Stack":
        """Read the outputs of the stack from the text that Pulumi printed.

        Raises:
            WrongUseError: the text is not the outputs of a deployed stack.
        """
        use = f"use: pulumi stack output --json | python -m {command}"
        try:
            outputs = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            outputs = None
        if not isinstance(outputs, dict) or not outputs:
            raise WrongUseError(f"No outputs with {', '.join(NAMES)} on standard input; {use}")
        if missing := [name for name in NAMES if not isinstance(outputs.get(name), str)]:
            raise WrongUseError(f"The outputs on standard input lack {', '.join(missing)}; {use}")
        if not JOB_DEFINITION_ARN.fullmatch(outputs["jobDefinition"]):
            raise WrongUseError(
                f"The output jobDefinition is '{outputs['jobDefinition']}', not the ARN of one; {use}"
            )
        return Stack.from_outputs(outputs)

    @staticmethod
    def from_outputs(outputs: Mapping[str, object]) -> "Stack":
        """Read the outputs of the stack.

        Raises:
            KeyError: an output is missing.
        """
        letters, queue, definition, bucket = (str(outputs[name]) for name in NAMES)
        return Stack(
            letters,
            queue,
            definition,
            bucket,
            input_prefix=str(outputs.get("inputPrefix", "")),
            media_suffixes=suffixes_of(str(outputs.get("mediaSuffixes", ""))),
            model_name=str(outputs.get("modelName") or "") or None,
            model_revision=str(outputs.get("modelRevision") or "") or None,
            list_job_definition=str(outputs.get("listJobDefinition") or "") or None,
            extra_input_buckets=tuple(
                name for name in str(outputs.get("extraInputBuckets") or "").split(",") if name
            ),
            collection_queue=str(outputs.get("collectionQueue") or "") or None,
        )

    @property
    def region(self) -> str:
        """The region of the stack. The shell may have another one."""
        return self.job_definition.split(":")[3]


def standard_input() -> str:
    """Return the text that is piped to this process, or nothing on a terminal or without standard input."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read().decode(errors="replace")
