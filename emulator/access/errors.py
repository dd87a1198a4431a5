"""Why a request is refused."""


class AccessError(Exception):
    """A request that is not answered; ``code`` is the name that AWS gives to such an error."""

    status = 403

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
