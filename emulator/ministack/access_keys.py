"""Access keys: the account's own, those of its users, and those of sessions of its roles."""

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session

from emulator.access.credentials import Credentials
from emulator.access.errors import AccessError


class AccessKeys:
    """Finds the secret of a key. MiniStack's well-known root keys are not accepted."""

    def __init__(self, root: Credentials) -> None:
        self._root = root

    def secret(self, access_key_id: str, token: str) -> str:
        """Return the secret of a key. ``token`` is the session token; empty if there is none.

        Raises:
            AccessError: the key does not exist, the token is wrong, or the session has expired.
        """
        if access_key_id == self._root.access_key_id:
            return self._root.secret_access_key
        if iam_evaluator.is_root_access_key(access_key_id):
            raise AccessError(
                "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        account = _account_from_sts_session(access_key_id)
        account = account or iam_evaluator.find_iam_access_key_account(access_key_id)
        found = iam_evaluator.resolve_credential(access_key_id, account, token)
        if isinstance(found, iam_evaluator.CredentialResolutionError):
            raise AccessError(found.code, found.message)
        return str(found.secret_access_key)
