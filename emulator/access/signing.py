"""Sign requests between the emulator's own services, as clients of AWS do."""

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from emulator.access.credentials import Credentials

SERVICE = "local"
REGION = "local"
"""The scope of these signatures. No service of AWS has these names."""


def signed_headers(method: str, url: str, body: bytes, credentials: Credentials) -> dict[str, str]:
    """Return the headers that sign a request for ``url``."""
    request = AWSRequest(method, url, data=body)
    keys = BotoCredentials(credentials.access_key_id, credentials.secret_access_key)
    SigV4Auth(keys, SERVICE, REGION).add_auth(request)
    return dict(request.headers.items())
