"""The question of a service to emulated IAM: may whoever signed this request do this?"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from emulator.access.credentials import Credentials
from emulator.access.errors import AccessError
from emulator.access.requests import ReceivedRequest
from emulator.access.signing import signed_headers

PATH = "/_local/authorize"


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request and what it asks for: an action of a service on resources; none if only the signer counts."""

    request: ReceivedRequest
    body: bytes
    service: str
    region: str
    action: str = ""
    resources: tuple[str, ...] = ()
    passed_to: str = ""
    """The service that a role is passed to, the condition key ``iam:PassedToService``."""

    def to_json(self) -> bytes:
        """Return it as it is sent."""
        request = self.request
        return json.dumps(
            {
                "method": request.method,
                "raw_path": request.raw_path,
                "raw_query": request.raw_query,
                "headers": dict(request.headers),
                "body": base64.b64encode(self.body).decode(),
                "service": self.service,
                "region": self.region,
                "action": self.action,
                "resources": self.resources,
                "passed_to": self.passed_to,
            }
        ).encode()

    @staticmethod
    def from_json(text: bytes) -> "AuthorizationRequest":
        """Read what ``to_json`` wrote."""
        value: dict[str, Any] = json.loads(text)
        names = ("method", "raw_path", "raw_query", "headers")
        return AuthorizationRequest(
            request=ReceivedRequest(**{name: value[name] for name in names}),
            body=base64.b64decode(value["body"]),
            service=value["service"],
            region=value["region"],
            action=value["action"],
            resources=tuple(value["resources"]),
            passed_to=value["passed_to"],
        )


class AuthorizationClient:
    """Asks emulated IAM at ``endpoint``, as the account's own key."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        self._url = endpoint + PATH
        self._credentials = credentials
        self._session = URLLib3Session()

    def check(self, asked: AuthorizationRequest) -> None:
        """Return if the request is signed by a key of the account that may do what it asks for.

        Raises:
            AccessError: it is not; ``code`` and message are those of IAM.
            botocore.exceptions.HTTPClientError: emulated AWS does not answer.
        """
        body = asked.to_json()
        headers = signed_headers("POST", self._url, body, self._credentials)
        answer = self._session.send(AWSRequest("POST", self._url, headers, body).prepare())
        told = json.loads(answer.content)
        if answer.status_code != 200 or told:
            raise AccessError(
                told.get("code", "AccessDenied"), told.get("message", f"IAM answered {answer.status_code}.")
            )
