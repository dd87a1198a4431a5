"""Which stack a command is for: its outputs, as `pulumi stack output --json` prints them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from components.media_suffixes import MEDIA_SUFFIXES, suffixes_of

NAMES = ("deadLetterQueue", "jobQueue", "jobDefinition", "inputBucket")


class OperationError(Exception):
    """Why something, or all, was not done."""


@dataclass(frozen=True)
class Stack:
    """Where recordings come in, jobs are submitted and lost events wait."""

    dead_letter_queue: str
    job_queue: str
    job_definition: str
    input_bucket: str
    input_prefix: str = ""
    media_suffixes: tuple[str, ...] = MEDIA_SUFFIXES

    @staticmethod
    def from_json(text: str, command: str) -> "Stack":
        """Read the stack's outputs.

        Args:
            text: what Pulumi printed.
            command: the module that reads it, for the sentence on how to.

        Raises:
            OperationError: they are not those of a deployed stack.
        """
        try:
            return Stack.from_outputs(json.loads(text))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise OperationError(
                f"No outputs with {', '.join(NAMES)} on standard input;"
                f" use: pulumi stack output --json | python -m {command}"
            ) from None

    @staticmethod
    def from_outputs(outputs: Mapping[str, object]) -> "Stack":
        """Take the stack's outputs.

        Raises:
            KeyError: one is missing.
        """
        letters, queue, definition, bucket = (str(outputs[name]) for name in NAMES)
        suffixes = suffixes_of(str(outputs.get("mediaSuffixes", "")))
        return Stack(letters, queue, definition, bucket, str(outputs.get("inputPrefix", "")), suffixes)

    @property
    def region(self) -> str:
        """The region of the stack, which need not be the shell's."""
        return self.job_definition.split(":")[3]
