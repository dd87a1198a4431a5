"""Check that the caller of the Batch API may make the call."""

from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import BotoCoreError

from emulator.access.authorization import AuthorizationClient, AuthorizationRequest
from emulator.access.errors import AccessError
from emulator.access.requests import ReceivedRequest
from emulator.access.signatures import check_signature
from emulator.batch.errors import AccessDeniedError, BatchError
from emulator.batch.naming import Arns
from emulator.batch.permissions import passed_roles, resources_of
from emulator.batch.requests import Call
from emulator.cloud import LocalCloud


class Callers:
    """Checks callers by the policies of emulated IAM. The account's own key may do everything."""

    def __init__(self, cloud: LocalCloud, arns: Arns) -> None:
        self._credentials = cloud.credentials
        self._authorization = AuthorizationClient(cloud.aws_endpoint, cloud.credentials)
        self._arns = arns

    def check(self, request: ReceivedRequest, body: bytes, call: Call | None) -> None:
        """Return if the signer of ``request`` may make ``call``; without a call, if the signature is right.

        Raises:
            AccessDeniedError: the signature is wrong, or the signer may not.
            BatchError: emulated AWS does not answer.
        """
        try:
            if self._credentials.access_key_id in request.headers.get("authorization", ""):
                check_signature(request, body, self._secret)
            else:
                for needed in self._authorization_requests(request, body, call):
                    self._authorization.check(needed)
        except AccessError as error:
            raise AccessDeniedError(error.code, str(error)) from error
        except BotoCoreError as error:
            raise BatchError(f"IAM does not answer: {error}") from error

    def _secret(self, access_key_id: str, _token: str) -> str:
        if access_key_id != self._credentials.access_key_id:
            raise AccessError("UnrecognizedClientException", "The security token is invalid.")
        return self._credentials.secret_access_key

    def _authorization_requests(
        self, request: ReceivedRequest, body: bytes, call: Call | None
    ) -> Iterator[AuthorizationRequest]:
        signer = AuthorizationRequest(request, body, "batch", self._arns.region)
        if call is None:
            yield signer
            return
        resources = resources_of(call.operation, call.parameters, self._arns)
        yield replace(signer, action=f"batch:{call.operation}", resources=resources)
        for role, receiver in passed_roles(call.operation, call.parameters):
            yield replace(signer, service="iam", action="iam:PassRole", resources=(role,), passed_to=receiver)
