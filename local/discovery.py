"""What a stack exports, found in the account that it was deployed to by somebody else."""

import json
from typing import Any

from local.cloud import LocalCloud
from local.errors import NotRunningError
from local.mirrors import Rules
from local.targets import service_of


def find_outputs(cloud: LocalCloud) -> dict[str, str]:
    """Return the exports that tell where recordings go and where their jobs and lost events are.

    Raises:
        NotRunningError: no stack is deployed.
    """
    rules = Rules(cloud)
    rules.refresh()
    for rule in rules.enabled():
        pattern = json.loads(rule.get("EventPattern", "{}"))
        buckets = pattern.get("detail", {}).get("bucket", {}).get("name", [])
        for target in rules.targets(rule["Name"]):
            if buckets and service_of(target["Arn"]) == "batch":
                return {
                    "inputBucket": buckets[0],
                    "inputPrefix": _prefix(pattern["detail"]["object"]["key"][0]),
                    "deadLetterQueue": target.get("DeadLetterConfig", {}).get("Arn", ""),
                    "jobQueue": target["Arn"].rsplit("/", 1)[-1],
                    "jobDefinition": target["BatchParameters"]["JobDefinition"],
                }
    raise NotRunningError("No stack is deployed to the served account; `pulumi up --stack local` does it.")


def _prefix(key_pattern: dict[str, Any]) -> str:
    """Return what all keys begin with that a rule of uploads matches."""
    literal, _, _suffix = str(key_pattern.get("wildcard", "*")).rpartition("*")
    return literal.replace("\\*", "*").replace("\\\\", "\\")
