"""The error of a refused request."""


class AccessError(Exception):
    """A request is refused. ``code`` is the name of the error in AWS."""

    status = 403

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
