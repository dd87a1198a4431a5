"""The access key of an emulated account."""

import secrets
from dataclasses import dataclass, field

ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ID_PREFIX = "LOCAL"
ID_LENGTH = 20
"""As long as a real id. The prefix shows people and secret scanners that it is no key of AWS."""

SECRET_BYTES = 30


@dataclass(frozen=True)
class Credentials:
    """The account's own access key. It may do everything in this account and is unknown elsewhere."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    @staticmethod
    def make() -> "Credentials":
        """Return a new random key."""
        rest = "".join(secrets.choice(ID_CHARACTERS) for _ in range(ID_LENGTH - len(ID_PREFIX)))
        return Credentials(ID_PREFIX + rest, secrets.token_urlsafe(SECRET_BYTES))

    def environment(self) -> dict[str, str]:
        """Return the variables by which AWS's clients find the key."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }
