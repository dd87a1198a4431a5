"""Tags of Batch resources."""

from collections.abc import Callable, Iterable
from typing import Any

from emulator.batch.errors import ClientError

MAX_TAGS = 50


class Tags:
    """The operations on tags. They change the ``tags`` of the resource itself."""

    def __init__(self, resources: Callable[[], Iterable[tuple[str, dict[str, str]]]]) -> None:
        """``resources()`` yields ARN and tags of every resource."""
        self._resources = resources

    def list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """ListTagsForResource."""
        return {"tags": self._of(parameters["resourceArn"])}

    def add(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """TagResource.

        Raises:
            ClientError: no such resource, or more than 50 tags.
        """
        tags = self._of(parameters["resourceArn"])
        if len(tags | parameters["tags"]) > MAX_TAGS:
            raise ClientError(f"A resource can have at most {MAX_TAGS} tags")
        tags.update(parameters["tags"])
        return {}

    def remove(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """UntagResource. Keys that the resource does not have are ignored."""
        tags = self._of(parameters["resourceArn"])
        for key in parameters["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _of(self, arn: str) -> dict[str, str]:
        for candidate, tags in self._resources():
            if candidate == arn:
                return tags
        raise ClientError(f"Resource {arn} not found")
