"""What a resource handler works with: the inputs, the account, and how to take back what was done."""

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
"""What AWS says, in code or message, when that which is to be deleted is not there."""


@dataclass(frozen=True)
class Created:
    """What a handler returns: the resource's id and the outputs that are not its inputs."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Creation:
    """One resource while it is created, and afterwards the way to delete it."""

    def __init__(self, account: Account, name: str, inputs: Properties) -> None:
        self.account = account
        self.name = name
        self.inputs = inputs
        self._undo: list[Callable[[], Any]] = []

    def client(self, service: str) -> Any:
        """Return the boto3 client of ``service``."""
        return self.account.client(service)

    def auto_name(self) -> str:
        """Return a name as Pulumi makes them: the logical name, a dash and seven hex digits."""
        return f"{self.name}-{secrets.token_hex(4)[:7]}"

    def physical_name(self, property_name: str = "name", limit: int = 255) -> str:
        """Return the name that the program gives, or Pulumi's own.

        Raises:
            DeploymentError: the name is longer than the ``limit`` of the service.
        """
        name = self.inputs.get(property_name) or self.auto_name()
        if len(name) > limit:
            raise DeploymentError(f"{property_name} {name} has {len(name)} characters; {limit} are allowed")
        return str(name)

    def policy(self, property_name: str = "policy") -> str:
        """Return a policy document as the text that AWS takes; a program may give it as a structure too."""
        document = self.inputs.get(property_name)
        return document if isinstance(document, str) else json.dumps(document)

    def tags(self) -> dict[str, str]:
        """Return the resource's tags over the stack's default ones."""
        own: dict[str, str] = self.inputs.get("tags", {})
        return self.account.default_tags | own

    def tag_list(self) -> list[dict[str, str]]:
        """Return the tags as most services take them: a list of Key and Value."""
        return [{"Key": key, "Value": value} for key, value in self.tags().items()]

    def on_delete(self, call: Callable[..., Any], **arguments: Any) -> None:
        """Have ``call`` made when the resource is deleted, or its creation fails; the last one first."""
        self._undo.append(lambda: call(**arguments))

    def delete(self) -> None:
        """Take the resource away; what is gone already is no error.

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
"""Creates one resource; every API call that leaves something behind is followed by its ``on_delete``."""
