"""Ask emulated IAM whether the signer of a request may do something."""

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
    """A request and the action on resources that it needs; without resources only the signer is checked."""

    request: ReceivedRequest
    body: bytes
    service: str
    region: str
    action: str = ""
    resources: tuple[str, ...] = ()
    passed_to: str = ""
    """The service that gets a role, for the condition key ``iam:PassedToService``."""

    def to_json(self) -> bytes:
        """Return the body of the HTTP request that carries this."""
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
    """Asks emulated IAM at ``endpoint``, with the account's own key."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        self._url = endpoint + PATH
        self._credentials = credentials
        self._session = URLLib3Session()

    def check(self, asked: AuthorizationRequest) -> None:
        """Return if a key of the account has signed the request and may do what it asks for.

        Raises:
            AccessError: the signature is wrong or the key may not; ``code`` and message come from IAM.
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
