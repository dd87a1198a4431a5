"""Check the signatures of requests (Signature Version 4), and that the body is the signed one."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from mmap import mmap

from ministack.core.sigv4 import (
    SIGNATURE_MISMATCH,
    UNSIGNED_PAYLOAD,
    HeaderSignature,
    calculate_signature,
    header_signature_failure,
    header_signing_documents,
    parse_header_signature,
    parse_query_signature,
    request_time_failure,
    signatures_match,
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

HASH_HEADER = "x-amz-content-sha256"
STREAMED = "STREAMING-"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
"""What ``HASH_HEADER`` tells instead of a hash where the body comes in chunks, signed ones here."""

FindSecret = Callable[[str, str], str]
"""Returns the secret of an access key id and session token, or raises AccessError."""


@dataclass(frozen=True)
class SignedRequest:
    """A request whose headers are signed by a key of the account; its body is still to be checked."""

    request: ReceivedRequest
    signature: HeaderSignature
    secret: str = field(repr=False)
    presigned: bool

    @property
    def caller(self) -> str:
        """The id of the access key that signed it."""
        return str(self.signature.access_key_id)

    @property
    def signs_body(self) -> bool:
        """Tell whether the signature is of the body too, so that ``check_body`` has something to compare."""
        told = self._told_hash
        return told != UNSIGNED_PAYLOAD and (not told.startswith(STREAMED) or told.startswith(SIGNED_CHUNKS))

    def check_body(self, sha256: str, content: bytes | mmap) -> None:
        """Return if the body is the one that was signed.

        Args:
            sha256: the hash of the body, in hexadecimal digits.
            content: the body, in chunks with signatures where the client sends it so.

        Raises:
            AccessError: another body was signed.
        """
        told = self._told_hash
        if not told:
            self._check_signature(sha256)
        elif told.startswith(SIGNED_CHUNKS):
            self._check_signature(told, content)
        elif self.signs_body and told != sha256:
            raise AccessError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match the body.",
            )

    def check_told(self) -> None:
        """Check the signature without the body, as far as the headers tell its hash.

        Raises:
            AccessError: it is a signature of something else.
        """
        told = self._told_hash
        if told.startswith(SIGNED_CHUNKS):
            self._check_signature_before_chunks()
        elif told:
            self._check_signature(told)

    @property
    def _told_hash(self) -> str:
        told = self.request.headers.get(HASH_HEADER, "")
        # S3 does not sign the body of a presigned request.
        is_untold = not told and self.presigned and self.signature.service == "s3"
        return UNSIGNED_PAYLOAD if is_untold else told

    def _check_signature(self, body_hash: str, content: bytes | mmap = b"") -> None:
        request = self.request
        failure = header_signature_failure(
            self.signature,
            self.secret,
            request.method,
            request.raw_path,
            request.query,
            {**request.headers, HASH_HEADER: body_hash},
            content,
            presigned=self.presigned,
        )
        if failure:
            raise AccessError(*failure)

    def _check_signature_before_chunks(self) -> None:
        request, signature = self.request, self.signature
        _, text = header_signing_documents(
            signature,
            request.method,
            request.raw_path,
            request.query,
            request.headers,
            b"",
            presigned=self.presigned,
        )
        expected = calculate_signature(
            self.secret, signature.date_stamp, signature.region, signature.service, text
        )
        if not signatures_match(expected, signature.signature):
            raise AccessError("SignatureDoesNotMatch", SIGNATURE_MISMATCH)


def check_signature(request: ReceivedRequest, body: bytes, find_secret: FindSecret) -> str:
    """Return the id of the access key that signed the request.

    Args:
        request: the request without its body.
        body: the body as received; it may consist of signed chunks.
        find_secret: finds the secret of a key.

    Raises:
        AccessError: it is not signed, by an unknown key, too long ago, or the signature is of something else.
    """
    signed = check_headers(request, find_secret)
    signed.check_body(hashlib.sha256(body).hexdigest(), body)
    return signed.caller


def check_headers(request: ReceivedRequest, find_secret: FindSecret) -> SignedRequest:
    """Return the request as it is signed; its body is not needed for that.

    A body whose hash no header tells leaves the signature open until ``SignedRequest.check_body``.

    Raises:
        AccessError: it is not signed, by an unknown key, too long ago, or the signature is of something else.
    """
    signature, token, presigned = _read(request)
    _check_what_is_signed(request.headers, signature, presigned=presigned)
    _check_time(request, signature, presigned=presigned)
    secret = find_secret(signature.access_key_id, token)
    signed = SignedRequest(request, signature, secret, presigned)
    signed.check_told()
    return signed


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
