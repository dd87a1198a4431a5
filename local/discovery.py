"""What a stack exports, found in the account that it was deployed to by somebody else."""

import json

from local.cloud import LocalCloud
from local.errors import NotRunningError
from local.mirrors import Rules
from local.targets import service_of


def find_outputs(cloud: LocalCloud) -> dict[str, str]:
    """Return the exports that tell where recordings go and where their jobs are.

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
                    "jobQueue": target["Arn"].rsplit("/", 1)[-1],
                    "jobDefinition": target["BatchParameters"]["JobDefinition"],
                }
    raise NotRunningError("No stack is deployed to the served account; `pulumi up --stack local` does it.")
