"""What S3 answers about a recording: what no other try mends is its outcome, all else is tried again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.cloud import LocalCloud
from tests.faults.proxy import Answer, Proxy, Request
from transcriber import job
from transcriber.command_line import parse
from transcriber.errors import (
    FaultError,
    TemporaryFailureError,
    TranscriberError,
    UnusableInputError,
    UsageError,
)
from transcriber.recognition.modes import SpeechModel
from transcriber.settings import Settings
from transcriber.storage import open_source
from transcriber.storage.s3_errors import explain_recording_errors, explain_s3_errors

FINAL, AGAIN, FAULT, WRONG = UnusableInputError, TemporaryFailureError, FaultError, UsageError
"""Exit codes 65 and 2 end a job; 75 and 1 have it tried again."""

SSE_C = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided"
    " to retrieve the object."
)
NO_DECRYPT = (
    "User: arn:aws:sts::1:assumed-role/job/1 is not authorized to perform: kms:Decrypt on resource:"
    " arn:aws:kms:eu-west-1:2:key/1 because no resource-based policy allows the kms:Decrypt action"
)
OLD_NO_DECRYPT = (
    "The ciphertext refers to a customer master key that does not exist, or you are not allowed to access."
)

ANSWERS: list[tuple[int, str, str, type[TranscriberError]]] = [
    # What GetObject and HeadObject document of their own.
    (404, "NoSuchKey", "", FINAL),
    (404, "404", "Not Found", FINAL),
    (403, "InvalidObjectState", "The operation is not valid for the object's storage class", FINAL),
    (412, "PreconditionFailed", "", AGAIN),
    (412, "412", "Precondition Failed", AGAIN),
    (405, "MethodNotAllowed", "", FAULT),
    (416, "InvalidRange", "", FAULT),
    (304, "304", "Not Modified", FAULT),
    (400, "400", "Bad Request", FAULT),
    (403, "403", "Forbidden", FAULT),
    # Encryption.
    (400, "InvalidRequest", SSE_C, FINAL),
    (400, "KMS.DisabledException", "arn:aws:kms:eu-west-1:1:key/1 is disabled.", FINAL),
    (400, "KMS.NotFoundException", "Key 'arn:aws:kms:eu-west-1:1:key/1' does not exist", FINAL),
    (400, "KMS.KMSInvalidStateException", "arn:aws:kms:eu-west-1:1:key/1 is pending deletion.", FINAL),
    (400, "KMS.InvalidStateException", "", FINAL),
    (400, "KMS.InvalidKeyUsageException", "", FINAL),
    (403, "AccessDenied", NO_DECRYPT, FINAL),
    (403, "AccessDenied", OLD_NO_DECRYPT, FINAL),
    (400, "KMS.ThrottlingException", "Rate exceeded", AGAIN),
    (500, "KMS.KMSInternalException", "", AGAIN),
    (503, "KMS.DependencyTimeoutException", "", AGAIN),
    (500, "KMS.KeyUnavailableException", "", AGAIN),
    # Rights, credentials and the account.
    (403, "AccessDenied", "Access Denied", FAULT),
    (403, "AllAccessDisabled", "", FAULT),
    (403, "AccountProblem", "", FAULT),
    (403, "NotSignedUp", "", FAULT),
    (403, "InvalidAccessKeyId", "", FAULT),
    (403, "InvalidSecurity", "", FAULT),
    (403, "SignatureDoesNotMatch", "", FAULT),
    (403, "RequestTimeTooSkewed", "", AGAIN),
    (400, "AuthorizationHeaderMalformed", "", FAULT),
    (400, "CredentialsNotSupported", "", FAULT),
    (400, "ExpiredToken", "", AGAIN),
    (400, "TokenRefreshRequired", "", AGAIN),
    (400, "InvalidToken", "", FAULT),
    (400, "MissingSecurityHeader", "", FAULT),
    # The bucket and the request.
    (404, "NoSuchBucket", "", WRONG),
    (400, "InvalidBucketName", "", WRONG),
    (400, "KeyTooLongError", "", WRONG),
    (400, "InvalidURI", "", WRONG),
    (301, "PermanentRedirect", "", FAULT),
    (307, "TemporaryRedirect", "", FAULT),
    (400, "InvalidArgument", "", FAULT),
    (400, "InvalidRequest", "Please use AWS4-HMAC-SHA256.", FAULT),
    (501, "NotImplemented", "", AGAIN),
    # The service and the way to it.
    (500, "InternalError", "", AGAIN),
    (503, "ServiceUnavailable", "", AGAIN),
    (503, "SlowDown", "", AGAIN),
    (503, "503", "Slow Down", AGAIN),
    (400, "RequestTimeout", "", AGAIN),
    (400, "IncompleteBody", "", AGAIN),
    (400, "BadDigest", "", AGAIN),
    (400, "XAmzContentSHA256Mismatch", "", AGAIN),
    (409, "OperationAborted", "", AGAIN),
    (409, "ConditionalRequestConflict", "", AGAIN),
    (429, "TooManyRequestsException", "", AGAIN),
    (503, "BandwidthLimitExceeded", "", AGAIN),
    (418, "NeverHeardOf", "", FAULT),
]


def answer_of(status: int, code: str, message: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "GetObject",
    )


@pytest.mark.parametrize(("status", "code", "message", "kind"), ANSWERS)
def test_every_answer_is_final_or_tried_again(
    status: int, code: str, message: str, kind: type[TranscriberError]
) -> None:
    sentence = r"^s3://b/a\.mp3: .*[.?]$"
    with (
        pytest.raises(TranscriberError, match=sentence) as raised,
        explain_recording_errors("s3://b/a.mp3"),
    ):
        raise answer_of(status, code, message)
    assert type(raised.value) is kind


@pytest.mark.parametrize(("status", "code", "message", "kind"), ANSWERS)
def test_of_a_result_only_that_it_is_not_there_is_final(
    status: int, code: str, message: str, kind: type[TranscriberError]
) -> None:
    with pytest.raises(TranscriberError) as raised, explain_s3_errors("s3://b/a.json", "s3:PutObject"):
        raise answer_of(status, code, message)
    is_final = type(raised.value) is UnusableInputError
    assert is_final is (status == 404 and code != "NoSuchBucket")
    if kind is not FINAL:
        assert type(raised.value) is kind


def no_model(_settings: Settings) -> SpeechModel:
    raise AssertionError("The model was loaded for nothing.")


def run(bucket: str) -> None:
    job.run(
        parse(["--failures", f"s3://{bucket}/failures/", "--object", bucket, "a.mp3", f"s3://{bucket}/out/"]),
        no_model,
    )


def entry_of(s3: Any, bucket: str) -> dict[str, Any]:
    """The entry of ``a.mp3``, after a look whether it says which upload it is of."""
    answer = s3.get_object(Bucket=bucket, Key="failures/a.mp3.json")
    (listed,) = s3.list_objects_v2(Bucket=bucket, Prefix="a.mp3")["Contents"]
    entry: dict[str, Any] = json.loads(answer["Body"].read())
    assert entry["source_etag"] == answer["Metadata"]["source-etag"] == listed["ETag"].strip('"')
    return entry


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (
            {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
            "it is encrypted with a key that only its uploader has (SSE-C); upload it again under the"
            " bucket's own encryption.",
        ),
        ({"StorageClass": "GLACIER"}, "the object is in an archive; restore it and upload it again."),
        ({"StorageClass": "DEEP_ARCHIVE"}, "the object is in an archive; restore it and upload it again."),
    ],
)
def test_what_was_uploaded_so_that_nobody_can_read_it_is_told(
    s3: Any, bucket: str, how: dict[str, str], reason: str
) -> None:
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"sound", **how)
    with pytest.raises(UnusableInputError):
        run(bucket)
    assert entry_of(s3, bucket)["reason"] == f"s3://{bucket}/a.mp3: {reason}"


@dataclass(frozen=True)
class Refused:
    """Whatever the service would say, this is what the client gets."""

    answer: Answer
    kind: str = "refused"

    def meet(self, forward: Callable[[], Answer]) -> Answer | None:
        return self.answer


@dataclass
class Refusing:
    """Refuses requests of some methods for what lies under a path."""

    path: str
    methods: tuple[str, ...]
    status: int
    code: str
    message: str
    met: list[str] = field(default_factory=list)

    def fault_of(self, request: Request) -> Refused | None:
        if request.method not in self.methods or not request.path.startswith(self.path):
            return None
        self.met.append(request.method)
        text = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
        body = b"" if request.method == "HEAD" else text.encode()
        return Refused(Answer(self.status, {"Content-Type": "application/xml"}, body))


@contextmanager
def refusing(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, refusal: Refusing) -> Iterator[None]:
    """Let the worker reach S3 by way of what refuses some of its requests."""
    with Proxy(cloud.aws_endpoint, refusal) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield


@pytest.mark.parametrize("methods", [("GET",), ("GET", "HEAD")])
@pytest.mark.parametrize(
    ("status", "code", "message", "reason"),
    [
        (
            400,
            "KMS.DisabledException",
            "arn:aws:kms:::key/1 is disabled.",
            "is disabled; enable it, or upload",
        ),
        (400, "KMS.KMSInvalidStateException", "pending deletion", "as one that is to be deleted"),
        (403, "AccessDenied", NO_DECRYPT, "the job's role may not use the KMS key"),
    ],
)
def test_an_object_whose_key_can_not_be_used_is_told(
    cloud: LocalCloud,
    s3: Any,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    methods: tuple[str, ...],
    status: int,
    code: str,
    message: str,
    reason: str,
) -> None:
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"sound")
    refusal = Refusing(f"/{bucket}/a.mp3", methods, status, code, message)
    with refusing(cloud, monkeypatch, refusal), pytest.raises(UnusableInputError):
        run(bucket)
    assert set(refusal.met) == set(methods)
    assert reason in entry_of(s3, bucket)["reason"]


@pytest.mark.parametrize(
    ("path", "methods", "status", "code", "message"),
    [
        ("a.mp3", ("GET", "HEAD"), 403, "AccessDenied", "Access Denied"),
        ("a.mp3", ("GET", "HEAD"), 400, "InvalidToken", "The provided token is malformed."),
        # The key of the stack itself: then no reason can be written either.
        ("", ("GET", "PUT"), 400, "KMS.DisabledException", "arn:aws:kms:::key/1 is disabled."),
    ],
)
def test_what_ails_the_service_is_no_outcome_of_a_recording(
    cloud: LocalCloud,
    s3: Any,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    methods: tuple[str, ...],
    status: int,
    code: str,
    message: str,
) -> None:
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"sound")
    refusal = Refusing(f"/{bucket}/{path}", methods, status, code, message)
    with refusing(cloud, monkeypatch, refusal), pytest.raises(FaultError):
        run(bucket)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a.mp3"]


def test_credentials_that_expired_before_the_first_look_are_told_from_a_fault_of_the_object(
    cloud: LocalCloud, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"sound")
    refusal = Refusing(f"/{bucket}", ("GET", "HEAD"), 400, "ExpiredToken", "The provided token has expired.")
    with refusing(cloud, monkeypatch, refusal), pytest.raises(TemporaryFailureError, match="have expired"):
        open_source(f"s3://{bucket}/a.mp3").version()


def test_the_list_of_a_bucket_knows_a_recording_from_others_that_begin_like_it(s3: Any, bucket: str) -> None:
    how = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    for key in ("a b+ü.mp3", "a b+ü.mp3.mp3", "a"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), **how)
    version = open_source(f"s3://{bucket}/a b+ü.mp3").version()
    assert version.size_bytes == len("a b+ü.mp3".encode())
    with pytest.raises(UnusableInputError, match="there is no such object"):
        open_source(f"s3://{bucket}/a b").version()


def test_a_successor_of_what_could_not_be_read_is_transcribed(
    s3: Any,
    bucket: str,
    samples_folder: Path,
    load_model: Any,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(tiny_model))
    s3.put_object(Bucket=bucket, Key="a.mp3", Body=b"sound", StorageClass="GLACIER")
    with pytest.raises(UnusableInputError):
        run(bucket)
    s3.upload_file(str(samples_folder / "reminder.mp3"), bucket, "a.mp3")
    failures = f"s3://{bucket}/failures/"
    job.run(
        parse(
            ["--failures", failures, "--formats", "json", "--object", bucket, "a.mp3", f"s3://{bucket}/out/"]
        ),
        load_model,
    )
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["a.mp3", "out/a.mp3.json"]
