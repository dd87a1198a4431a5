"""Where a backfill stopped: an object in the output bucket, from which the next run goes on."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.outcomes import MISSING

PROGRESS_FOLDER = "backfill/"


@dataclass(frozen=True)
class Task:
    """What a backfill works through. The same task goes on where it was stopped."""

    source: str
    prefix: str
    newer_than: str | None

    @property
    def key(self) -> str:
        """The key of the object with its progress."""
        text = json.dumps(asdict(self), sort_keys=True)
        return f"{PROGRESS_FOLDER}{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


@dataclass(frozen=True)
class Progress:
    """Reads, keeps and removes the position of a task."""

    s3: Any
    bucket: str
    task: Task

    @property
    def uri(self) -> str:
        """Where the position is kept."""
        return f"s3://{self.bucket}/{self.task.key}"

    def read(self) -> str:
        """Return the position where the task was stopped, or an empty text.

        Raises:
            OperationError: the object is not one of a backfill.
        """
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=self.task.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                raise
            return ""
        try:
            return str(json.loads(body)["position"])
        except (ValueError, KeyError, TypeError):
            raise OperationError(f"{self.uri} can't be read; --restart begins anew.") from None

    def keep(self, position: str) -> None:
        """Write the position down."""
        body = json.dumps({**asdict(self.task), "position": position}, indent=1)
        self.s3.put_object(
            Bucket=self.bucket, Key=self.task.key, Body=body.encode(), ContentType="application/json"
        )

    def remove(self) -> None:
        """Forget the position, because the task is done."""
        self.s3.delete_object(Bucket=self.bucket, Key=self.task.key)
