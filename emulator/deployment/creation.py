"""What a resource handler gets and returns: inputs, account, and the calls that delete the resource."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from emulator.deployment.account import Account
from emulator.deployment.errors import DeploymentError
from emulator.deployment.properties import Properties

GONE = re.compile(r"NotFound|NoSuch|NonExistent|not found|does not exist")
"""Error codes and messages of AWS for a resource that does not exist."""


@dataclass(frozen=True)
class Created:
    """The result of a handler: the resource's id and the outputs that are not inputs."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Creation:
    """One resource: what its handler needs to create it, and the calls that delete it."""

    def __init__(self, account: Account, name: str, inputs: Properties) -> None:
        self.account = account
        self.name = name
        self.inputs = inputs
        self._undo: list[Callable[[], Any]] = []

    def client(self, service: str) -> Any:
        """Return the boto3 client of ``service``."""
        return self.account.client(service)

    def auto_name(self) -> str:
        """Return a name as Pulumi makes it: the logical name, a dash and seven hex digits."""
        return f"{self.name}-{secrets.token_hex(4)[:7]}"

    def physical_name(self, property_name: str = "name", limit: int = 255) -> str:
        """Return the name that the program gives, or an automatic one.

        Raises:
            DeploymentError: the name is longer than the ``limit`` of the service.
        """
        name = self.inputs.get(property_name) or self.auto_name()
        if len(name) > limit:
            raise DeploymentError(f"{property_name} {name} has {len(name)} characters; {limit} are allowed")
        return str(name)

    def policy(self, property_name: str = "policy") -> str:
        """Return a policy document as JSON text. A program may give it as a structure too."""
        document = self.inputs.get(property_name)
        return document if isinstance(document, str) else json.dumps(document)

    def tags(self) -> dict[str, str]:
        """Return the resource's own tags and the stack's default tags."""
        own: dict[str, str] = self.inputs.get("tags", {})
        return self.account.default_tags | own

    def tag_list(self) -> list[dict[str, str]]:
        """Return the tags as a list of Key and Value, the form of most services."""
        return [{"Key": key, "Value": value} for key, value in self.tags().items()]

    def on_delete(self, call: Callable[..., Any], **arguments: Any) -> None:
        """Make ``call`` when the resource is deleted or its creation fails. The last call comes first."""
        self._undo.append(lambda: call(**arguments))

    def delete(self) -> None:
        """Delete the resource. It is no error if it does not exist any more.

        Raises:
            ClientError: AWS refused.
        """
        while self._undo:
            try:
                self._undo[-1]()
            except ClientError as error:
                if not GONE.search(str(error)):
                    raise
            self._undo.pop()


Handler = Callable[[Creation], Created]
"""Creates one resource. After each call that creates something it calls ``on_delete``."""
