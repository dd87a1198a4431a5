"""The errors of the Batch API."""


class BatchError(Exception):
    """An error answer: HTTP status, AWS error code, message."""

    status = 500
    code = "ServerException"


class ClientError(BatchError):
    """The request is wrong."""

    status = 400
    code = "ClientException"


class AccessDeniedError(BatchError):
    """The signature is wrong, or the signer may not make the request."""

    status = 403

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownOperationError(BatchError):
    """Batch has no such operation, or this service does not offer it."""

    status = 404
    code = "UnknownOperationException"
