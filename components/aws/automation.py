"""Documents of Systems Manager Automation with one step, which is a script."""

from collections.abc import Mapping
from pathlib import Path

from components.aws.policies import Document
from components.script_bundle import bundle

RUNTIME = "python3.11"
STEP_ATTEMPTS = 5


def script_runbook(
    *,
    description: str,
    role_arn: str,
    parameters: Mapping[str, tuple[str, str]],
    step: str,
    step_seconds: int,
    script: Path,
    payload: Mapping[str, object],
) -> Document:
    """Return a document that calls ``handler`` of a script.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeScript.html

    Args:
        description: what the runbook does.
        role_arn: the role of the script.
        parameters: description and allowed pattern of each parameter.
        step: the name of the step.
        step_seconds: how long the script may run, 600 s at most.
        script: the file, which is bundled with what it imports.
        payload: what ``handler`` gets; it may hold placeholders such as ``{{ jobId }}``.
    """
    return {
        "schemaVersion": "0.3",
        "description": description,
        "assumeRole": role_arn,
        "parameters": {
            name: {"type": "String", "description": about, "allowedPattern": pattern}
            for name, (about, pattern) in parameters.items()
        },
        "mainSteps": [
            {
                "name": step,
                "action": "aws:executeScript",
                "maxAttempts": STEP_ATTEMPTS,
                "timeoutSeconds": step_seconds,
                "isEnd": True,
                "inputs": {
                    "Runtime": RUNTIME,
                    "Handler": "handler",
                    "InputPayload": dict(payload),
                    "Script": bundle(script),
                },
            }
        ],
    }
