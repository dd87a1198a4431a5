"""The event that Batch sends when a job changes state."""

import copy
import uuid
from datetime import UTC, datetime
from typing import Any

from emulator.batch.jobs import Job, describe
from emulator.batch.naming import Arns

SOURCE = "aws.batch"
DETAIL_TYPE = "Batch Job State Change"


def state_change(job: Job, arns: Arns) -> dict[str, Any]:
    """Return the event as EventBridge delivers it. Its detail is the answer of DescribeJobs."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "account": arns.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": arns.region,
        "resources": [job.arn],
        "detail": copy.deepcopy(describe(job)),
    }
