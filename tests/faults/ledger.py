"""What users did, and do: the steps of stories, performed when their moment comes, and written down."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.contents import Content
from tests.faults.stories import Act, Step, Story


@dataclass
class _Progress:
    story: Story
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Ledger:
    """Performs the steps of stories, and knows what each key held."""

    def __init__(self, s3: Any, bucket: str, stories: Iterable[Story]) -> None:
        """Keep ``stories``, none of them begun; ``s3`` is a boto3 client that meets no faults."""
        self._s3 = s3
        self._bucket = bucket
        self._stories = {story.key: _Progress(story) for story in stories}
        self._versions: defaultdict[str, list[Content | None]] = defaultdict(list)
        self._lock = threading.Lock()
        self.uploads = 0

    @property
    def versions(self) -> dict[str, list[Content | None]]:
        """What each key held, the oldest first, None where it was deleted."""
        with self._lock:
            return {key: list(versions) for key, versions in self._versions.items()}

    def begin(self, key: str) -> None:
        """Perform the first step of a story and those that follow at once."""
        self._perform(self._stories[key], 0)

    def meanwhile(self, key: str, requests: int) -> None:
        """Perform what is due now that the story's first job made so many requests."""
        if key in self._stories:
            self._perform(self._stories[key], requests)

    def finish(self) -> int:
        """Perform all steps whose moment never came; return how many stories had any."""
        left = [each for each in self._stories.values() if each.done < len(each.story.steps)]
        for progress in left:
            while progress.done < len(progress.story.steps):
                self._perform(progress, progress.story.steps[progress.done].at_request)
        return len(left)

    def _perform(self, progress: _Progress, requests: int) -> None:
        with progress.lock:
            steps = progress.story.steps
            while progress.done < len(steps) and steps[progress.done].at_request <= requests:
                self._do(steps[progress.done])
                progress.done += 1

    def _do(self, step: Step) -> None:
        match step.act:
            case Act.PUT if step.content is not None:
                self._s3.put_object(Bucket=self._bucket, Key=step.key, Body=step.content.body)
            case Act.COPY_FROM:
                source = {"Bucket": self._bucket, "Key": step.source}
                self._s3.copy_object(Bucket=self._bucket, Key=step.key, CopySource=source)
            case Act.DELETE:
                self._s3.delete_object(Bucket=self._bucket, Key=step.key)
        with self._lock:
            self._versions[step.key].append(step.content)
            self.uploads += step.act is not Act.DELETE
