"""Find the outputs of a stack that the Pulumi CLI has deployed to the served account."""

import json
from typing import Any

from components.media_suffixes import suffixes_text
from emulator.cloud import LocalCloud
from emulator.events.rules import Rules
from emulator.events.targets import service_of
from local.errors import NotRunningError


def find_outputs(cloud: LocalCloud) -> dict[str, str]:
    """Return the outputs that the commands need: input bucket, job queue, job definition, dead-letter queue.

    Raises:
        NotRunningError: no stack is deployed.
    """
    rules = Rules(cloud)
    rules.refresh()
    found: dict[str, str] = {}
    suffixes: list[str] = []
    prefix = ""
    for rule in rules.enabled():
        uploads = json.loads(rule.get("EventPattern", "{}")).get("detail", {})
        for target in rules.targets(rule["Name"]):
            if "object" in uploads and service_of(target["Arn"]) == "batch":
                suffixes += [each["suffix"]["equals-ignore-case"] for each in uploads["object"]["key"]]
                found = _outputs(uploads["bucket"]["name"][0], target)
            elif "object" in uploads and service_of(target["Arn"]) == "events":
                prefix = uploads["object"]["key"][0]["prefix"]
    if not found:
        raise NotRunningError(
            "No stack is deployed to the served account; `pulumi up --stack local` does it."
        )
    return {**found, "inputPrefix": prefix, "mediaSuffixes": suffixes_text(suffixes)}


def _outputs(input_bucket: str, target: dict[str, Any]) -> dict[str, str]:
    """Return the outputs that a rule on uploads and its Batch target contain."""
    return {
        "inputBucket": input_bucket,
        "deadLetterQueue": target.get("DeadLetterConfig", {}).get("Arn", ""),
        "jobQueue": target["Arn"].rsplit("/", 1)[-1],
        "jobDefinition": target["BatchParameters"]["JobDefinition"],
    }
