"""Check the signatures of requests (Signature Version 4), and that the body is the signed one."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from ministack.core.sigv4 import (
    UNSIGNED_PAYLOAD,
    HeaderSignature,
    header_signature_failure,
    parse_header_signature,
    parse_query_signature,
    request_time_failure,
)

from emulator.access.errors import AccessError
from emulator.access.requests import ReceivedRequest

ALGORITHM = "AWS4-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
LONGEST_EXPIRY_SECONDS = 604_800
CLOCK_SKEW = timedelta(minutes=15)
"""S3 allows clocks to differ by this much."""

SIGNED_PREFIXES = ("x-amz-", "x-local-")
"""These headers change the meaning of a request, so they must be signed."""

FindSecret = Callable[[str, str], str]
"""Returns the secret of an access key id and session token, or raises AccessError."""


def check_signature(request: ReceivedRequest, body: bytes, find_secret: FindSecret) -> str:
    """Return the id of the access key that signed the request.

    Args:
        request: the request without its body.
        body: the body as received; it may consist of signed chunks.
        find_secret: finds the secret of a key.

    Raises:
        AccessError: it is not signed, by an unknown key, too long ago, or the signature is of something else.
    """
    signature, token, presigned = _read(request)
    _check_what_is_signed(request.headers, signature, presigned=presigned)
    _check_time(request, signature, presigned=presigned)
    secret = find_secret(signature.access_key_id, token)
    failure = header_signature_failure(
        signature,
        secret,
        request.method,
        request.raw_path,
        request.query,
        dict(request.headers),
        body,
        presigned=presigned,
    )
    if failure:
        raise AccessError(*failure)
    _check_body(request.headers, body)
    return str(signature.access_key_id)


def _read(request: ReceivedRequest) -> tuple[HeaderSignature, str, bool]:
    """Return the signature, the session token, and whether both stand in the query."""
    authorization, query = request.headers.get("authorization", ""), request.query
    in_query = {name.lower() for name in query} & {"x-amz-signature", "x-amz-credential", "x-amz-algorithm"}
    if authorization and in_query:
        raise AccessError("InvalidArgument", "Only one way of signing is allowed, in header or query.")
    if authorization.startswith(f"{ALGORITHM} "):
        signature = parse_header_signature(request.headers)
        token = request.headers.get("x-amz-security-token", "")
    elif query.get("X-Amz-Algorithm") == [ALGORITHM]:
        signature = parse_query_signature(query)
        token = "".join(query.get("X-Amz-Security-Token", []))
    elif authorization or in_query:
        raise AccessError("InvalidRequest", f"Requests must be signed by {ALGORITHM}.")
    else:
        raise AccessError("MissingAuthenticationToken", "The request is not signed.")
    if isinstance(signature, tuple):
        raise AccessError(*signature)
    return signature, token, not authorization


def _check_what_is_signed(headers: Mapping[str, str], signature: HeaderSignature, *, presigned: bool) -> None:
    signed = set(signature.signed_headers.split(";"))
    needed = {name for name in headers if name.startswith(SIGNED_PREFIXES)} | {"host"}
    if not presigned and "x-amz-date" not in headers:
        needed.add("date")
    if missing := sorted(needed - signed):
        raise AccessError("AccessDenied", f"Headers must be signed: {', '.join(missing)}.")


def _check_time(request: ReceivedRequest, signature: HeaderSignature, *, presigned: bool) -> None:
    try:
        signed_at = datetime.strptime(signature.amz_date, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise AccessError("AccessDenied", f"{signature.amz_date!a} is no date of a signature.") from None
    if not presigned:
        if failure := request_time_failure(signature):
            raise AccessError(*failure)
        return
    expires = "".join(request.query.get("X-Amz-Expires", []))
    if not (expires.isascii() and expires.isdecimal() and 0 < int(expires) <= LONGEST_EXPIRY_SECONDS):
        raise AccessError(
            "AuthorizationQueryParametersError",
            f"X-Amz-Expires is {expires!a}; allowed: 1 to {LONGEST_EXPIRY_SECONDS}.",
        )
    if not signed_at - CLOCK_SKEW <= datetime.now(UTC) <= signed_at + timedelta(seconds=int(expires)):
        raise AccessError("AccessDenied", "Request has expired")


def _check_body(headers: Mapping[str, str], body: bytes) -> None:
    """The signature covers the hash in a header; the body must have this hash."""
    told = headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
    if told == UNSIGNED_PAYLOAD or told.startswith("STREAMING-"):
        return
    if told != hashlib.sha256(body).hexdigest():
        raise AccessError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match the body."
        )
